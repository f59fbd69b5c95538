/** Forms as browsers send them: bounded, in either encoding, and `null` for whatever is none. */

/** The texts of a form. */
export interface Form {
  /** The first of that name. */
  get(name: string): string | null;
  getAll(name: string): readonly string[];
}

/** The body, if it is no longer than that; the rest of a longer one is not read. */
async function boundedBody(request: Request, maxBytes: number): Promise<Buffer | null> {
  if (request.body === null) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a form of at most so many bytes. `null` for a broken, foreign or longer body. */
export async function readForm(request: Request, maxBytes: number): Promise<Form | null> {
  const type = request.headers.get("content-type") ?? "";
  const body = await boundedBody(request, maxBytes);
  if (body === null) return null;
  if (!type.startsWith("multipart/form-data")) return new URLSearchParams(body.toString("utf8"));
  try {
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
    const texts = (name: string): readonly string[] =>
      form.getAll(name).filter((value) => typeof value === "string");
    return { get: (name) => texts(name)[0] ?? null, getAll: texts };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
