/** What tells machines from people among those who follow tracked links: plain data, so that a set of rules has a version and can be run again. */

/** Recognises a user agent. */
export interface AgentRule {
  /** What it says of the request, such as `scanner-mimecast`: lower case, digits and `-`, at most 64 characters. */
  readonly reason: string;
  /** The user agent holds all of these, in whatever case. */
  readonly contains?: readonly string[];
  /** The user agent is exactly this. */
  readonly equals?: string;
  /** Only requests for the pixel, or only clicks; both when absent. */
  readonly on?: "open" | "click";
}

/** Clicks on many links of one message in a short time. */
export interface BurstRule {
  /** So many different links. */
  readonly links: number;
  readonly withinMs: number;
}

/**
 * The rules by which a tracked request is taken for a machine's. What a request says about itself is judged at once; what only several requests
 * show, once the last of them is there, and then for all of them.
 *
 * `DEFAULT_MACHINE_RULES` holds the default of each.
 */
export interface MachineRules {
  /** Names this set of rules; kept with every verdict. */
  readonly version: string;
  /** User agents that are no person's. */
  readonly agents: readonly AgentRule[];
  /** Proxies that load images when a person opens a message: the open is the person's, its time and network are the proxy's. */
  readonly proxies: readonly AgentRule[];
  /**
   * Address ranges in CIDR form in which no people sit, such as a cloud's published ones. Only the first 24 bits of an IPv4 and 48 of an IPv6
   * address are known, so narrower ranges never match.
   */
  readonly dataCentres: readonly string[];
  /** A click so soon after the send was no person's, in milliseconds; 0 switches it off. */
  readonly soonAfterSendMs: number;
  /** Faster than a hand, for which all links of a message that has fewer, but at least two, are enough; `null` switches it off. */
  readonly burst: BurstRule | null;
  /** As fast as no reader is who has not even opened the message; `null` switches it off. */
  readonly unopenedBurst: BurstRule | null;
  /** Whoever follows the invisible link is a machine, and so is what it does before and after within this time, in milliseconds. */
  readonly honeypotMs: number;
}
