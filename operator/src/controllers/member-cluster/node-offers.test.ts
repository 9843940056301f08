import { describe, expect, it } from "vitest";
import { createNodeTrimmer, requestedAccelerators, sumOffers } from "./node-offers.ts";

const aNode = (name: string, allocatable: Record<string, string>, ready = "True", unschedulable = false) => ({
  metadata: { name, uid: name, resourceVersion: "1", labels: { zone: "a" } },
  spec: { unschedulable },
  status: { allocatable, conditions: [{ type: "Ready", status: ready }], images: [{ names: ["x"] }] },
});

describe("what nodes offer", () => {
  it.each([
    ["4", 4],
    ["1k", 1_000],
    ["2Ki", 2_048],
    ["1e3", 1_000],
    ["1000m", 1],
    ["0", 0],
    ["many", 0],
  ])("reads %s devices as Kubernetes does", (amount, want) => {
    const trim = createNodeTrimmer();
    const { accelerators } = sumOffers([trim(aNode("a", { "nvidia.com/gpu": amount, cpu: "8" }))]);
    expect(accelerators).toEqual([{ resource: "nvidia.com/gpu", allocatable: want }]);
  });

  it("counts nodes that are ready and take pods", () => {
    const trim = createNodeTrimmer();
    const gpu = { "nvidia.com/gpu": "8" };
    const nodes = [aNode("a", gpu), aNode("b", gpu, "False"), aNode("c", gpu, "True", true), aNode("d", gpu)];
    expect(sumOffers(nodes.map(trim))).toEqual({
      readyNodes: 2,
      accelerators: [{ resource: "nvidia.com/gpu", allocatable: 16 }],
    });
  });

  it("keeps of a node its name and what it shares with its like", () => {
    const trim = createNodeTrimmer();
    const [first, second] = ["a", "b"].map((name) => trim(aNode(name, { "nvidia.com/gpu": "8", cpu: "8" })));
    expect(first).toEqual({
      metadata: { name: "a", uid: "a", resourceVersion: "1" },
      offer: { isReady: true, accelerators: { "nvidia.com/gpu": 8 } },
    });
    expect(second?.offer).toBe(first?.offer);
  });

  it("adds what pods request until they end, in sidecars too", () => {
    const requests = (amount: string) => ({ resources: { requests: { "nvidia.com/gpu": amount, cpu: "1" } } });
    const pod = (name: string, spec: object, phase = "Running") => ({ metadata: { name }, spec, status: { phase } });
    const total = requestedAccelerators([
      pod("a", { containers: [requests("2"), {}], initContainers: [{ ...requests("1"), restartPolicy: "Always" }] }),
      pod("b", { containers: [requests("4")], initContainers: [requests("4")] }, "Pending"),
      pod("c", { containers: [requests("8")] }, "Failed"),
    ]);
    expect(total).toEqual(new Map([["nvidia.com/gpu", 7]]));
  });
});
