/** What a host sets of the pages: their words and their brand, checked once. */

import { CampaignKitError } from "../../ports/errors.ts";
import type { Logger } from "../../ports/runtime.ts";
import { type CheckedBrand, type PageBrand, readBrand } from "./brand.ts";
import { fr } from "./french.ts";
import { de } from "./german.ts";
import { bestLanguage, directionOf } from "./languages.ts";
import { en, type PageMessages } from "./messages.ts";
import { es } from "./spanish.ts";

/** What a host can set of the pages that recipients see. */
export interface PageOptions {
  /** Whose pages they are: one brand for all workspaces, or each workspace's own (`null`: none), asked for at every page. */
  readonly brand?: PageBrand | ((workspaceId: string) => PageBrand | null | Promise<PageBrand | null>);
  /**
   * Words by language (BCP 47): other words for `en`, `de`, `fr` and `es`, and more languages. What a language lacks is shown in our words, or
   * in English. Plain text, which is escaped.
   */
  readonly messages?: Readonly<Record<string, Partial<PageMessages>>>;
}

/** The words of a page, and the language that they are in. */
export interface PageLanguage {
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  /** The wanted ones that are forms of it, the most wanted first: for words that are not ours. */
  readonly wanted: readonly string[];
  readonly messages: PageMessages;
}

/** What pages are made with. */
export interface PageSettings {
  /** The words in the first of the wanted languages that there is; English otherwise. */
  languageFor(wanted: readonly string[]): PageLanguage;
  /** The brand of a workspace. `null`: none, also where the host's answer can't be used; the log says why. */
  brandOf(workspaceId: string): Promise<CheckedBrand | null>;
  /** Whether the brand is the workspace's own, so that the workspace must be known. */
  readonly byWorkspace: boolean;
}

const OURS: Readonly<Record<string, PageMessages>> = { en, de, fr, es };
const MAX_LENGTH = 2_000;
/** What a message must hold to make sense. */
const PLACEHOLDERS: Partial<Record<keyof PageMessages, string>> = {
  perWeekAtMost: "{count}",
  snoozeDays: "{count}",
  snoozedUntil: "{date}",
};

function invalid(setting: string, reason: string): CampaignKitError<"CONFIGURATION_INVALID"> {
  return new CampaignKitError("CONFIGURATION_INVALID", `${setting} can't be used: ${reason}.`, {
    setting,
    reason,
  });
}

const primaryOf = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";

function canonicalTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag;
  } catch {
    // A RangeError is how the platform says that this is no tag.
    throw invalid(`tracking.pages.messages.${tag}`, "the key is no BCP 47 language tag");
  }
}

function checkedMessages(tag: string, given: Partial<PageMessages>): Partial<PageMessages> {
  for (const [key, text] of Object.entries<unknown>(given)) {
    const setting = `tracking.pages.messages.${tag}.${key}`;
    if (!Object.hasOwn(en, key)) throw invalid(setting, "there is no such message");
    if (typeof text !== "string" || text.trim() === "" || text.length > MAX_LENGTH)
      throw invalid(setting, `it must be a text of 1 to ${MAX_LENGTH} characters`);
    const placeholder = PLACEHOLDERS[key as keyof PageMessages];
    if (placeholder !== undefined && !text.includes(placeholder))
      throw invalid(setting, `it must hold ${placeholder}`);
  }
  return given;
}

/** Checks the host's settings. @throws {CONFIGURATION_INVALID} naming the setting. */
export function pageSettings(given: PageOptions = {}, logger: Logger): PageSettings {
  const languages = new Map<string, PageMessages>(Object.entries(OURS));
  for (const [tag, own] of Object.entries(given.messages ?? {})) {
    const lang = canonicalTag(tag);
    const base = OURS[bestLanguage([lang], Object.keys(OURS)) ?? "en"] ?? en;
    languages.set(lang, { ...base, ...checkedMessages(tag, own) });
  }
  const { brand = null } = given;
  const fixed = typeof brand === "function" || brand === null ? null : readBrand(brand);
  if (fixed?.outcome === "refused") throw invalid(`tracking.pages.brand.${fixed.field}`, fixed.reason);
  return {
    byWorkspace: typeof brand === "function",
    languageFor(wanted) {
      const lang = bestLanguage(wanted, languages.keys()) ?? "en";
      const forms = wanted.filter((tag) => primaryOf(tag) === primaryOf(lang));
      const messages = languages.get(lang) ?? en;
      return { lang, dir: directionOf(lang), wanted: [...forms, lang], messages };
    },
    async brandOf(workspaceId) {
      if (typeof brand !== "function") return fixed?.brand ?? null;
      try {
        const own = await brand(workspaceId);
        if (own === null) return null;
        const reading = readBrand(own);
        if (reading.outcome === "read") return reading.brand;
        logger.error("A workspace's brand can't be used; its pages are shown without it.", {
          workspaceId,
          field: reading.field,
          reason: reading.reason,
        });
      } catch (error) {
        logger.error("A workspace's brand could not be found out; its pages are shown without it.", {
          workspaceId,
          error: String(error),
        });
      }
      return null;
    },
  };
}
