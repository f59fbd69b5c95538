import type { Channel, ConfigInputOf, ContentInputOf } from "@campaignkit/core";
import { describe, expectTypeOf, it } from "vitest";
import { type EmailConfigInput, type EmailContentInput, email, smtp } from "./index.ts";

const channel = email({ transport: smtp({ host: "smtp.example" }), from: "hello@shop.example" });

describe("CHN-1: the types that reach a host", () => {
  it("are those of the content and the config", () => {
    expectTypeOf(channel).toEqualTypeOf<Channel<EmailContentInput, EmailConfigInput>>();
    expectTypeOf<ContentInputOf<typeof channel>>().toEqualTypeOf<EmailContentInput>();
    expectTypeOf<ConfigInputOf<typeof channel>>().toEqualTypeOf<EmailConfigInput>();
  });

  it("refuse a field that an e-mail does not have", () => {
    const content = (_: ContentInputOf<typeof channel>) => undefined;
    content({ subject: "Hi", html: "<p>Hi</p>" });
    // @ts-expect-error there is no such field
    content({ subject: "Hi", html: "<p>Hi</p>", hashtags: ["spring"] });
    // @ts-expect-error a subject is needed
    content({ html: "<p>Hi</p>" });
    // @ts-expect-error not one of the policies
    content({ subject: "Hi", text: "Hi", missingField: "ignore" });
  });
});
