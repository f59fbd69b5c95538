/** Whether a POST asks to unsubscribe (RFC 8058, section 3.1): one field, in either form encoding. */
import { ONE_CLICK } from "./responses.ts";

const MAX_BODY_BYTES = 8_192;

/** The body, if it is no longer than that; the rest of a longer one is not read. */
async function boundedBody(request: Request): Promise<Buffer | null> {
  if (request.body === null) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads the body. A broken, foreign or oversized one asks for nothing. */
export async function isUnsubscribeRequest(request: Request): Promise<boolean> {
  const type = request.headers.get("content-type") ?? "";
  const body = await boundedBody(request);
  if (body === null) return false;
  if (type.startsWith("multipart/form-data")) {
    try {
      const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
      return form.get(ONE_CLICK.name) === ONE_CLICK.value;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }
  return new URLSearchParams(body.toString("utf8")).get(ONE_CLICK.name) === ONE_CLICK.value;
}
