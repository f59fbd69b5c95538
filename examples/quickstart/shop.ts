/** The shop's own web server: its pages, its orders, and the engine's tracking handler mounted where the links of its mail lead. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The shop's public address. Nobody asks the real network for it. */
export const SHOP_URL = "http://shop.example";
/** Where the tracking handler is mounted. */
export const TRACKING_URL = `${SHOP_URL}/t`;

/** An order that comes in. */
export interface Order {
  readonly id: string;
  readonly email: string;
  readonly cents: number;
}

/** What the shop does with requests. */
export interface ShopHandlers {
  readonly tracking: (request: Request) => Promise<Response>;
  readonly order: (order: Order) => Promise<void>;
}

/** A running server. */
export interface Shop {
  readonly port: number;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1_024;

async function bodyOf(incoming: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    if (length > MAX_BODY_BYTES) throw new RangeError("The body is too long.");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headersDistinct))
    for (const value of values) headers.append(name, value);
  const method = incoming.method ?? "GET";
  const body = method === "GET" || method === "HEAD" ? null : await bodyOf(incoming);
  return new Request(new URL(incoming.url ?? "/", SHOP_URL), { method, headers, body });
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body), outgoing);
}

async function answer(request: Request, handlers: ShopHandlers): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/t/")) return handlers.tracking(request);
  if (pathname === "/orders" && request.method === "POST") {
    await handlers.order((await request.json()) as Order);
    return new Response(null, { status: 201 });
  }
  return new Response("<!doctype html><title>The shop</title><p>Spring is here.</p>", {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

/** Opens the shop on a free port of this machine. */
export async function openShop(handlers: ShopHandlers): Promise<Shop> {
  const server = createServer((incoming, outgoing) => {
    toRequest(incoming)
      .then((request) => answer(request, handlers))
      .then((response) => send(response, outgoing))
      .catch((error: unknown) => {
        if (!outgoing.headersSent) outgoing.writeHead(error instanceof RangeError ? 413 : 500);
        outgoing.end(String(error));
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
