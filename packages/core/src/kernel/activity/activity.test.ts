import type { ChainHead, Scope } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { runSql } from "@campaignkit/test-support/host-transactions";
import { probeEngine } from "@campaignkit/test-support/probe-engine";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

/** Two workspaces with a sealed history each: eleven activities in "shop", three in "other". */
async function sealedHistory(db: TestDatabase) {
  const time = virtualTime();
  const { kit, scopeOf } = probeEngine({ storage: db.connect(), time });
  for (const workspace of ["shop", "other", "shop"]) {
    const count = workspace === "other" ? 3 : workspace === "shop" ? 5 : 0;
    await scopeOf(workspace).write("team:write", async (unit) => {
      for (let n = 0; n < count; n++) {
        unit.record("member.set", {
          subject: { type: "member", id: `m${n}` },
          data: { member: `m${n}`, role: "viewer" },
          ...(n % 2 === 0 ? {} : { before: { role: "editor", nested: { b: [1, null], a: "ü" } } }),
          after: { role: "viewer" },
        });
      }
    });
    await time.settle(kit);
  }
  await scopeOf("shop").write("team:write", async (unit) =>
    unit.record("member.removed", { subject: { type: "member", id: "m1" }, data: { member: "m1" } }),
  );
  await time.settle(kit);
  return {
    kit,
    time,
    scopeOf,
    verify: (known?: ChainHead) => kit.workspace("shop").activity.verify(known ? { known } : {}),
  };
}

/** What somebody with the database's password could do to the log, and what `verify` says then. */
const TAMPERING: readonly {
  readonly what: string;
  readonly sql: readonly string[];
  readonly finds: { readonly brokenAt: number; readonly reason: string };
}[] = [
  ...[
    "at = at + 1",
    "actor = 'nobody'",
    "type = 'member.removed'",
    "subject_id = 'm9'",
    "subject_type = 'post'",
  ].map((change) => ({
    what: `changes ${change.split(" ")[0]}`,
    sql: [`update ck_activity set ${change} where workspace_id = 'shop' and chain_index = 4`],
    finds: { brokenAt: 4, reason: "changed" },
  })),
  {
    what: "changes the data",
    sql: [
      `update ck_activity set data = '{"member":"m3","role":"owner"}' where workspace_id = 'shop' and chain_index = 4`,
    ],
    finds: { brokenAt: 4, reason: "changed" },
  },
  {
    what: "changes what was before",
    sql: [`update ck_activity set before = null where workspace_id = 'shop' and chain_index = 4`],
    finds: { brokenAt: 4, reason: "changed" },
  },
  {
    what: "changes the first",
    sql: [`update ck_activity set actor = 'nobody' where workspace_id = 'shop' and chain_index = 1`],
    finds: { brokenAt: 1, reason: "changed" },
  },
  {
    what: "changes the last",
    sql: [`update ck_activity set actor = 'nobody' where workspace_id = 'shop' and chain_index = 11`],
    finds: { brokenAt: 11, reason: "changed" },
  },
  {
    what: "changes a hash",
    sql: [`update ck_activity set hash = 'f00' where workspace_id = 'shop' and chain_index = 6`],
    finds: { brokenAt: 6, reason: "changed" },
  },
  {
    what: "moves an activity to another workspace",
    sql: [`update ck_activity set workspace_id = 'third' where workspace_id = 'shop' and chain_index = 3`],
    finds: { brokenAt: 3, reason: "missing" },
  },
  {
    what: "deletes one in the middle",
    sql: [`delete from ck_activity where workspace_id = 'shop' and chain_index = 5`],
    finds: { brokenAt: 5, reason: "missing" },
  },
  {
    what: "deletes the first",
    sql: [`delete from ck_activity where workspace_id = 'shop' and chain_index = 1`],
    finds: { brokenAt: 1, reason: "missing" },
  },
  {
    what: "deletes the last",
    sql: [`delete from ck_activity where workspace_id = 'shop' and chain_index = 11`],
    finds: { brokenAt: 11, reason: "missing" },
  },
  {
    what: "deletes one and closes the gap",
    sql: [
      `delete from ck_activity where workspace_id = 'shop' and chain_index = 11`,
      `update ck_activity set chain_index = 11 where workspace_id = 'shop' and chain_index = 10`,
    ],
    finds: { brokenAt: 10, reason: "missing" },
  },
  {
    what: "swaps two",
    sql: [
      `update ck_activity set chain_index = 1000 where workspace_id = 'shop' and chain_index = 2`,
      `update ck_activity set chain_index = 2 where workspace_id = 'shop' and chain_index = 3`,
      `update ck_activity set chain_index = 3 where workspace_id = 'shop' and chain_index = 1000`,
    ],
    finds: { brokenAt: 2, reason: "changed" },
  },
  {
    what: "swaps two places in the feed",
    sql: [
      `update ck_activity set seq = 1000 where workspace_id = 'shop' and chain_index = 2`,
      `update ck_activity set seq = 2 where workspace_id = 'shop' and chain_index = 3`,
      `update ck_activity set seq = 3 where seq = 1000`,
    ],
    finds: { brokenAt: 2, reason: "changed" },
  },
  {
    what: "inserts one at the end of the chain",
    sql: [
      `insert into ck_activity (id, workspace_id, at, actor, type, subject_type, subject_id, data, seq, chain_index, hash) values
       ('0190b5a0-0000-7000-8000-00000000000f', 'shop', 1, 'ann', 'member.removed', 'member', 'x', '{"member":"x"}', 5000, 12, 'f00')`,
    ],
    finds: { brokenAt: 12, reason: "foreign" },
  },
  {
    what: "inserts one that claims to be sealed",
    sql: [
      `insert into ck_activity (id, workspace_id, at, actor, type, subject_type, subject_id, data, seq) values
       ('0190b5a0-0000-7000-8000-00000000000f', 'shop', 1, 'ann', 'member.removed', 'member', 'x', '{"member":"x"}', 5000)`,
    ],
    finds: { brokenAt: 12, reason: "foreign" },
  },
  {
    what: "inserts one before the first",
    sql: [
      `insert into ck_activity (id, workspace_id, at, actor, type, subject_type, subject_id, data, seq, chain_index, hash) values
       ('0190b5a0-0000-7000-8000-00000000000f', 'shop', 1, 'ann', 'member.removed', 'member', 'x', '{"member":"x"}', 5000, 0, 'f00')`,
    ],
    finds: { brokenAt: 12, reason: "foreign" },
  },
  {
    what: "cuts the head's length",
    sql: [`update ck_activity_chains set length = 9 where workspace_id = 'shop'`],
    finds: { brokenAt: 9, reason: "changed" },
  },
  {
    what: "forgets the head",
    sql: [`delete from ck_activity_chains where workspace_id = 'shop'`],
    finds: { brokenAt: 1, reason: "foreign" },
  },
  {
    what: "deletes everything but the head",
    sql: [`delete from ck_activity where workspace_id = 'shop'`],
    finds: { brokenAt: 1, reason: "missing" },
  },
];

