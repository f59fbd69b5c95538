/** Whether a live database is what the migrations made of it. */
import type { Db } from "../db.ts";
import { familyOf } from "../db.ts";
import { compareSchemas, type SchemaDifference } from "./compare.ts";
import { readSchema } from "./introspect.ts";

/** Every difference between the tables of core in the database and those that the migrations make. */
export async function checkSchema(db: Db): Promise<readonly SchemaDifference[]> {
  // Large, and needed only here.
  const { SCHEMA_MANIFEST } = await import("./manifest.ts");
  return compareSchemas(SCHEMA_MANIFEST[familyOf(db)], await readSchema(db));
}
