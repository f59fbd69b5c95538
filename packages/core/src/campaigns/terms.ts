/** The words a campaign is found by. Pure: the same text gives the same words, in the index and in a query. */
import type { CampaignPlan } from "./campaign.ts";

/** One way to find a campaign. */
export interface CampaignTerm {
  readonly kind: "tag" | "channel" | "objective" | "word";
  readonly term: string;
}

/** Longer words are indexed, and looked for, by their beginning. */
const MAX_WORD_LENGTH = 24;

/** Scripts that write no spaces between words: there a search may begin anywhere, so each character begins a word. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const RUN = /[\p{L}\p{N}]+/gu;

/** Lower case, without accents, compatibility forms unified: what two texts have in common to a reader. */
export function searchForm(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .normalize("NFC");
}

function shortened(word: string): string {
  return [...word].slice(0, MAX_WORD_LENGTH).join("");
}

/** The words of a query: each must begin a word of the campaign. */
export function queryWords(text: string): readonly string[] {
  return [...new Set((searchForm(text).match(RUN) ?? []).map(shortened))];
}

/** The words that a text is found by. */
export function indexWords(text: string): readonly string[] {
  const words = (searchForm(text).match(RUN) ?? []).flatMap((run) => {
    if (!UNSPACED.test(run)) return [shortened(run)];
    const characters = [...run];
    return characters.map((_, start) => characters.slice(start, start + MAX_WORD_LENGTH).join(""));
  });
  return [...new Set(words)];
}

/** Everything a plan is found by. */
export function termsOf(plan: CampaignPlan): readonly CampaignTerm[] {
  const words = indexWords([plan.name, plan.description, ...plan.tags].join("\n"));
  return [
    ...plan.tags.map((term) => ({ kind: "tag", term }) as const),
    ...plan.channels.map(({ channel }) => ({ kind: "channel", term: channel }) as const),
    ...plan.objectives.map((term) => ({ kind: "objective", term }) as const),
    ...words.map((term) => ({ kind: "word", term }) as const),
  ];
}
