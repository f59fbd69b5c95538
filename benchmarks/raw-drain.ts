/** The reference: what a careful engineer would write by hand for claim and completion alone, without caps, budget, events or results. */

import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { type Sample, timed } from "./measure.ts";

const BATCH = 200;

const TABLES = (id: string, integer: string): readonly string[] => [
  `create table message (id ${id} primary key, contact ${id} not null, state integer not null, fence integer not null, settled_at ${integer})`,
  `create table ready (due_at ${integer} not null, id ${id} not null, primary key (due_at, id))`,
  `create table claim (id ${id} primary key, owner text not null, lease_until ${integer} not null, ids text not null)`,
];

/** On PostgreSQL: a ready table, one claim row for a batch, completion by key. */
export async function rawDrainPostgres(url: string, serverPid: number, n: number): Promise<Sample> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of TABLES("uuid", "bigint")) await client.query(statement);
    const ids = Array.from({ length: n }, () => randomUUID());
    await client.query("insert into message select x, x, 0, 0 from unnest($1::uuid[]) as x", [ids]);
    await client.query("insert into ready select 0, x from unnest($1::uuid[]) as x", [ids]);
    await client.query("analyze");
    return await timed(serverPid, async () => {
      for (let drained = 0; ; ) {
        const claimId = randomUUID();
        await client.query("begin");
        const claimed = await client.query<{ id: string }>({
          name: "claim",
          text: `delete from ready where ctid = any(array(select ctid from ready where due_at <= $1
            order by due_at, id limit ${BATCH} for update skip locked)) returning id`,
          values: [Date.now()],
        });
        const batch = claimed.rows.map(({ id }) => id);
        if (batch.length > 0) {
          await client.query({
            name: "hold",
            text: "insert into claim values ($1, 'me', $2, $3)",
            values: [claimId, Date.now() + 30_000, JSON.stringify(batch)],
          });
        }
        await client.query("commit");
        if (batch.length === 0) return drained;
        await client.query("begin");
        await client.query({ name: "end", text: "delete from claim where id = $1", values: [claimId] });
        await client.query({
          name: "complete",
          text: "update message set state = 1, settled_at = $2 where id = any($1::uuid[])",
          values: [batch, Date.now()],
        });
        await client.query("commit");
        drained += batch.length;
      }
    });
  } finally {
    await client.end();
  }
}

/** The same on SQLite with prepared statements. */
export async function rawDrainSqlite(file: string, n: number): Promise<Sample> {
  const db = new DatabaseSync(file);
  try {
    db.exec("pragma journal_mode = wal; pragma synchronous = full");
    for (const statement of TABLES("text", "integer")) db.exec(statement);
    const insert = db.prepare("insert into message values (?, ?, 0, 0, null)");
    const due = db.prepare("insert into ready values (0, ?)");
    db.exec("begin");
    for (let index = 0; index < n; index++) {
      const id = randomUUID();
      insert.run(id, id);
      due.run(id);
    }
    db.exec("commit");
    const claim = db.prepare(`delete from ready where (due_at, id) in
      (select due_at, id from ready where due_at <= ? order by due_at, id limit ${BATCH}) returning id`);
    const hold = db.prepare("insert into claim values (?, 'me', ?, ?)");
    const end = db.prepare("delete from claim where id = ?");
    const complete = db.prepare("update message set state = 1, settled_at = ? where id = ?");
    return await timed(null, async () => {
      for (let drained = 0; ; ) {
        const claimId = randomUUID();
        db.exec("begin immediate");
        const batch = claim.all(Date.now()).map((row) => String(row["id"]));
        hold.run(claimId, Date.now() + 30_000, JSON.stringify(batch));
        db.exec("commit");
        if (batch.length === 0) return drained;
        db.exec("begin immediate");
        end.run(claimId);
        for (const id of batch) complete.run(Date.now(), id);
        db.exec("commit");
        drained += batch.length;
      }
    });
  } finally {
    db.close();
  }
}
