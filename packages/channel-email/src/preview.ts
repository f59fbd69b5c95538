/** Shows a rendered message as its recipient will see it. */
import type { Preview } from "@campaignkit/core";
import type { EmailMessage } from "./message.ts";

/** Inline images are put into the HTML, since a browser knows no `cid:`. */
export function previewOf(message: EmailMessage): Preview {
  const { subject, html, text } = message;
  if (html === null) return { subject, text };
  const shown = message.inlineImages.reduce(
    (document, image) =>
      document.replaceAll(`cid:${image.cid}"`, `data:${image.contentType};base64,${image.content}"`),
    html,
  );
  return { subject, html: shown, text };
}
