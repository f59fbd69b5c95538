/** What is kept of a request for a tracked link: as much as it is judged by, and no more. */
import { networkOf, type RequestFacts } from "../analytics/index.ts";

/** Longer ones are cut: what names a program stands in front, or within this. */
const MAX_AGENT_LENGTH = 256;

/** How a browser says that nobody has asked for the page yet. */
const PURPOSE_HEADERS = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
const PURPOSE = /\b(prefetch|prerender|preview)\b/;

/** What only the message and the host know of it. */
export interface RequestFrame {
  readonly link: string | null;
  readonly sentAt: number | null;
  /** The address that it came from, if the host says; only its network is kept. */
  readonly ip: string | undefined;
}

/** The facts. Header values are texts without control characters already; what is no text that can be stored is replaced. */
export function factsOf(request: Request, { link, sentAt, ip }: RequestFrame): RequestFacts {
  const { headers, method } = request;
  const purpose = PURPOSE_HEADERS.map(
    (name) => PURPOSE.exec(headers.get(name)?.toLowerCase() ?? "")?.[1],
  ).find((found) => found !== undefined);
  return {
    method,
    purpose: purpose ?? null,
    userAgent:
      headers.get("user-agent")?.slice(0, MAX_AGENT_LENGTH).toWellFormed().replaceAll("\u0000", "") || null,
    network: ip === undefined ? null : networkOf(ip),
    sentAt,
    link,
  };
}
