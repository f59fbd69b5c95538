/**
 * Mail that comes in: bounces, complaints and unsubscribe mails find their delivery, and act on it once.
 *
 * Nothing in a mail is believed but what this engine has signed. Whoever knows such a name has had the message, and can do no more with it than its
 * recipient can: stop mail to that recipient.
 */
import { recordEvents } from "../analytics/index.ts";
import { DEFAULT_PURPOSE, withdrawConsent } from "../audience/index.ts";
import { deliveryOfToken, recordBounce, recordComplaint } from "../delivery/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
import type { Channel } from "../ports/channel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { InboundMail } from "../ports/inbound.ts";
import type { TrackedDelivery } from "../tracking/index.ts";
import { namedByAddress, namedByReference } from "./locate.ts";
import type { IgnoredReason, ReceivedMail, ReceiveOptions } from "./received.ts";

/** Takes mail in. One per engine. */
export class MailReceiver {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @throws {CONFIGURATION_INVALID} no channel reads mail. {STORAGE_FAILED} nothing was recorded; hand it over again. */
  async receive(raw: string | Uint8Array, options: ReceiveOptions = {}): Promise<ReceivedMail> {
    const { channel, recipients = [] } = options;
    const readMail = readerOf(this.#kernel, channel);
    const mail = await readMail(typeof raw === "string" ? new TextEncoder().encode(raw) : raw);
    await this.#kernel.ready();
    const keys = await this.#kernel.tracking.verificationKeys();
    const addresses = [...recipients, ...mail.recipients];
    switch (mail.content.type) {
      case "notice":
        return ignored(mail.content.notice);
      case "message": {
        const leaving = namedByAddress(keys, addresses, "unsubscribe");
        if (leaving !== null) return this.#act(leaving, unsubscribe);
        return ignored(
          namedByAddress(keys, addresses, "bounce") === null ? "names-no-delivery" : "ordinary-mail",
        );
      }
      case "bounce": {
        const { bounce } = mail.content;
        const named = namedByAddress(keys, addresses, "bounce") ?? namedByReference(keys, mail.references);
        return this.#act(named, async (unit, delivery): Promise<ReceivedMail> => {
          const effect = await recordBounce(unit, delivery, bounce, sourceOf(mail, "bounce mail"));
          return {
            outcome: "bounce",
            ...whose(delivery),
            ...effect,
            kind: bounce.kind,
            status: bounce.status,
          };
        });
      }
      case "complaint": {
        const { feedback } = mail.content;
        const named = namedByReference(keys, mail.references) ?? namedByAddress(keys, addresses, "bounce");
        return this.#act(named, async (unit, delivery): Promise<ReceivedMail> => {
          const effect = await recordComplaint(unit, delivery, feedback, sourceOf(mail, "feedback report"));
          return { outcome: "complaint", ...whose(delivery), ...effect, feedback };
        });
      }
    }
  }

  async #act(
    deliveryId: string | null,
    work: (unit: Unit, delivery: TrackedDelivery) => Promise<ReceivedMail>,
  ): Promise<ReceivedMail> {
    if (deliveryId === null) return ignored("names-no-delivery");
    const delivery = await deliveryOfToken(this.#kernel.db, deliveryId);
    if (delivery === null) return ignored("delivery-gone");
    const frame = { kernel: this.#kernel, workspaceId: delivery.workspaceId, actor: SYSTEM_ACTOR };
    return runUnit(frame, (unit) => work(unit, delivery));
  }
}

/** The same act as the one-click link, and the same event: whoever does both has left once. */
async function unsubscribe(unit: Unit, delivery: TrackedDelivery): Promise<ReceivedMail> {
  const { campaignId, postId, deliveryId, contactId, channel, variant, segmentSet } = delivery;
  if (contactId === null) return ignored("delivery-gone");
  const source = "unsubscribe mail";
  await withdrawConsent(unit, { contactId, channel: "email", purpose: DEFAULT_PURPOSE, source });
  const facts = { campaignId, postId, deliveryId, contactId, channel, variant, segmentSet };
  const recorded = await recordEvents(unit, [
    { ...facts, id: `unsubscribe:${deliveryId}`, type: "unsubscribe", at: unit.now },
  ]);
  return { outcome: "unsubscribe", ...whose(delivery), isNew: recorded.size > 0 };
}

function readerOf(kernel: Kernel, name: string | undefined): NonNullable<Channel["readMail"]> {
  const readers = Object.entries(kernel.channels).filter(([, channel]) => channel.readMail !== undefined);
  const [, channel] = (name === undefined ? readers[0] : readers.find(([each]) => each === name)) ?? [];
  if (channel?.readMail !== undefined) return channel.readMail.bind(channel);
  const known = readers.map(([each]) => each).join(", ") || "none";
  const reason = name === undefined ? "no channel reads mail" : `no channel "${name}" reads mail`;
  throw new CampaignKitError(
    "CONFIGURATION_INVALID",
    `The mail can't be received: ${reason}; those that do: ${known}.`,
    { setting: "channels", reason },
  );
}

function ignored(reason: IgnoredReason): ReceivedMail {
  return { outcome: "ignored", reason };
}

function sourceOf({ writtenTo }: InboundMail, source: string) {
  return { channel: "email", source, writtenTo } as const;
}

function whose({ workspaceId, deliveryId, contactId }: TrackedDelivery) {
  return { workspaceId, deliveryId, contactId };
}
