/** The newsletter: MJML with merge fields, in English and German. */
import type { EmailContentInput } from "@campaignkit/channel-email";
import { SHOP_URL } from "./shop.ts";

interface Texts {
  readonly subject: string;
  readonly preheader: string;
  readonly greeting: string;
  readonly body: string;
  readonly voucher: string;
  readonly button: string;
  readonly more: string;
}

const ENGLISH: Texts = {
  subject: "{{ contact.firstName | default: 'Hello' }}, spring is in the shop",
  preheader: "Fresh colours, and a voucher for you.",
  greeting: "Dear {{ contact.firstName | default: 'customer' }},",
  body: "the days get longer and the shelves get greener. We have put together what we like best.",
  voucher: "Your voucher",
  button: "See the spring colours",
  more: 'Or straight to the <a href="__GARDEN__">garden chairs</a>.',
};

const GERMAN: Texts = {
  subject: "{{ contact.firstName | default: 'Hallo' }}, im Laden ist Frühling",
  preheader: "Frische Farben, und ein Gutschein für Sie.",
  greeting: "Guten Tag {{ contact.firstName | default: 'liebe Kundin, lieber Kunde' }},",
  body: "die Tage werden länger und die Regale grüner. Wir haben zusammengestellt, was uns am besten gefällt.",
  voucher: "Ihr Gutschein",
  button: "Zu den Frühlingsfarben",
  more: 'Oder gleich zu den <a href="__GARDEN__">Gartenstühlen</a>.',
};

const SPRING_LINK = `${SHOP_URL}/spring?utm_source=newsletter`;
const GARDEN_LINK = `${SHOP_URL}/garden?from={{ contact.externalId | default: 'guest' | url_encode }}`;

/** The words around the unsubscribe link. */
export const FOOTER = {
  text: "You get this mail because you signed up in our shop.",
  link: "Unsubscribe",
  locales: {
    de: {
      text: "Sie bekommen diese Mail, weil Sie sich in unserem Laden angemeldet haben.",
      link: "Abmelden",
    },
  },
} as const;

/** What a newsletter shows of a contact, beyond the name. */
export interface NewsletterOptions {
  /** The attribute that holds a voucher; a contact without one gets no mail. `null`: there are no vouchers. */
  readonly voucherAttribute: string | null;
}

function mjml(texts: Texts, { voucherAttribute }: NewsletterOptions): string {
  const voucher =
    voucherAttribute === null
      ? ""
      : `<mj-text align="center">${texts.voucher}: <strong>{{ contact.attributes.${voucherAttribute} }}</strong></mj-text>`;
  return `<mjml>
  <mj-head>
    <mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif" /><mj-text font-size="16px" line-height="1.5" /></mj-attributes>
  </mj-head>
  <mj-body background-color="#f3f6f1">
    <mj-section background-color="#ffffff"><mj-column>
      <mj-text font-size="26px" color="#1d6b43">The Shop</mj-text>
      <mj-text>${texts.greeting}</mj-text>
      <mj-text>${texts.body}</mj-text>
      ${voucher}
      <mj-button href="${SPRING_LINK}" background-color="#1d6b43">${texts.button}</mj-button>
      <mj-text>${texts.more.replace("__GARDEN__", GARDEN_LINK)}</mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>`;
}

/** The content of the post. */
export function newsletter(options: NewsletterOptions): EmailContentInput {
  return {
    subject: ENGLISH.subject,
    preheader: ENGLISH.preheader,
    mjml: mjml(ENGLISH, options),
    locales: {
      de: { subject: GERMAN.subject, preheader: GERMAN.preheader, mjml: mjml(GERMAN, options) },
    },
    missingField: "skip",
  };
}
