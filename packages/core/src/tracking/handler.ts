/**
 * What tracked links reach: clicks are redirected, pixels shown, unsubscribes done, preferences kept, consents confirmed.
 *
 *   GET /c/<token>       → 302 to the signed or registered target; records a click
 *   GET /o/<token>.gif   → a pixel; records an open
 *   GET /u/<token>       → a page with a form; changes and records nothing
 *   POST /u/<token>      → withdraws the consent (RFC 8058 one-click, and the page's form); records an unsubscribe once
 *   GET /p/<token>       → the preference centre; changes and records nothing
 *   POST /p/<token>      → keeps what was chosen there, or withdraws every consent
 *   GET /s/<token>       → a page that asks to confirm a consent; changes and records nothing
 *   POST /s/<token>      → grants the consent that was asked for, once
 *
 * A token says nothing to whoever did not sign it, so every bad one gets the same answer.
 */
import { isIP } from "node:net";
import { judgeAlone, type NewEvent, recordEvents } from "../analytics/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit } from "../kernel/unit.ts";
import type { AddressKind } from "../ports/channel.ts";
import { answerConfirmation } from "./confirmation-route.ts";
import { destinationOf } from "./destination.ts";
import type { TrackedDelivery, TrackingDirectory } from "./directory.ts";
import { findLink } from "./links.ts";
import { isUnsubscribeRequest } from "./one-click.ts";
import type { PageContent } from "./pages/document.ts";
import { Pages } from "./pages/pages.ts";
import type { PageLanguage, PageSettings } from "./pages/settings.ts";
import { donePage, failedPage, unsubscribePage } from "./pages/unsubscribe-page.ts";
import { answerPreferences } from "./preferences-route.ts";
import type { TrackingRecorder } from "./recorder.ts";
import { factsOf } from "./request-facts.ts";
import { pixel, redirect } from "./responses.ts";
import { readConfirmation, readToken, signToken, type TrackingToken } from "./token.ts";

/** What the handler stands on. */
export interface TrackingParts {
  readonly kernel: Kernel;
  readonly directory: TrackingDirectory;
  readonly recorder: TrackingRecorder;
  readonly pages: PageSettings;
}

/** What only the host's server knows of a request. */
export interface TrackedFrom {
  /**
   * The person's IP address. Kept as proof with a consent that is confirmed; of clicks and opens only its network is kept (the first 24 bits, of
   * IPv6 48), to tell machines from people. What is no address is left out.
   */
  readonly ip?: string;
}

/** The last two segments: whatever the host has mounted the handler under stands before them. */
const ROUTE = /\/(?:([cups])\/([A-Za-z0-9_-]+)|(o)\/([A-Za-z0-9_-]+)\.gif)$/;
const SECOND_MS = 1_000;
const FORM_METHODS = ["GET", "HEAD", "POST"];

const isFormMethod = (method: string): boolean => FORM_METHODS.includes(method);

/** Answers tracked links. One per engine. */
export class TrackingHandler {
  readonly #kernel: Kernel;
  readonly #directory: TrackingDirectory;
  readonly #recorder: TrackingRecorder;
  readonly #pages: Pages;

  constructor({ kernel, directory, recorder, pages }: TrackingParts) {
    this.#kernel = kernel;
    this.#directory = directory;
    this.#recorder = recorder;
    this.#pages = new Pages(pages);
  }

  /** Never rejects: what goes wrong on our side is logged, and answered by a page that says so. */
  async handle(request: Request, from: TrackedFrom = {}): Promise<Response> {
    try {
      return await this.#route(request, from);
    } catch (error) {
      this.#kernel.runtime.logger.error("A tracked request could not be answered.", { error: String(error) });
      const headers = { "retry-after": "120" };
      return this.#pages.show(request, ({ messages }) => failedPage(messages), { status: 503, headers });
    }
  }