describeEachDatabase("the activity log", (database, family) => {
  it("TEAM-3: is intact as it was written, in every workspace, and counts what is not sealed yet apart", async () => {
    const { kit, scopeOf, verify, time } = await sealedHistory(await database());
    expect(await verify()).toMatchObject({ intact: true, sealed: 11, unsealed: 0 });
    expect(await kit.workspace("other").activity.verify()).toMatchObject({ intact: true, sealed: 3 });
    expect(await kit.workspace("empty").activity.verify()).toMatchObject({ intact: true, sealed: 0 });
    await scopeOf("shop").write("team:write", async (unit) =>
      unit.record("member.removed", { subject: { type: "member", id: "m1" }, data: { member: "m1" } }),
    );
    expect(await verify()).toMatchObject({ intact: true, sealed: 11, unsealed: 1 });
    await time.settle(kit);
    expect(await verify()).toMatchObject({ intact: true, sealed: 12, unsealed: 0 });
    await kit.stop();
  });

  it("TEAM-3: shows every kind of tampering, and where it begins", async () => {
    const db = await database();
    const { kit, verify } = await sealedHistory(db);
    const tables = ["ck_activity", "ck_activity_chains"];
    await runSql(db, ...tables.map((table) => `create table kept_${table} as select * from ${table}`));
    const overriding = family === "postgres" ? "overriding system value" : "";
    for (const { what, sql, finds } of TAMPERING) {
      await runSql(db, ...sql);
      expect(await verify(), what).toEqual({ intact: false, ...finds });
      expect(await kit.workspace("other").activity.verify(), what).toMatchObject({ intact: true });
      const restored = tables.flatMap((table) => [
        `delete from ${table}`,
        `insert into ${table} ${overriding} select * from kept_${table}`,
      ]);
      await runSql(db, ...restored);
      expect(await verify(), "restored").toMatchObject({ intact: true, sealed: 11 });
    }
    await kit.stop();
  });

  it("TEAM-3: shows a chain that was cut off with its head, or rewritten as a whole, to who has kept an earlier head", async () => {
    const db = await database();
    const { kit, scopeOf, verify } = await sealedHistory(db);
    const verdict = await verify();
    if (!verdict.intact) throw new Error("not intact");
    expect(await verify(verdict.head)).toMatchObject({ intact: true });
    expect(await verify({ sealed: 11, hash: "f00" })).toEqual({
      intact: false,
      brokenAt: 11,
      reason: "changed",
    });
    const before = await hashAt(scopeOf("shop"), 9);
    await runSql(
      db,
      `delete from ck_activity where workspace_id = 'shop' and chain_index > 9`,
      `update ck_activity_chains set length = 9, hash = '${before}' where workspace_id = 'shop'`,
    );
    expect(await verify()).toMatchObject({ intact: true, sealed: 9 });
    expect(await verify(verdict.head)).toEqual({ intact: false, brokenAt: 10, reason: "missing" });
    expect(await verify({ sealed: 9, hash: before })).toMatchObject({ intact: true });
    await kit.stop();
  });

  it("gives every activity one place in the feed and in its chain, whoever seals", async () => {
    const db = await database();
    const time = virtualTime();
    const engines = [1, 2, 3].map(() => probeEngine({ storage: db.connect(), time }));
    const [first] = engines;
    await first?.kit.migrate();
    let writing = true;
    const write = async ({ scopeOf }: (typeof engines)[number], writer: number) => {
      for (let n = 0; n < 40; n++) {
        await scopeOf(n % 3 === 0 ? "other" : "shop").write("team:write", async (unit) => {
          for (let m = 0; m <= n % 4; m++)
            unit.record("member.removed", {
              subject: { type: "member", id: `${writer}` },
              data: { member: `${n}-${m}` },
            });
        });
      }
    };
    const seal = async ({ kit }: (typeof engines)[number]) => {
      while (writing) await kit.tick();
      await time.settle(kit);
    };
    const sealing = engines.map(seal);
    await Promise.all(engines.map(write));
    writing = false;
    await Promise.all(sealing);
    const rows = await first
      ?.scopeOf("shop")
      .read("activity:read", (look) =>
        look
          .selectFrom("ck_activity")
          .select(["seq", "subject_id", "position", "workspace_id"])
          .orderBy("seq")
          .execute(),
      );
    expect(rows?.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    // One writer's activities of a subject follow each other, so their order in the feed is that of their commits.
    for (const writer of ["0", "1", "2"]) {
      const own =
        rows?.filter(({ subject_id }) => subject_id === writer).map(({ position }) => Number(position)) ?? [];
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    expect(await first?.kit.workspace("shop").activity.verify()).toMatchObject({ intact: true, unsealed: 0 });
    expect(await first?.kit.workspace("other").activity.verify()).toMatchObject({
      intact: true,
      unsealed: 0,
    });
    for (const { kit } of engines) await kit.stop();
  });

  it("lists a workspace's activities, newest first, by page, subject and type", async () => {
    const { kit } = await sealedHistory(await database());
    const { activity } = kit.workspace("shop");
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await activity.list({ limit: 4, cursor: cursor ?? null });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(11);
    expect(seen).toEqual([...seen].sort().reverse());
    expect((await activity.list({ types: ["member.removed"] })).items).toHaveLength(1);
    const about = await activity.list({ subject: { type: "member", id: "m1" }, types: ["member.set"] });
    expect(about.items).toHaveLength(2);
    expect(about.items[0]).toMatchObject({
      actor: "system",
      before: { role: "editor", nested: { b: [1, null], a: "ü" } },
      after: { role: "viewer" },
    });
    await kit.stop();
  });

  it("answers filters that nothing fits alike on every database, and refuses texts that none can hold", async () => {
    const { kit } = await sealedHistory(await database());
    const { activity } = kit.workspace("shop");
    expect((await activity.list({ types: [] })).items).toEqual([]);
    const refused = { code: "VALIDATION_FAILED", details: { issues: [{ path: ["subject", "id"] }] } };
    await expect(activity.list({ subject: { type: "member", id: "m\u00001" } })).rejects.toMatchObject(
      refused,
    );
    await kit.stop();
  });
});

async function hashAt(scope: Scope, index: number): Promise<string> {
  const row = await scope.read("activity:read", (db) =>
    db
      .selectFrom("ck_activity")
      .select("hash")
      .where("workspace_id", "=", "shop")
      .where("chain_index", "=", index)
      .executeTakeFirstOrThrow(),
  );
  return row.hash ?? "";
}
