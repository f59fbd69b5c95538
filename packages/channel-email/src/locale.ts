/** Which locale's texts a recipient gets. */

/**
 * Looks a locale up as RFC 4647, section 3.4 does: as a whole, then ever shorter (`zh-Hant-TW`, `zh-Hant`, `zh`). What stands
 * under `""` is for everyone else. Case and underscores don't matter.
 */
export function pickLocale<Value>(byLocale: ReadonlyMap<string, Value>, locale: string | null): Value {
  const fallback = byLocale.get("");
  if (fallback === undefined) throw new TypeError('A lookup by locale needs an entry under "".');
  if (locale === null || byLocale.size === 1) return fallback;
  const wanted = locale.replaceAll("_", "-").toLowerCase().split("-");
  for (let length = wanted.length; length > 0; length -= 1) {
    const range = wanted.slice(0, length).join("-");
    for (const [tag, value] of byLocale) if (tag.toLowerCase() === range) return value;
  }
  return fallback;
}