  #route(request: Request, from: TrackedFrom): Promise<Response> {
    const match = ROUTE.exec(URL.parse(request.url)?.pathname ?? "");
    const route = match?.[1] ?? match?.[3];
    const token = match?.[2] ?? match?.[4] ?? "";
    if (route === "c") return this.#click(request, token, from);
    if (route === "o") return this.#open(request, token, from);
    if (route === "u") return this.#unsubscribe(request, token);
    if (route === "p") return this.#preferences(request, token);
    if (route === "s") return this.#confirmation(request, token, from);
    return this.#pages.invalid(request);
  }

  async #click(request: Request, text: string, from: TrackedFrom): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return this.#pages.methodNotAllowed(request, ["GET", "HEAD"]);
    const token = readToken(await this.#keys(), "click", text);
    if (token === null || token.link === null) return this.#pages.invalid(request);
    const { link } = token;
    const delivery = await this.#deliveryOr(token, link.url !== null);
    const target =
      link.url ??
      (delivery === null
        ? null
        : await findLink(this.#kernel.db, {
            workspaceId: delivery.workspaceId,
            postId: delivery.postId,
            linkId: link.id,
          }));
    const destination = target === null ? null : destinationOf(target);
    if (destination === null) return this.#pages.invalid(request);
    if (delivery !== null) {
      await this.#recorder.record(
        delivery.workspaceId,
        this.#event({ request, from, delivery, link: link.id }),
      );
    }
    return redirect(await this.#withClick(destination, token));
  }

  async #open(request: Request, text: string, from: TrackedFrom): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return this.#pages.methodNotAllowed(request, ["GET", "HEAD"]);
    const token = readToken(await this.#keys(), "open", text);
    if (token === null) return this.#pages.invalid(request);
    const delivery = await this.#deliveryOr(token, true);
    if (delivery !== null) {
      await this.#recorder.record(delivery.workspaceId, this.#event({ request, from, delivery, link: null }));
    }
    return pixel();
  }

  async #unsubscribe(request: Request, text: string): Promise<Response> {
    const { method } = request;
    if (!isFormMethod(method)) return this.#pages.methodNotAllowed(request, FORM_METHODS);
    const token = readToken(await this.#keys(), "unsubscribe", text);
    if (token === null) return this.#pages.invalid(request);
    const asks = method === "POST" && (await isUnsubscribeRequest(request));
    if (!asks) {
      const preferences = `../p/${signToken(await this.#kernel.tracking.signingKey(), "preferences", token.deliveryId)}`;
      const content = ({ messages }: PageLanguage): PageContent => unsubscribePage(messages, preferences);
      const workspaceId = this.#pages.byWorkspace
        ? ((await this.#deliveryOr(token, true))?.workspaceId ?? null)
        : null;
      return this.#pages.show(request, content, { status: method === "POST" ? 400 : 200, workspaceId });
    }
    const delivery = await this.#deliveryOr(token, false);
    if (delivery === null || delivery.contactId === null) return this.#pages.invalid(request);
    const { contactId, workspaceId } = delivery;
    const channel = this.#addressKind(delivery);
    await runUnit({ kernel: this.#kernel, workspaceId, actor: SYSTEM_ACTOR }, async (unit) => {
      await this.#directory.withdrawConsent(unit, { contactId, channel, source: "one-click" });
      await recordEvents(unit, [{ ...this.#unsubscribed(delivery), at: unit.now }]);
    });
    return this.#pages.show(request, ({ messages }) => donePage(messages), { workspaceId });
  }

  async #preferences(request: Request, text: string): Promise<Response> {
    if (!isFormMethod(request.method)) return this.#pages.methodNotAllowed(request, FORM_METHODS);
    const token = readToken(await this.#keys(), "preferences", text);
    const delivery = token === null ? null : await this.#deliveryOr(token, false);
    if (delivery === null || delivery.contactId === null) return this.#pages.invalid(request);
    const { contactId, workspaceId } = delivery;
    const visit = {
      workspaceId,
      contactId,
      channel: this.#addressKind(delivery),
      unsubscribed: this.#unsubscribed(delivery),
    };
    return answerPreferences(this.#parts(), request, visit);
  }

  async #confirmation(request: Request, text: string, { ip = "" }: TrackedFrom): Promise<Response> {
    if (!isFormMethod(request.method)) return this.#pages.methodNotAllowed(request, FORM_METHODS);
    const requestId = readConfirmation(await this.#keys(), text);
    if (requestId === null) return this.#pages.invalid(request);
    return answerConfirmation(this.#parts(), request, { requestId, ip: isIP(ip) === 0 ? null : ip });
  }

  #parts() {
    return { kernel: this.#kernel, directory: this.#directory, pages: this.#pages };
  }

  #addressKind(delivery: TrackedDelivery): AddressKind {
    return this.#kernel.channels[delivery.channel]?.address ?? "email";
  }

  /** The event of leaving; the same however often somebody leaves. */
  #unsubscribed(delivery: TrackedDelivery): Omit<NewEvent, "at"> {
    return { ...this.#facts(delivery), id: `unsubscribe:${delivery.deliveryId}`, type: "unsubscribe" };
  }

  /** The target, with the click's token where the host wants it; a target that has such a parameter already keeps only ours. */
  async #withClick(destination: string, { deliveryId }: TrackingToken): Promise<string> {
    const { clickParameter, signingKey } = this.#kernel.tracking;
    if (clickParameter === null) return destination;
    const url = new URL(destination);
    url.searchParams.set(clickParameter, signToken(await signingKey(), "visit", deliveryId));
    return url.href;
  }

  async #keys(): Promise<readonly Uint8Array[]> {
    await this.#kernel.ready();
    return this.#kernel.tracking.verificationKeys();
  }

  /** The delivery; where the answer does not need it, a database that is away must not keep the person from it. */
  async #deliveryOr(token: TrackingToken, dispensable: boolean): Promise<TrackedDelivery | null> {
    try {
      return await this.#directory.deliveryOf(this.#kernel.db, token.deliveryId);
    } catch (error) {
      if (!dispensable) throw error;
      this.#kernel.runtime.logger.error("A tracked event is lost: its delivery could not be looked up.", {
        deliveryId: token.deliveryId,
        error: String(error),
      });
      return null;
    }
  }

  /**
   * The event of a request. Its id holds the second: mail clients and double clicks repeat a request within moments, and that is one
   * click; the same link opened later is another. What says itself that it is a machine's has an id of its own and never stands in a person's way.
   */
  #event(visit: {
    readonly request: Request;
    readonly from: TrackedFrom;
    readonly delivery: TrackedDelivery;
    /** `null` for an open. */
    readonly link: string | null;
  }): NewEvent {
    const { request, from, delivery, link } = visit;
    const at = this.#kernel.runtime.clock.now();
    const type = link === null ? "open" : "click";
    const facts = factsOf(request, { link, sentAt: delivery.sentAt, ip: from.ip });
    const { machine } = judgeAlone({ ...facts, type }, this.#kernel.tracking.machines);
    const identity = [type, delivery.deliveryId, link ?? "", Math.floor(at / SECOND_MS), machine ?? ""];
    return {
      ...this.#facts(delivery),
      id: identity.join(":"),
      type,
      at,
      machine,
      properties: link === null ? null : { link },
      request: facts,
    };
  }

  #facts(delivery: TrackedDelivery): Omit<NewEvent, "id" | "type" | "at"> {
    const { campaignId, postId, deliveryId, contactId, channel, variant, segmentSet } = delivery;
    return { campaignId, postId, deliveryId, contactId, channel, variant, segmentSet };
  }
}
