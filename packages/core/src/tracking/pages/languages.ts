/** Which language a page is shown in. Pure. */

/** The languages that a browser asks for (RFC 9110, section 12.5.4), the most wanted first. Whatever can't be read is left out. */
export function acceptedLanguages(header: string | null): readonly string[] {
  return (header ?? "")
    .slice(0, 500)
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(";");
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)$/.exec(parameter)?.[1]).find(Boolean);
      return { tag: tag.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => /^[a-z]{2,8}(-[a-z\d]{1,8})*$/.test(tag) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}

/** The first wanted language that there is: as it is named, then without its region, script or variant (RFC 4647, "lookup"). */
export function bestLanguage(wanted: readonly string[], available: Iterable<string>): string | null {
  const byLowerCase = new Map([...available].map((tag) => [tag.toLowerCase(), tag]));
  for (const tag of wanted) {
    const parts = tag.toLowerCase().split("-");
    for (let length = parts.length; length > 0; length -= 1) {
      const found = byLowerCase.get(parts.slice(0, length).join("-"));
      if (found !== undefined) return found;
    }
  }
  return null;
}

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT: readonly string[] = [
  "ar",
  "ckb",
  "dv",
  "fa",
  "he",
  "ks",
  "ps",
  "sd",
  "syr",
  "ug",
  "ur",
  "yi",
];

/** In which direction a language is written. */
export function directionOf(language: string): "ltr" | "rtl" {
  const [primary = "", ...rest] = language.toLowerCase().split("-");
  return RIGHT_TO_LEFT.includes(primary) && !rest.includes("latn") ? "rtl" : "ltr";
}
