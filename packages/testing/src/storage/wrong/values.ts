/** Wrong about values, rows and parameters. */
import { type SqlParameter, type SqlRow, StorageError } from "@campaignkit/core";
import { executing, isKind, mapParameters, mapRows, type WrongDriver } from "./wrong-driver.ts";

export const WRONG_ABOUT_VALUES: readonly WrongDriver[] = [
  {
    name: "squeezes whole numbers through 32 bits",
    caughtBy: ["codec.integers", "codec.sums"],
    wrap: (driver) =>
      executing(driver, (statement, good) =>
        good.execute(
          mapParameters(statement, (value) =>
            typeof value === "number" && Number.isInteger(value) ? value | 0 : value,
          ),
        ),
      ),
  },
  {
    name: "rounds whole numbers beyond 2^53",
    caughtBy: ["codec.integer-beyond-safe"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        try {
          return await good.execute(statement);
        } catch (error) {
          if (
            !isKind(error, "invalid") ||
            (!error.message.includes("2^53") && !error.message.includes("too large"))
          )
            throw error;
          const sql = statement.sql.replace("SELECT n", "SELECT CAST(n AS TEXT) AS n");
          return mapRows(await good.execute({ ...statement, sql }), Number);
        }
      }),
  },
  {
    name: "takes an empty text for null",
    caughtBy: ["codec.text-edges"],
    wrap: (driver) =>
      executing(driver, (statement, good) =>
        good.execute(mapParameters(statement, (value) => (value === "" ? null : value))),
      ),
  },
  {
    name: "cuts texts at 65,535 characters",
    caughtBy: ["codec.text-megabyte"],
    wrap: (driver) =>
      executing(driver, (statement, good) =>
        good.execute(
          mapParameters(statement, (value) => (typeof value === "string" ? value.slice(0, 65_535) : value)),
        ),
      ),
  },
  {
    name: "parses JSON",
    caughtBy: ["codec.json-is-text"],
    wrap: (driver) =>
      executing(driver, async (statement, good) =>
        mapRows(await good.execute(statement), (value) =>
          typeof value === "string" && /^[{[]/.test(value) ? (JSON.parse(value) as unknown) : value,
        ),
      ),
  },
  {
    name: "counts only rows that came back",
    caughtBy: ["rows.affected", "race.single-winner"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        const { rows } = await good.execute(statement);
        return { rows, affectedRows: rows.length };
      }),
  },
  {
    name: "counts a row also where none matched",
    caughtBy: ["rows.affected", "race.guarded-update", "lease.expires-by-parameter"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        const { rows, affectedRows } = await good.execute(statement);
        return { rows, affectedRows: Math.max(affectedRows, 1) };
      }),
  },
  {
    name: "uses the first parameters of a named statement again",
    caughtBy: ["prepared.other-parameters"],
    wrap(driver) {
      const first = new Map<string, readonly SqlParameter[]>();
      return executing(driver, (statement, good) => {
        const { name } = statement;
        if (name === undefined) return good.execute(statement);
        const parameters = first.get(name) ?? statement.parameters;
        first.set(name, parameters);
        return good.execute({ ...statement, parameters });
      });
    },
  },
  {
    name: "keeps statements apart by the first 63 characters of their names",
    caughtBy: ["prepared.long-names"],
    wrap(driver) {
      const texts = new Map<string, string>();
      return executing(driver, (statement, good) => {
        const name = statement.name?.slice(0, 63);
        if (name === undefined) return good.execute(statement);
        const sql = texts.get(name) ?? statement.sql;
        texts.set(name, sql);
        return good.execute({ ...statement, sql });
      });
    },
  },
  {
    name: "remembers the columns of a named statement",
    caughtBy: ["prepared.schema-change", "prepared.schema-change-elsewhere"],
    wrap(driver) {
      const columns = new Map<string, readonly string[]>();
      return executing(driver, async (statement, good) => {
        const result = await good.execute(statement);
        const [row] = result.rows;
        if (statement.name === undefined || row === undefined) return result;
        const known = columns.get(statement.name) ?? Object.keys(row);
        columns.set(statement.name, known);
        const pick = (full: typeof row) => Object.fromEntries(known.map((column) => [column, full[column]]));
        return { ...result, rows: result.rows.map(pick) };
      });
    },
  },
  {
    name: "pads missing parameters with null",
    caughtBy: ["failure.parameter-count"],
    wrap: (driver) =>
      executing(driver, (statement, good) => {
        const wanted = Math.max(
          statement.sql.split("?").length - 1,
          ...[...statement.sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)),
        );
        const missing = Array.from({ length: Math.max(0, wanted - statement.parameters.length) }, () => 0);
        return good.execute({ ...statement, parameters: [...statement.parameters, ...missing] });
      }),
  },
  {
    name: "gives bytes back as text",
    caughtBy: ["codec.bytes"],
    wrap: (driver) =>
      executing(driver, async (statement, good) =>
        mapRows(await good.execute(statement), (value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
        ),
      ),
  },
  {
    name: "gives zero back for null",
    caughtBy: ["codec.null"],
    wrap: (driver) =>
      executing(driver, async (statement, good) =>
        mapRows(await good.execute(statement), (value) => value ?? 0),
      ),
  },
  {
    name: "keeps fractions to single precision",
    caughtBy: ["codec.fractions"],
    wrap: (driver) =>
      executing(driver, async (statement, good) =>
        mapRows(await good.execute(statement), (value) =>
          typeof value === "number" ? Math.fround(value) : value,
        ),
      ),
  },
  {
    name: "loses the rows of RETURNING",
    caughtBy: ["rows.returning", "rows.with-returning"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        const result = await good.execute(statement);
        return /returning/i.test(statement.sql) ? { ...result, rows: [] } : result;
      }),
  },
  {
    name: "folds the names of columns to lower case",
    caughtBy: ["rows.by-name"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        const result = await good.execute(statement);
        const fold = (row: SqlRow) =>
          Object.fromEntries(Object.entries(row).map(([column, value]) => [column.toLowerCase(), value]));
        return { ...result, rows: result.rows.map(fold) };
      }),
  },
  {
    name: "takes no more than 999 parameters",
    caughtBy: ["bulk.ten-thousand-parameters"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        if (statement.parameters.length > 999) throw new StorageError("invalid", "too many parameters");
        return good.execute(statement);
      }),
  },
  {
    name: "gives back a page of 10,000 rows",
    caughtBy: ["bulk.large-result"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        const result = await good.execute(statement);
        return { ...result, rows: result.rows.slice(0, 10_000) };
      }),
  },
];
