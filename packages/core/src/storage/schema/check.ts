/** Whether a live database is what the migrations made of it. */
import type { Db } from "../db.ts";
import { familyOf } from "../db.ts";
import { compareSchemas, type SchemaDifference } from "./compare.ts";
import { readSchema } from "./introspect.ts";
import type { SchemaManifest } from "./manifest-type.ts";

/** A plug-in's namespace, and what its migrations make, as far as it says so. */
export interface PluginSchema {
  readonly id: string;
  readonly schema?: SchemaManifest;
}

/** Every difference between the tables in the database and those that the migrations make, core's first. */
export async function checkSchema(
  db: Db,
  plugins: readonly PluginSchema[] = [],
): Promise<readonly SchemaDifference[]> {
  // Large, and needed only here.
  const { SCHEMA_MANIFEST } = await import("./manifest.ts");
  const differences: SchemaDifference[] = [];
  for (const { id, schema } of [{ id: "ck", schema: SCHEMA_MANIFEST }, ...plugins]) {
    const expected = schema?.[familyOf(db)];
    if (expected !== undefined) differences.push(...compareSchemas(expected, await readSchema(db, id)));
  }
  return differences;
}
