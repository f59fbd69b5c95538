/**
 * HTTP as people's programs speak it. The shop's host name is looked up as a hosts file would have it: it is this machine. So the links in
 * delivered mail stay good, whatever port the shop's server has after a restart.
 */
import { Agent, request } from "node:http";

/** An answer. */
export interface Page {
  readonly status: number;
  readonly location: string | null;
}

/** How to ask. */
export interface Question {
  readonly method?: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks the shop's server over kept connections. */
export class Browser {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(port: number) {
    this.#port = port;
  }

  /** One request; redirects are told, not followed. */
  ask(address: string, { method = "GET", headers = {}, body = "" }: Question = {}): Promise<Page> {
    const url = new URL(address);
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          agent: this.#agent,
          host: "127.0.0.1",
          port: this.#port,
          path: `${url.pathname}${url.search}`,
          method,
          headers: { ...headers, host: url.host, "content-length": Buffer.byteLength(body) },
        },
        (response) => {
          response.resume();
          response.once("error", reject);
          response.once("end", () =>
            resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? null }),
          );
        },
      );
      asked.once("error", reject);
      asked.end(body);
    });
  }

  /** Follows a link to where it leads, like a click does. Resolves to the last page's address. */
  async visit(address: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    let place = address;
    for (let hops = 0; hops < 5; hops++) {
      const { status, location } = await this.ask(place, { headers });
      if (location === null) {
        if (status !== 200) throw new Error(`${place} answered ${status}.`);
        return place;
      }
      place = new URL(location, place).href;
    }
    throw new Error(`${address} redirects for ever.`);
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}
