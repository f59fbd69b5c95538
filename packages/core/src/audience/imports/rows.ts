/** Turns records of a source into rows of an import: the header is settled once, each record read by it. */
import { validationError } from "../../kernel/validate.ts";
import type { AttributeTypes } from "../attributes/attribute.ts";
import type { ConsentInput } from "../consents/consent.ts";
import type { ContactInput } from "../contacts/contact.ts";
import type { ImportRow } from "./batch.ts";
import { type Column, settleColumns, targetOf } from "./columns.ts";
import type { CheckedOptions } from "./import.ts";
import { type Cell, type CellProblem, readRow, shown } from "./row-input.ts";
import type { SourceRecord } from "./source-record.ts";

/** What columns can be about in the workspace. */
export interface KnownNames {
  readonly types: AttributeTypes;
  /** The keys of topics. */
  readonly topics: ReadonlySet<string>;
}

/** Reads the rows of one source. */
export class RowReader {
  /** Columns that nothing is made of, though nobody said so. */
  ignored: readonly string[] = [];
  readonly #options: CheckedOptions;
  readonly #types: AttributeTypes;
  readonly #topics: ReadonlySet<string>;
  readonly #importId: string;
  #names: readonly string[] = [];
  /** `null`: records are inputs of contacts as they are. */
  #columns: readonly (Column | null)[] | null = null;

  /** @throws {VALIDATION_FAILED} when the columns that are known already can't be as asked. */
  constructor(options: CheckedOptions, known: KnownNames, importId: string) {
    this.#options = options;
    this.#types = known.types;
    this.#topics = known.topics;
    this.#importId = importId;
    if (options.format === "csv") {
      if (options.header !== undefined) this.#settle(options.header);
    } else if (options.columns !== undefined) this.#settle(Object.keys(options.columns));
  }

  /** The row of a record; `null` for a header. @throws {VALIDATION_FAILED} when the header does not fit the columns. */
  read(record: SourceRecord): ImportRow | null {
    if (record.kind === "broken")
      return this.#refused(record, { column: null, value: record.text, reason: record.reason });
    if (record.kind === "cells") {
      if (record.row > 0) return this.#ofCells(record, record.cells);
      this.#settle(record.cells.map((name) => name.trim()));
      return null;
    }
    const { value } = record;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return this.#refused(record, { column: null, value: shown(value), reason: "This is no object." });
    return this.#columns === null ? this.#ofInput(record, value) : this.#ofObject(record, value);
  }

  #settle(names: readonly string[]): void {
    const { columns, otherColumns: others, unknownAttributes } = this.#options;
    const define = unknownAttributes === "define";
    const settled = settleColumns(names, columns, {
      types: this.#types,
      topics: this.#topics,
      define,
      others,
    });
    if (settled.issues.length > 0) throw validationError("import", settled.issues);
    this.#names = names;
    this.#columns = settled.columns;
    this.ignored = settled.ignored;
  }

  #ofCells(record: SourceRecord, cells: readonly string[]): ImportRow {
    const { length } = this.#names;
    if (cells.length !== length) {
      const reason = `The row has ${cells.length} values, the header has ${length} columns.`;
      return this.#refused(record, { column: null, value: cells.join(","), reason });
    }
    return this.#ofValues(record, (_, index) => cells[index]);
  }

  #ofObject(record: SourceRecord, value: object): ImportRow {
    const values = value as Readonly<Record<string, unknown>>;
    return this.#ofValues(record, ({ name }) => (Object.hasOwn(values, name) ? values[name] : undefined));
  }

  #ofValues(record: SourceRecord, cellOf: (column: Column, index: number) => unknown): ImportRow {
    const cells: Cell[] = [];
    for (const [index, column] of (this.#columns ?? []).entries())
      if (column !== null) cells.push({ column, value: cellOf(column, index) });
    const { input, problems } = readRow(cells, {
      types: this.#types,
      emptyValues: this.#options.emptyValues,
      consents: this.#consents(),
      source: `import ${this.#importId}`,
    });
    const origin: ImportRow["origin"] = (path) => {
      const target = path.join(".");
      const cell = cells.find(({ column }) => target === targetOf(column.rule));
      return { column: cell?.column.name ?? null, value: shown(cell?.value) };
    };
    return { row: record.row, line: record.line, input, problems, origin };
  }

  /** An object that is made like the input of an upsert; JSON has no dates, so those of consents and choices may be text. */
  #ofInput(record: SourceRecord, value: object): ImportRow {
    const input = value as ContactInput;
    const own = Array.isArray(input.consents) ? input.consents.map(dated) : [];
    const missing = this.#consents().filter(
      (consent) =>
        !own.some((other) => other.channel === consent.channel && other.purpose === consent.purpose),
    );
    const topics = Array.isArray(input.topics) ? { topics: input.topics.map(dated) } : {};
    const withConsents = input.consents !== undefined && !Array.isArray(input.consents);
    return {
      row: record.row,
      line: record.line,
      input: withConsents ? { ...input, ...topics } : { ...input, ...topics, consents: [...own, ...missing] },
      problems: [],
      origin: (path) => ({ column: path.join(".") || null, value: shown(valueAt(value, path)) }),
    };
  }

  #consents(): readonly ConsentInput[] {
    return this.#options.consents.map(({ at, evidence, ...consent }) => ({
      ...consent,
      ...(at === undefined ? {} : { at }),
      ...(evidence === undefined ? {} : { evidence }),
    }));
  }

  #refused(record: SourceRecord, problem: CellProblem): ImportRow {
    return {
      row: record.row,
      line: record.line,
      input: {},
      problems: [problem],
      origin: () => ({ column: null, value: null }),
    };
  }
}

function dated<Statement extends { readonly at?: Date }>(statement: Statement): Statement {
  const at: unknown = statement?.at;
  return typeof at === "string" ? { ...statement, at: new Date(at) } : statement;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === "object" && part !== null && Object.hasOwn(part, key)
        ? Reflect.get(part, key)
        : undefined,
    value,
  );
}
