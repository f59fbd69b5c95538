import { expect, it } from "vitest";
import { readMessage } from "./message.ts";

const message = (headers: readonly string[], body: string): Buffer =>
  Buffer.from(
    [
      "From: The Shop <hello@shop.example>",
      "To: =?utf-8?Q?K=C3=A4the?= <kaethe@mail.test>",
      "Subject: =?utf-8?Q?Fr=C3=BChling?=",
      ...headers,
      "MIME-Version: 1.0",
      "Content-Type: text/html; charset=utf-8",
      "",
      body,
    ].join("\r\n"),
  );

const BODY = `<p><a href="http://shop.example/t/c/1?a=1&amp;b=2">See</a> <a href="mailto:x@y.test">Write</a>
<img src="http://shop.example/t/o/1.gif" alt=""> <img src="cid:logo"></p>
<a href="http://shop.example/t/c/hidden" style="display:none" aria-hidden="true"></a>`;

it("finds what a click leads to and what opening loads", async () => {
  expect(await readMessage(message([], BODY))).toEqual({
    address: "kaethe@mail.test",
    subject: "Frühling",
    links: ["http://shop.example/t/c/1?a=1&b=2"],
    hiddenLinks: ["http://shop.example/t/c/hidden"],
    images: ["http://shop.example/t/o/1.gif"],
    oneClick: null,
  });
});

it("offers one-click unsubscription only where both headers of RFC 8058 stand, even when folded", async () => {
  const list = "List-Unsubscribe: <mailto:leave@shop.example>,\r\n <http://shop.example/t/u/1>";
  const post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";
  expect((await readMessage(message([list, post], BODY))).oneClick).toBe("http://shop.example/t/u/1");
  expect((await readMessage(message([list], BODY))).oneClick).toBeNull();
  expect((await readMessage(message([post], BODY))).oneClick).toBeNull();
});
