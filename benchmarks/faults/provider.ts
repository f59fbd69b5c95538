/** The far side of the fault runs: an HTTP server that logs every acceptance, and answers a little later. */
import { createServer, type Server } from "node:http";

/** One message that the far side took. */
export interface Acceptance {
  readonly key: string;
  /** The process id of the worker that sent it. */
  readonly worker: number;
}

/** The running far side. */
export interface Provider {
  readonly url: string;
  readonly acceptances: readonly Acceptance[];
  close(): Promise<void>;
}

/** Starts it. `native`: a repeated key is answered without being taken again, as providers with idempotency keys do. */
export async function startProvider(options: {
  readonly native: boolean;
  readonly chance: () => number;
  /** Called at each acceptance, before the answer: the moment at which a death hurts most. */
  readonly onAccept: (worker: number) => void;
}): Promise<Provider> {
  const acceptances: Acceptance[] = [];
  const taken = new Set<string>();
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const key = String(request.headers["idempotency-key"]);
      const known = taken.has(key);
      taken.add(key);
      if (!(options.native && known)) acceptances.push({ key, worker: Number(request.headers["x-worker"]) });
      options.onAccept(Number(request.headers["x-worker"]));
      // The window: it is accepted from here on, and the sender does not know it yet.
      setTimeout(() => response.writeHead(200).end(), 1 + options.chance() * 7);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    acceptances,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
