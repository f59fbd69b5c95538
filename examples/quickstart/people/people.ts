/**
 * The people who got the mail. Each reads theirs once, in a mail client that loads images, follows links, and has an unsubscribe button. Before
 * some of them their provider's scanner follows the links.
 *
 * A message is marked as read before anything is done with it. What was under way when a run is interrupted is therefore not done again by
 * the next: nobody opens, clicks or orders twice because of a restart.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Maildir } from "../mail/maildir.ts";
import { type Behaviour, drawBehaviour, type ImageLoader } from "./behaviour.ts";
import type { Browser } from "./browser.ts";
import { type ReceivedMessage, readMessage } from "./message.ts";

/** How many people are at their mail at once. */
const AT_ONCE = 32;

/** Between two clicks of a person, and between a scanner's visit and a person's: hands are slower than programs. */
const PAUSE_MS = 1_300;

const AGENTS = {
  person: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
  named: "Mimecast/1.0 (link protection)",
  disguised:
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
} as const;

const LOADER_AGENTS: Readonly<Record<ImageLoader, string>> = {
  own: AGENTS.person,
  gmail: "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
  apple: "Mozilla/5.0",
};

/** What the people need. */
export interface PeopleFrame {
  readonly mail: Maildir;
  readonly browser: Browser;
  readonly seed: number;
  readonly shopUrl: string;
  readonly signal: AbortSignal;
  /** Told after each message. */
  readonly progress: (read: number, all: number) => void;
}

/** Lets everybody read their mail. When it is to stop, messages that were begun are finished. @throws when a link does not work */
export async function readMail(frame: PeopleFrame): Promise<void> {
  const names = await frame.mail.unread();
  const queue = names.values();
  let read = 0;
  const reader = async (): Promise<void> => {
    for (const name of queue) {
      if (frame.signal.aborted) return;
      const message = await readMessage(await frame.mail.take(name));
      await act(frame, message, name);
      read += 1;
      frame.progress(read, names.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  frame.signal.throwIfAborted();
}

async function act(
  { browser, seed, shopUrl }: PeopleFrame,
  message: ReceivedMessage,
  name: string,
): Promise<void> {
  const behaviour = drawBehaviour(seed, message.address);
  await scan(browser, message, behaviour);
  // Apple's proxy loads images whether anybody opens or not; who does loads them from the proxy, which asks no more.
  if (behaviour.opens || behaviour.images === "apple") {
    const headers = { "user-agent": LOADER_AGENTS[behaviour.images] };
    for (const image of message.images) await expectStatus(browser.ask(image, { headers }), 200, image);
  }
  for (const [number, fraction] of behaviour.clicks.entries()) {
    if (number > 0 || behaviour.scanner !== null) await sleep(PAUSE_MS);
    const link = message.links[Math.floor(fraction * message.links.length)];
    if (link !== undefined) await browser.visit(link, { "user-agent": AGENTS.person });
  }
  if (behaviour.orderCents !== null) {
    const order = { id: `order-${name}`, email: message.address, cents: behaviour.orderCents };
    const body = JSON.stringify(order);
    const headers = { "content-type": "application/json" };
    await expectStatus(browser.ask(`${shopUrl}/orders`, { method: "POST", headers, body }), 201, "the order");
  }
  if (behaviour.unsubscribes) {
    if (message.oneClick === null)
      throw new Error(`The mail "${message.subject}" has no one-click unsubscribe.`);
    await expectStatus(unsubscribe(browser, message.oneClick), 200, "unsubscribing");
  }
}

/** What the provider's scanner does: it follows every link in the body, those that nobody sees too. */
async function scan(browser: Browser, message: ReceivedMessage, { scanner }: Behaviour): Promise<void> {
  if (scanner === null) return;
  const links = [...message.links, ...message.hiddenLinks];
  if (scanner === "head") for (const link of message.links) await browser.ask(link, { method: "HEAD" });
  else for (const link of links) await browser.ask(link, { headers: { "user-agent": AGENTS[scanner] } });
}

/** What a mail client's unsubscribe button does (RFC 8058, section 3.2): one POST, without cookies, and no redirect is followed. */
function unsubscribe(browser: Browser, address: string): ReturnType<Browser["ask"]> {
  return browser.ask(address, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "List-Unsubscribe=One-Click",
  });
}

async function expectStatus(asked: ReturnType<Browser["ask"]>, status: number, what: string): Promise<void> {
  const page = await asked;
  if (page.status !== status) throw new Error(`${what}: expected ${status}, got ${page.status}.`);
}
