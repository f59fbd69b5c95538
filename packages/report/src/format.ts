/** Numbers, amounts and times as people of a language write them. */
import { CampaignKitError, type Interval, type Money } from "@campaignkit/core";

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT: readonly string[] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];

const DATE = { day: "numeric", month: "long", year: "numeric" } as const;
const TICKS: Readonly<Record<Interval, Intl.DateTimeFormatOptions>> = {
  hour: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  week: { day: "numeric", month: "short" },
  month: { month: "short", year: "numeric" },
};

/** Writes figures in one language and zone. What is not known becomes a dash. */
export class Formats {
  /** BCP 47. */
  readonly locale: string;
  readonly direction: "ltr" | "rtl";
  readonly #timeZone: string;
  readonly #notKnown: string;
  readonly #count: Intl.NumberFormat;
  readonly #percent: Intl.NumberFormat;
  readonly #bigPercent: Intl.NumberFormat;
  readonly #ratio: Intl.NumberFormat;
  readonly #list: Intl.ListFormat;

  /** @throws {VALIDATION_FAILED} for a locale that is no language tag. */
  constructor(frame: { readonly locale: string; readonly timeZone: string; readonly notKnown: string }) {
    const { locale, timeZone, notKnown } = frame;
    this.locale = canonical(locale);
    this.direction = RIGHT_TO_LEFT.includes(new Intl.Locale(this.locale).language) ? "rtl" : "ltr";
    this.#timeZone = timeZone;
    this.#notKnown = notKnown;
    this.#count = new Intl.NumberFormat(this.locale, { maximumFractionDigits: 0 });
    this.#percent = new Intl.NumberFormat(this.locale, { style: "percent", maximumSignificantDigits: 3 });
    this.#bigPercent = new Intl.NumberFormat(this.locale, { style: "percent", maximumFractionDigits: 0 });
    this.#ratio = new Intl.NumberFormat(this.locale, { maximumFractionDigits: 2 });
    this.#list = new Intl.ListFormat(this.locale, { type: "unit", style: "long" });
  }

  count(value: number): string {
    return this.#count.format(value);
  }

  percent(share: number | null): string {
    if (share === null) return this.#notKnown;
    return (Math.abs(share) < 10 ? this.#percent : this.#bigPercent).format(share);
  }

  ratio(value: number | null): string {
    return value === null ? this.#notKnown : this.#ratio.format(value);
  }

  money(amount: Money | null): string {
    if (amount === null) return this.#notKnown;
    const format = new Intl.NumberFormat(this.locale, { style: "currency", currency: amount.currency });
    return format.format(amount.amountMicros / 1_000_000);
  }

  list(parts: readonly string[]): string {
    return this.#list.format(parts);
  }

  date(at: Date): string {
    return this.#time(at, DATE);
  }

  dateTime(at: Date): string {
    return this.#time(at, { ...DATE, hour: "2-digit", minute: "2-digit" });
  }

  /** A span of time by its beginning, short. */
  tick(at: Date, interval: Interval): string {
    return this.#time(at, TICKS[interval]);
  }

  #time(at: Date, options: Intl.DateTimeFormatOptions): string {
    return new Intl.DateTimeFormat(this.locale, { ...options, timeZone: this.#timeZone }).format(at);
  }
}

function canonical(locale: string): string {
  try {
    const [known] = Intl.getCanonicalLocales(locale);
    if (known !== undefined) return known;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const message = `"${locale}" is no language tag; give one such as en, de-AT or pt-BR.`;
  throw new CampaignKitError("VALIDATION_FAILED", `The report can't be written: ${message}`, {
    subject: "report",
    issues: [{ path: ["locale"], message }],
  });
}
