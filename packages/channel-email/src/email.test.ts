import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliver, NOW } from "../test/delivery.ts";
import { type SmtpSink, startSink } from "../test/smtp-sink.ts";
import { email, smtp } from "./index.ts";

describe("CHN-2: a mail in a real mailbox", () => {
  let sink: SmtpSink;
  beforeAll(async () => {
    sink = await startSink();
  });
  afterAll(async () => {
    await sink[Symbol.asyncDispose]();
  });

  it("arrives with merge fields filled in, links wrapped in both parts, and a stable Message-ID", async () => {
    const channel = email({
      transport: smtp({ host: "127.0.0.1", port: sink.port }),
      from: "The Shop <hello@shop.example>",
    });
    const receipt = await deliver(channel, {
      subject: "Hello {{ contact.firstName }}",
      preheader: "Spring & more for {{ contact.city }}",
      html: '<p>Dear {{ contact.firstName }}, <a href="https://shop.example/new?a=1&amp;c={{ contact.city }}">see</a> {% if contact.tier == "gold" %}Gold!{% endif %}</p>',
    });
    const mail = await sink.last();
    expect(mail.subject).toBe("Hello Ada");
    expect(mail.date?.getTime()).toBe(NOW);
    expect(mail.messageId).toBe(receipt.externalId);
    const tracked = `https://t.example/c/0?to=${encodeURIComponent("https://shop.example/new?a=1&c=London")}`;
    expect(mail.html).toContain(`<a href="${tracked}">see</a>`);
    expect(mail.text).toContain(`see <${tracked}>`);
    expect(mail.text).toContain("Gold!");
    expect(mail.html).toContain("Spring &amp; more for London");
    await channel.close?.();
  });
});
