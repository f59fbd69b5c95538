/** How an SMTP server is reached: the options, checked and put in the mail library's terms. */
import type { SMTPPoolOptions } from "nodemailer/lib/smtp-pool";
import { invalidSetting } from "../rejection.ts";

/** TLS settings, as of `node:tls`. */
export interface SmtpTls {
  /** Certificates to trust instead of the public ones, in PEM. */
  readonly ca?: string | readonly string[];
  /** The name to check the certificate against; `host` when absent. */
  readonly servername?: string;
  /** `false` accepts any certificate. For tests only: whoever sits on the line can then read the password. */
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** A client certificate and its key, in PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** How the server is reached. Either `url`, or `host` and the rest. */
export interface SmtpOptions {
  /** `smtp://user:pass@host:587` or `smtps://user:pass@host:465`; user and password percent-encoded. */
  readonly url?: string;
  readonly host?: string;
  /** 465 for `secure`, else 587. */
  readonly port?: number;
  /** TLS from the first byte; by default only on port 465. Otherwise STARTTLS is used where the server offers it. */
  readonly secure?: boolean;
  /** Refuses to go on without TLS. By default where there is a password, so that it is never sent in clear. */
  readonly requireTls?: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
  readonly tls?: SmtpTls;
  /** The name given in EHLO; the machine's own when absent. */
  readonly name?: string;
  readonly pool?: {
    /** Connections at once; 5 by default. */
    readonly connections?: number;
    /** Messages after which a connection is replaced; 100 by default. */
    readonly messagesPerConnection?: number;
  };
  readonly timeouts?: {
    /** Until the connection stands and is greeted, TLS included; 30 s by default. */
    readonly connectMs?: number;
    /** Without a byte from the server; 10 min by default, as RFC 5321, 4.5.3.2.6 asks for after the message. */
    readonly replyMs?: number;
  };
}

const DEFAULT_CONNECT_MS = 30_000;
const DEFAULT_REPLY_MS = 600_000;
const DEFAULT_CONNECTIONS = 5;
const DEFAULT_MESSAGES = 100;
const SECURE_PORT = 465;

interface Server {
  readonly host: string;
  readonly port: number | undefined;
  readonly secure: boolean | undefined;
  readonly auth: SmtpOptions["auth"];
}

/** @throws {CONFIGURATION_INVALID} when the options can't work. The message never holds the URL, which may hold the password. */
export function poolOptions(options: SmtpOptions): SMTPPoolOptions & { pool: true } {
  const { host, port, secure = port === SECURE_PORT, auth } = readServer(options);
  const { connections = DEFAULT_CONNECTIONS, messagesPerConnection = DEFAULT_MESSAGES } = options.pool ?? {};
  const { connectMs = DEFAULT_CONNECT_MS, replyMs = DEFAULT_REPLY_MS } = options.timeouts ?? {};
  for (const [setting, value] of Object.entries({ connections, messagesPerConnection, connectMs, replyMs })) {
    if (!(Number.isInteger(value) && value > 0))
      throw invalidSetting(`smtp.${setting}`, `${value} is no positive whole number`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw invalidSetting("smtp.port", `${port} is no port`);
  }
  const { ca, ...tls } = options.tls ?? {};
  return {
    pool: true,
    host,
    ...(port === undefined ? {} : { port }),
    secure,
    requireTLS: options.requireTls ?? (auth !== undefined && !secure),
    ...(auth === undefined ? {} : { auth: { user: auth.user, pass: auth.pass } }),
    tls: { ...tls, ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }) },
    ...(options.name === undefined ? {} : { name: options.name }),
    maxConnections: connections,
    maxMessages: messagesPerConnection,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    dnsTimeout: connectMs,
    socketTimeout: replyMs,
    // Nothing in a message may make the library open a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function readServer(options: SmtpOptions): Server {
  if (options.url === undefined) {
    if (options.host === undefined || options.host.trim() === "")
      throw invalidSetting("smtp.host", "host or url is needed");
    return { host: options.host, port: options.port, secure: options.secure, auth: options.auth };
  }
  for (const key of ["host", "port", "secure"] as const) {
    if (options[key] !== undefined) throw invalidSetting(`smtp.${key}`, "url says it already");
  }
  const url = URL.parse(options.url);
  if (url === null || (url.protocol !== "smtp:" && url.protocol !== "smtps:") || url.hostname === "") {
    throw invalidSetting("smtp.url", "it is not of the form smtp://user:pass@host:port or smtps://…");
  }
  if (url.search !== "" || (url.pathname !== "" && url.pathname !== "/")) {
    throw invalidSetting("smtp.url", "it has a path or a query; give further settings beside it");
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? undefined : Number(url.port),
    secure: url.protocol === "smtps:",
    auth: options.auth ?? credentials(url),
  };
}

function credentials(url: URL): SmtpOptions["auth"] {
  if (url.username === "") return undefined;
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    // The reason would quote the password.
    throw invalidSetting("smtp.url", "user and password must be percent-encoded");
  }
}
