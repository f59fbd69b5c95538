/** `shop.suppressions`: addresses that get nothing any more. */
import type { z } from "zod";
import { idKey, type Page, type PageRequest, pageOf, toPage } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { parse } from "../../kernel/validate.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { deleteSuppression, suppressedAmong, suppressionPage } from "./store.ts";
import { normalizedAddress, suppress } from "./suppress.ts";
import { type Suppression, suppressionSchema } from "./suppression.ts";

/** What `suppressions.add` takes. */
export type SuppressionInput = z.input<typeof suppressionSchema>;

const removalSchema = suppressionSchema.omit({ source: true });

/** `shop.suppressions`: one list for all traffic of the workspace, by address, whether or not a contact has it. */
export class SuppressionsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Suppresses an address. Idempotent.
   *
   * @returns whether it is new for that reason. @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function neverAgain(shop: Workspace, address: string) {
   *   await shop.suppressions.add({ channel: "email", address, reason: "manual", source: "support ticket 812" });
   * }
   * ```
   */
  add(input: SuppressionInput): Promise<boolean> {
    return this.#scope.write("audience:write", (unit) =>
      suppress(unit, parse(suppressionSchema, input, "suppression")),
    );
  }

  /**
   * Takes back a suppression for one reason; those for other reasons stand. Only the person's own wish makes this lawful for complaints,
   * unsubscriptions and erasures.
   *
   * @returns whether there was one. @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function atTheirWish(shop: Workspace, address: string) {
   *   await shop.suppressions.remove({ channel: "email", address, reason: "unsubscribe-all" });
   * }
   * ```
   */
  remove(input: Omit<SuppressionInput, "source">): Promise<boolean> {
    return this.#scope.write("audience:write", async (unit) => {
      const { channel, address, reason } = parse(removalSchema, input, "suppression");
      const id = await deleteSuppression(unit, {
        channel,
        reason,
        address: normalizedAddress(channel, address),
      });
      if (id === null) return false;
      unit.record("suppression.removed", {
        subject: { type: "suppression", id },
        data: { suppressionId: id, channel, reason },
      });
      return true;
    });
  }

  /**
   * Whether an address gets nothing, for whatever reason.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function mayBeWrittenTo(shop: Workspace, address: string) {
   *   return !(await shop.suppressions.has("email", address));
   * }
   * ```
   */
  has(channel: AddressKind, address: string): Promise<boolean> {
    return this.#scope.read("audience:read", async (db) => {
      const normalized = normalizedAddress(channel, address);
      return (await suppressedAmong(db, this.#scope.workspaceId, channel, [normalized])).has(normalized);
    });
  }

  /**
   * The list, in the order in which it grew.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function reasons(shop: Workspace) {
   *   const { items } = await shop.suppressions.list({ channel: "email", limit: 500 });
   *   return items.map(({ reason }) => reason);
   * }
   * ```
   */
  list(request: PageRequest & { readonly channel?: AddressKind } = {}): Promise<Page<Suppression>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(request, idKey);
      const filter = request.channel === undefined ? {} : { channel: request.channel };
      const rows = await suppressionPage(db, this.#scope.workspaceId, { after, limit: limit + 1 }, filter);
      return toPage(
        rows,
        limit,
        ({ id }) => id,
        (suppression) => suppression,
      );
    });
  }
}
