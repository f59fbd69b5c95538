import { createCampaignKit, definePlugin, type Scope } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { TrackingRecorder } from "./recorder.ts";

describeEachDatabase("the recorder of tracked events", (database) => {
  it("CHN-11: finds no work in events that are being written, and rests once they are", async () => {
    const time = virtualTime();
    const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      plugins: { probe },
      runtime: time.runtime,
    });
    await kit.migrate();
    const recorder = new TrackingRecorder(kit.workspace("shop").plugins.probe.kernel);
    const event = (id: string) => ({ id, type: "click", at: time.now().getTime() });
    const stored = [recorder.record("shop", event("1")), recorder.record("shop", event("2"))];
    // The first is under way; the second waits for it.
    await Promise.resolve();
    const rounds = [recorder.tick(), recorder.tick()];
    expect(await Promise.all(stored)).toEqual([true, true]);
    await Promise.all(rounds);
    expect(await recorder.tick()).toBe(false);
    expect(await recorder.nextDueAt()).toBeNull();
    await kit.stop();
  });
});
