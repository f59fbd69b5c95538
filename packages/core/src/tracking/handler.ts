/**
 * What tracked links reach: clicks are redirected, pixels shown, unsubscribes done.
 *
 *   GET /c/<token>       → 302 to the signed or registered target; records a click
 *   GET /o/<token>.gif   → a pixel; records an open
 *   GET /u/<token>       → a page with a form; changes and records nothing
 *   POST /u/<token>      → withdraws the consent (RFC 8058 one-click, and the page's form); records an unsubscribe once
 *
 * A token says nothing to whoever did not sign it, so every bad one gets the same answer.
 */
import type { NewEvent } from "../analytics/index.ts";
import { recordEvents } from "../analytics/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit } from "../kernel/unit.ts";
import { destinationOf } from "./destination.ts";
import type { TrackedDelivery, TrackingDirectory } from "./directory.ts";
import { findLink } from "./links.ts";
import { machineReason } from "./machine.ts";
import { isUnsubscribeRequest } from "./one-click.ts";
import type { TrackingRecorder } from "./recorder.ts";
import { methodNotAllowed, page, pixel, redirect } from "./responses.ts";
import { readToken, signToken, type TrackingToken } from "./token.ts";

/** What the handler stands on. */
export interface TrackingParts {
  readonly kernel: Kernel;
  readonly directory: TrackingDirectory;
  readonly recorder: TrackingRecorder;
}

/** The last two segments: whatever the host has mounted the handler under stands before them. */
const ROUTE = /\/(?:(c|u)\/([A-Za-z0-9_-]+)|(o)\/([A-Za-z0-9_-]+)\.gif)$/;
const SECOND_MS = 1_000;

/** Answers tracked links. One per engine. */
export class TrackingHandler {
  readonly #kernel: Kernel;
  readonly #directory: TrackingDirectory;
  readonly #recorder: TrackingRecorder;

  constructor({ kernel, directory, recorder }: TrackingParts) {
    this.#kernel = kernel;
    this.#directory = directory;
    this.#recorder = recorder;
  }

  /** Never rejects: what goes wrong on our side is logged, and answered by a page that says so. */
  async handle(request: Request): Promise<Response> {
    try {
      return await this.#route(request);
    } catch (error) {
      this.#kernel.runtime.logger.error("A tracked request could not be answered.", { error: String(error) });
      return page(request, "failed", 503, { "retry-after": "120" });
    }
  }

  #route(request: Request): Promise<Response> | Response {
    const match = ROUTE.exec(URL.parse(request.url)?.pathname ?? "");
    const route = match?.[1] ?? match?.[3];
    const token = match?.[2] ?? match?.[4] ?? "";
    if (route === "c") return this.#click(request, token);
    if (route === "o") return this.#open(request, token);
    if (route === "u") return this.#unsubscribe(request, token);
    return page(request, "invalid", 404);
  }

  async #click(request: Request, text: string): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return methodNotAllowed(request, ["GET", "HEAD"]);
    const token = readToken(await this.#keys(), "click", text);
    if (token === null || token.link === null) return page(request, "invalid", 404);
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
    if (destination === null) return page(request, "invalid", 404);
    if (delivery !== null) {
      await this.#recorder.record(delivery.workspaceId, this.#event(request, "click", delivery, link.id));
    }
    return redirect(await this.#withClick(destination, token));
  }

  async #open(request: Request, text: string): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return methodNotAllowed(request, ["GET", "HEAD"]);
    const token = readToken(await this.#keys(), "open", text);
    if (token === null) return page(request, "invalid", 404);
    const delivery = await this.#deliveryOr(token, true);
    if (delivery !== null) {
      await this.#recorder.record(delivery.workspaceId, this.#event(request, "open", delivery, null));
    }
    return pixel();
  }

  async #unsubscribe(request: Request, text: string): Promise<Response> {
    const { method } = request;
    if (method !== "GET" && method !== "HEAD" && method !== "POST") {
      return methodNotAllowed(request, ["GET", "HEAD", "POST"]);
    }
    const token = readToken(await this.#keys(), "unsubscribe", text);
    if (token === null) return page(request, "invalid", 404);
    if (method !== "POST") return page(request, "unsubscribe", 200);
    if (!(await isUnsubscribeRequest(request))) return page(request, "unsubscribe", 400);
    const delivery = await this.#deliveryOr(token, false);
    if (delivery === null || delivery.contactId === null) return page(request, "invalid", 404);
    const { contactId } = delivery;
    const channel = this.#kernel.channels[delivery.channel]?.address ?? "email";
    const { workspaceId } = delivery;
    await runUnit({ kernel: this.#kernel, workspaceId, actor: SYSTEM_ACTOR }, async (unit) => {
      await this.#directory.withdrawConsent(unit, { contactId, channel, source: "one-click" });
      const event = {
        ...this.#facts(delivery),
        id: `unsubscribe:${delivery.deliveryId}`,
        type: "unsubscribe",
      };
      await recordEvents(unit, [{ ...event, at: unit.now }]);
    });
    return page(request, "done", 200);
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
   * click; the same link opened later is another. What a machine did has an id of its own and never stands in a person's way.
   */
  #event(
    request: Request,
    type: "click" | "open",
    delivery: TrackedDelivery,
    linkId: string | null,
  ): NewEvent {
    const at = this.#kernel.runtime.clock.now();
    const machine = machineReason(request);
    const identity = [type, delivery.deliveryId, linkId ?? "", Math.floor(at / SECOND_MS), machine ?? ""];
    return {
      ...this.#facts(delivery),
      id: identity.join(":"),
      type,
      at,
      machine,
      properties: linkId === null ? null : { link: linkId },
    };
  }

  #facts(delivery: TrackedDelivery): Omit<NewEvent, "id" | "type" | "at"> {
    const { campaignId, postId, deliveryId, contactId, channel, variant } = delivery;
    return { campaignId, postId, deliveryId, contactId, channel, variant };
  }
}
