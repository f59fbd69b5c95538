/** What the demo can be told on the command line. */
import path from "node:path";
import { parseArgs } from "node:util";

/** Fields of a contact that a column can be mapped to. Anything else becomes an attribute. */
const CONTACT_FIELDS = [
  "externalId",
  "email",
  "phone",
  "firstName",
  "lastName",
  "locale",
  "timeZone",
] as const;

/** A field that a contact has by itself. */
export type ContactFieldName = (typeof CONTACT_FIELDS)[number];

/** Who of a file agreed to get mail: everybody, or those whose column says so. */
export type ConsentRule = { readonly kind: "all" } | { readonly kind: "column"; readonly column: string };

/** The user's own file, and how to read it. */
export interface OwnFile {
  readonly path: string;
  /** Columns by the contact's field. A column that is not named becomes an attribute of its own name. */
  readonly fields: Readonly<Partial<Record<ContactFieldName, string>>>;
  readonly consent: ConsentRule;
  /** Makes an address for each row of a file that has none; `{row}` is the number of the row, from 1. */
  readonly emailTemplate: string | null;
}

/** What to do. */
export interface Options {
  /** `null`: a file that the demo makes up. */
  readonly contacts: OwnFile | null;
  /** How many rows the made-up file has. */
  readonly size: number;
  /** The same seed makes the same file and the same people. */
  readonly seed: number;
  /** `null`: a SQLite file. */
  readonly postgres: string | null;
  readonly fresh: boolean;
  readonly report: string;
  /** Where runs are kept: databases, delivered mail, logs. */
  readonly folder: string;
}

/** What a command line came to. */
export type Arguments =
  | { readonly outcome: "run"; readonly options: Options }
  | { readonly outcome: "help" }
  | { readonly outcome: "wrong"; readonly problems: readonly string[] };

/** What `--help` prints. */
export const HELP = `npm run demo -- [options]

  --contacts FILE              your own contacts (CSV) in place of the made-up ones
  --map FIELD=COLUMN           which column holds which field; repeat it for each of
                               ${CONTACT_FIELDS.join(", ")}
                               (a column of the same name needs no --map; others become attributes)
  --consent all                everybody in the file agreed to get mail
  --consent column=COLUMN      those agreed whose column says yes, true, 1, y or granted
  --email-template TEMPLATE    for a file without addresses: "customer-{row}@example.test"
  --size N                     rows of the made-up file; 2000
  --seed N                     another file and other people; 1
  --postgres URL               on PostgreSQL: postgres://user:password@host:5432/database
  --report FILE                where the report goes; report.html
  --folder DIR                 where runs are kept; examples/quickstart/.demo
  --fresh                      start anew, even where a run was interrupted
`;

const MAX_SIZE = 1_000_000;

class Problems {
  readonly list: string[] = [];

  add(problem: string): null {
    this.list.push(problem);
    return null;
  }
}

function wholeNumber(
  name: string,
  text: string,
  range: { readonly min: number; readonly max: number },
  problems: Problems,
): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  problems.add(`--${name} ${text}: give a whole number from ${range.min} to ${range.max}.`);
  return range.min;
}

function isContactField(name: string): name is ContactFieldName {
  return CONTACT_FIELDS.some((field) => field === name);
}

function readMapping(entries: readonly string[], problems: Problems): OwnFile["fields"] {
  const fields: Partial<Record<ContactFieldName, string>> = {};
  for (const entry of entries) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, at);
    const column = entry.slice(at + 1);
    if (at < 1 || column === "") problems.add(`--map ${entry}: write FIELD=COLUMN, such as email=mail.`);
    else if (!isContactField(name))
      problems.add(`--map ${entry}: "${name}" is no field; there are ${CONTACT_FIELDS.join(", ")}.`);
    else if (fields[name] !== undefined)
      problems.add(`--map ${entry}: "${name}" is "${fields[name]}" already.`);
    else fields[name] = column;
  }
  return fields;
}

function readConsent(text: string | undefined, problems: Problems): ConsentRule {
  if (text === "all") return { kind: "all" };
  const column = text?.startsWith("column=") ? text.slice("column=".length) : "";
  if (column !== "") return { kind: "column", column };
  problems.add(
    text === undefined
      ? "--contacts needs --consent: nobody gets mail without having agreed. Say --consent all, or --consent column=COLUMN."
      : `--consent ${text}: say all, or column=COLUMN.`,
  );
  return { kind: "all" };
}

function readTemplate(text: string | undefined, mapped: boolean, problems: Problems): string | null {
  if (text === undefined) return null;
  if (!text.includes("{row}") || !text.includes("@"))
    return problems.add(
      `--email-template ${text}: it needs {row} and an @, such as customer-{row}@example.test.`,
    );
  if (mapped) return problems.add("--email-template and --map email=… are both given; choose one.");
  return text;
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "postgres:" || url.protocol === "postgresql:");
}

const FLAGS = {
  contacts: { type: "string" },
  map: { type: "string", multiple: true },
  consent: { type: "string" },
  "email-template": { type: "string" },
  size: { type: "string" },
  seed: { type: "string" },
  postgres: { type: "string" },
  report: { type: "string" },
  folder: { type: "string" },
  fresh: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads a command line; everything that is wrong with it at once. */
export function readArguments(given: readonly string[]): Arguments {
  const problems = new Problems();
  const flags = parseFlags(given);
  if (typeof flags === "string") return { outcome: "wrong", problems: [flags] };
  if (flags.help) return { outcome: "help" };
  const fields = readMapping(flags.map ?? [], problems);
  const template = readTemplate(flags["email-template"], fields.email !== undefined, problems);
  if (flags.contacts === undefined) {
    for (const name of ["map", "consent", "email-template"] as const) {
      if (flags[name] !== undefined)
        problems.add(`--${name} says how to read a file; give one with --contacts.`);
    }
  } else if (flags.size !== undefined)
    problems.add("--size is for the made-up file; leave it out with --contacts.");
  const contacts =
    flags.contacts === undefined
      ? null
      : {
          path: flags.contacts,
          fields,
          consent: readConsent(flags.consent, problems),
          emailTemplate: template,
        };
  if (flags.postgres !== undefined && !isPostgresUrl(flags.postgres))
    problems.add("--postgres: give an address such as postgres://user:password@localhost:5432/database.");
  const options: Options = {
    contacts,
    size: wholeNumber("size", flags.size ?? "2000", { min: 10, max: MAX_SIZE }, problems),
    seed: wholeNumber("seed", flags.seed ?? "1", { min: 0, max: 2 ** 31 }, problems),
    postgres: flags.postgres ?? null,
    fresh: flags.fresh ?? false,
    report: flags.report ?? "report.html",
    folder: flags.folder ?? path.join(import.meta.dirname, ".demo"),
  };
  return problems.list.length === 0
    ? { outcome: "run", options }
    : { outcome: "wrong", problems: problems.list };
}

/** The flags, or what is wrong with them. */
function parseFlags(given: readonly string[]) {
  try {
    return parseArgs({ args: [...given], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}
