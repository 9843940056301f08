import { Kinds } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { admitWhileLeading, createSharedProof, disprove, prove, readFence } from "./leadership-fence.ts";

describe("leadership fence", () => {
  it("holds for as long as it was proved, by a clock that no stop of the process stops", () => {
    let nowNs = 1_000_000_000n;
    const proof = createSharedProof();
    const fence = readFence(proof, () => nowNs);
    expect(fence.isLeading()).toBe(false);
    prove(proof, 7, 10_000, nowNs);
    expect(fence.isLeading()).toBe(true);
    expect(fence.token()).toBe(7);
    nowNs += 9_999_999_999n;
    expect(fence.isLeading()).toBe(true);
    nowNs += 1n;
    expect(fence.isLeading()).toBe(false);
    expect(() => fence.assertLeading()).toThrow(expect.objectContaining({ code: "LEADERSHIP_LOST" }));
  });

  it.each([
    { verb: "get", passes: true },
    { verb: "list", passes: true },
    { verb: "watch", passes: true },
    { verb: "create", passes: false },
    { verb: "update", passes: false },
    { verb: "patch", passes: false },
    { verb: "delete", passes: false },
  ])("lets $verb pass without leading: $passes", ({ verb, passes }) => {
    const proof = createSharedProof();
    const admit = () => admitWhileLeading(readFence(proof))({ cluster: "hub", verb, resource: Kinds.ConfigMap });
    if (passes) expect(admit).not.toThrow();
    else expect(admit).toThrow(expect.objectContaining({ code: "LEADERSHIP_LOST" }));
    prove(proof, 1, 1_000, process.hrtime.bigint());
    expect(admit).not.toThrow();
    disprove(proof);
    if (!passes) expect(admit).toThrow();
  });
});
