import type { CampaignFolderNode } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { openCampaigns } from "@campaignkit/test-support/open-campaigns";
import fc from "fast-check";
import { expect, it } from "vitest";

type Shape = { readonly [name: string]: Shape };

function shapeOf(nodes: readonly CampaignFolderNode[]): Shape {
  return Object.fromEntries(nodes.map(({ name, children }) => [name, shapeOf(children)]));
}

describeEachDatabase("folders", (database, family) => {
  it("CAM-5: nest, are renamed, and are moved with everything under them", async () => {
    const { kit, campaigns, draft, types } = await openCampaigns(database);
    const { folders } = campaigns;
    const year = await folders.create({ name: "2027" });
    const spring = await folders.create({ name: "Spring", parentId: year.id });
    const easter = await folders.create({ name: "Easter", parentId: spring.id });
    const old = await folders.create({ name: "Old" });
    expect(easter).toMatchObject({ name: "Easter", parentId: spring.id, depth: 3 });
    const filed = await draft({ folderId: easter.id });
    await folders.rename(spring.id, "Primavera");
    await folders.move(spring.id, old.id);
    expect(shapeOf(await folders.tree())).toEqual({ "2027": {}, Old: { Primavera: { Easter: {} } } });
    expect(shapeOf(await folders.tree(spring.id))).toEqual({ Primavera: { Easter: {} } });
    expect(await folders.get(easter.id)).toMatchObject({ depth: 3, parentId: spring.id });
    expect((await campaigns.list({ folderId: old.id })).items).toMatchObject([{ id: filed.id }]);
    expect((await campaigns.list({ folderId: year.id })).items).toEqual([]);
    await folders.move(easter.id, null);
    expect(await folders.get(easter.id)).toMatchObject({ depth: 1, parentId: null });
    expect((await campaigns.list({ folderId: old.id })).items).toEqual([]);
    expect(types().filter((type) => type.startsWith("folder."))).toEqual([
      "folder.created",
      "folder.created",
      "folder.created",
      "folder.created",
      "folder.renamed",
      "folder.moved",
      "folder.moved",
    ]);
    await kit.stop();
  });

  it("CAM-5: never form a cycle", async () => {
    const { kit, campaigns } = await openCampaigns(database);
    const { folders } = campaigns;
    const a = await folders.create({ name: "a" });
    const b = await folders.create({ name: "b", parentId: a.id });
    const c = await folders.create({ name: "c", parentId: b.id });
    for (const target of [a, b, c])
      await expect(folders.move(a.id, target.id)).rejects.toMatchObject({
        code: "CONFLICT",
        details: { reason: "cycle" },
      });
    expect(shapeOf(await folders.tree())).toEqual({ a: { b: { c: {} } } });
    await kit.stop();
  });

  it("CAM-5: never form a cycle when two are moved into each other at once", async () => {
    const { kit, campaigns } = await openCampaigns(database);
    const { folders } = campaigns;
    for (let round = 0; round < 5; round++) {
      const a = await folders.create({ name: `a${round}` });
      const b = await folders.create({ name: `b${round}` });
      const results = await Promise.allSettled([folders.move(a.id, b.id), folders.move(b.id, a.id)]);
      expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    }
    expect(Object.keys(shapeOf(await folders.tree()))).toHaveLength(5);
    await kit.stop();
  });

  it("CAM-5: of one parent differ in name, letter case and accents aside", async () => {
    const { kit, campaigns } = await openCampaigns(database);
    const { folders } = campaigns;
    const top = await folders.create({ name: "Frühling" });
    await expect(folders.create({ name: "FRUHLING" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    const inner = await folders.create({ name: "Frühling", parentId: top.id });
    await expect(folders.move(inner.id, null)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    const other = await folders.create({ name: "Other" });
    await expect(folders.rename(other.id, "frühling")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await folders.rename(top.id, "FRÜHLING")).toMatchObject({ name: "FRÜHLING" });
    const same = await Promise.allSettled([
      folders.create({ name: "Race" }),
      folders.create({ name: "race" }),
    ]);
    expect(same.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await kit.stop();
  });

  it("CAM-5: are deleted when empty, or with their content moving up", async () => {
    const { kit, campaigns, draft, events } = await openCampaigns(database);
    const { folders } = campaigns;
    const a = await folders.create({ name: "a" });
    const b = await folders.create({ name: "b", parentId: a.id });
    const inner = await folders.create({ name: "b", parentId: b.id });
    const filed = await draft({ folderId: b.id });
    const deleted = await draft({ folderId: b.id });
    await campaigns.softDelete(deleted.id);
    await expect(folders.delete(b.id)).rejects.toMatchObject({ code: "CONFLICT" });
    await folders.delete(b.id, { content: "move-up" });
    expect(shapeOf(await folders.tree())).toEqual({ a: { b: {} } });
    expect(await folders.get(inner.id)).toMatchObject({ parentId: a.id, depth: 2 });
    expect(await campaigns.get(filed.id)).toMatchObject({ folderId: a.id, version: 2 });
    expect(await campaigns.restore(deleted.id)).toMatchObject({ folderId: a.id });
    expect(events.find(({ type }) => type === "folder.deleted")).toMatchObject({ folders: 1, campaigns: 2 });
    await folders.delete(inner.id);
    await folders.delete(a.id, { content: "move-up" });
    expect((await campaigns.get(filed.id)).folderId).toBeNull();
    await kit.stop();
  });

  it("CAM-5: lose no campaign that is filed while its folder is deleted", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { folders } = campaigns;
    for (let round = 0; round < 5; round++) {
      const folder = await folders.create({ name: `f${round}` });
      const [filed] = await Promise.allSettled([
        draft({ folderId: folder.id }),
        folders.delete(folder.id, { content: "move-up" }),
      ]);
      if (filed.status === "rejected") expect(filed.reason).toMatchObject({ code: "VALIDATION_FAILED" });
      else expect((await campaigns.get(filed.value.id)).folderId).toBeNull();
    }
    await kit.stop();
  });

  it("CAM-5: nest only so deep, and belong to one workspace", async () => {
    const { kit, campaigns, other } = await openCampaigns(database);
    const { folders } = campaigns;
    let parentId: string | null = null;
    for (let depth = 1; depth <= 20; depth++) parentId = (await folders.create({ name: "f", parentId })).id;
    await expect(folders.create({ name: "f", parentId })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    const pair = await folders.create({ name: "pair" });
    await folders.create({ name: "inner", parentId: pair.id });
    const [top] = await folders.tree();
    const deep = top?.children[0];
    await expect(folders.move(top?.id ?? "", pair.id)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    for (const work of [
      () => other.campaigns.folders.get(deep?.id ?? ""),
      () => other.campaigns.folders.move(deep?.id ?? "", null),
      () => other.campaigns.folders.rename(deep?.id ?? "", "mine"),
      () => other.campaigns.folders.delete(deep?.id ?? ""),
      () => other.campaigns.folders.create({ name: "x", parentId: deep?.id ?? "" }),
      () => other.campaigns.list({ folderId: deep?.id ?? "" }),
    ])
      await expect(work()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await other.campaigns.folders.tree()).toEqual([]);
    await kit.stop();
  });

  it("CAM-5: stay the tree that a simple model says, whatever is done to them", async () => {
    const operation = fc.oneof(
      fc.record({ act: fc.constant("create" as const), at: fc.nat(9) }),
      fc.record({ act: fc.constant("move" as const), at: fc.nat(9), to: fc.nat(9) }),
      fc.record({ act: fc.constant("delete" as const), at: fc.nat(9) }),
    );
    const { kit } = await openCampaigns(database);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        run += 1;
        const { folders } = kit.workspace(`shop-${run}`).campaigns;
        const parents = new Map<string, string | null>();
        const nth = (n: number): string | null => [...parents.keys()][n] ?? null;
        const within = (id: string | null, top: string): boolean =>
          id !== null && (id === top || within(parents.get(id) ?? null, top));
        let names = 0;
        for (const step of operations) {
          const at = nth(step.at);
          if (step.act === "create") {
            names += 1;
            parents.set((await folders.create({ name: `n${names}`, parentId: at })).id, at);
          } else if (at !== null && step.act === "move") {
            const to = nth(step.to);
            if (within(to, at))
              await expect(folders.move(at, to)).rejects.toMatchObject({ code: "CONFLICT" });
            else {
              await folders.move(at, to);
              parents.set(at, to);
            }
          } else if (at !== null && step.act === "delete") {
            await folders.delete(at, { content: "move-up" });
            const up = parents.get(at) ?? null;
            parents.delete(at);
            for (const [id, parent] of parents) if (parent === at) parents.set(id, up);
          }
        }
        const found = new Map<string, string | null>();
        const visit = (nodes: readonly CampaignFolderNode[], parent: string | null, depth: number): void => {
          for (const node of nodes) {
            expect(node).toMatchObject({ parentId: parent, depth });
            found.set(node.id, parent);
            visit(node.children, node.id, depth + 1);
          }
        };
        visit(await folders.tree(), null, 1);
        expect(new Map([...found].toSorted())).toEqual(new Map([...parents].toSorted()));
      }),
      { numRuns: family === "sqlite" ? 50 : 10 },
    );
    await kit.stop();
  });
});
