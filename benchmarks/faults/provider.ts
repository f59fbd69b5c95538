/**
 * The far side of the fault runs: an HTTP server that logs every acceptance, says whether it has taken a key when it is asked, and answers a
 * little later.
 */
import { createServer, type Server } from "node:http";

/** One message that the far side took. */
export interface Acceptance {
  readonly key: string;
  /** The process id of the worker that sent it. */
  readonly worker: number;
}

/** One question whether a message had arrived. */
export interface Question {
  readonly key: string;
  readonly found: boolean;
}

/** The running far side. */
export interface Provider {
  readonly url: string;
  readonly acceptances: readonly Acceptance[];
  readonly questions: readonly Question[];
  close(): Promise<void>;
}

/** Starts it. `native`: a repeated key is answered without being taken again, as providers with idempotency keys do. */
export async function startProvider(options: {
  readonly native: boolean;
  readonly chance: () => number;
  /** Called at each acceptance and each question, before the answer: the moment at which a death hurts most. */
  readonly onCall: (worker: number) => void;
}): Promise<Provider> {
  const acceptances: Acceptance[] = [];
  const questions: Question[] = [];
  const taken = new Set<string>();
  const accept = (key: string, worker: number): void => {
    const known = taken.has(key);
    taken.add(key);
    if (!(options.native && known)) acceptances.push({ key, worker });
  };
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const key = String(request.headers["idempotency-key"]);
      const worker = Number(request.headers["x-worker"]);
      const asks = request.method === "GET";
      const found = taken.has(key);
      if (asks) questions.push({ key, found });
      else accept(key, worker);
      options.onCall(worker);
      const status = asks && !found ? 404 : 200;
      // The window: it is accepted from here on, and the sender does not know it yet.
      setTimeout(() => response.writeHead(status).end(), 1 + options.chance() * 7);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    acceptances,
    questions,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
