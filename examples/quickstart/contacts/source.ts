/** A contact file, and how the engine is to read it. */
import { createReadStream } from "node:fs";
import type { ImportOptions, ImportSource } from "@campaignkit/core";
import type { OwnFile } from "../arguments.ts";
import { SAMPLE_COLUMNS } from "./sample-file.ts";
import { withAddresses } from "./with-addresses.ts";

/** What the engine is given. */
export interface ContactSource {
  readonly source: ImportSource;
  readonly options: Pick<ImportOptions, "columns" | "otherColumns" | "unknownAttributes" | "consents">;
}

/** What the made-up shop keeps about people beyond their names. */
export const SAMPLE_ATTRIBUTES = [
  { name: "voucher", type: "text" },
  { name: "points", type: "number" },
  { name: "customerSince", type: "date" },
] as const;

/** The bytes of a file, which is opened by the first that asks for some. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* createReadStream(path) as AsyncIterable<Buffer>;
}

/** The made-up file. */
export function sampleSource(path: string): ContactSource {
  return {
    source: bytesOf(path),
    options: {
      columns: {
        [SAMPLE_COLUMNS.number]: "externalId",
        [SAMPLE_COLUMNS.email]: "email",
        [SAMPLE_COLUMNS.firstName]: "firstName",
        [SAMPLE_COLUMNS.lastName]: "lastName",
        [SAMPLE_COLUMNS.language]: "locale",
        [SAMPLE_COLUMNS.timeZone]: "timeZone",
        [SAMPLE_COLUMNS.newsletter]: {
          consent: {
            channel: "email",
            granted: ["yes", "y", "1", "true"],
            withdrawn: ["no"],
            pending: ["unknown"],
          },
        },
        [SAMPLE_COLUMNS.voucher]: { attribute: "voucher" },
        [SAMPLE_COLUMNS.points]: { attribute: "points" },
        [SAMPLE_COLUMNS.since]: { attribute: "customerSince" },
        [SAMPLE_COLUMNS.remark]: null,
      },
    },
  };
}

/** The user's own file: columns are read as the flags say, the others by their names; what is left becomes attributes. */
export function ownSource({ path, fields, consent, emailTemplate }: OwnFile): ContactSource {
  const columns = Object.entries(fields).map(([field, column]) => [column, { field }] as const);
  const consentColumn =
    consent.kind === "column" ? [[consent.column, { consent: { channel: "email" } }] as const] : [];
  return {
    source: emailTemplate === null ? bytesOf(path) : withAddresses(bytesOf(path), emailTemplate),
    options: {
      columns: Object.fromEntries([...columns, ...consentColumn]) as ImportOptions["columns"] & object,
      otherColumns: "guess",
      unknownAttributes: "define",
      ...(consent.kind === "all"
        ? { consents: [{ channel: "email", state: "granted", source: "everybody in the file agreed" }] }
        : {}),
    },
  };
}
