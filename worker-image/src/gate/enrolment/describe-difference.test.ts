import { describe, expect, it } from "vitest";
import { comparePod } from "./compare-pod.ts";
import { describeDifference } from "./describe-difference.ts";
import { aRuntime, aWorkerPod } from "./testing/a-worker-pod.ts";
import { nothingInjected } from "./testing/nothing-injected.ts";
import type { SingleChange } from "./testing/single-changes.ts";

type Change = SingleChange["change"];

describe("a difference", () => {
  const say = (change: Change) => describeDifference(comparePod(aWorkerPod(change), aRuntime(), nothingInjected)!);

  it("is told with path and both values", () => {
    expect(say(({ spec }) => (spec.hostNetwork = true))).toBe("spec.hostNetwork must be nothing, is true");
    expect(say((pod) => (pod.spec.containers[0].image = "evil:1"))).toMatch(
      /^spec\.containers\[trainer\]\.image must be "reg.*@sha256:b+", is "evil:1"$/u,
    );
  });

  it("is cut visibly", () => {
    expect(say(({ spec }) => (spec.subdomain = "x".repeat(1000)))).toMatch(
      /^spec\.subdomain must be nothing, is "x{159}… \(1002 characters\)$/u,
    );
  });

  it("shows no value of an annotation, which may hold a manifest", () => {
    const applied = "kubectl.kubernetes.io/last-applied-configuration";
    expect(say(({ metadata }) => (metadata.annotations[applied] = "{}"))).toBe(
      `metadata.annotations[${applied}] must be nothing, is there`,
    );
  });

  it("shows no value of a variable", () => {
    const secret = "hunter2";
    const changes: readonly Change[] = [
      (pod) => (pod.spec.initContainers[0].env[0].value = secret),
      (pod) => pod.spec.initContainers[0].env.push({ name: "MORE", value: secret }),
      (pod) => delete pod.spec.initContainers[0].env[0].value,
      (pod) => pod.spec.containers.push({ name: "extra", env: [{ name: "MORE", value: secret }] }),
      (pod) => (pod.spec.ephemeralContainers = [{ name: "debug", env: [{ name: "MORE", value: secret }] }]),
    ];
    for (const change of changes) expect(say(change)).not.toMatch(/hunter2|10\.96\.0\.50/u);
    expect(say(changes[3]!)).toBe('spec.containers[extra] must be nothing, is {"name":"extra","env":["MORE"]}');
    const address = "spec.initContainers[sidecar].env[TRIBUTARY_GATE_ADDRESS].value";
    expect(say(changes[0]!)).toBe(`${address} is another (not shown)`);
    expect(say(changes[1]!)).toBe("spec.initContainers[sidecar].env[MORE] must be nothing, is there");
    expect(say(changes[2]!)).toBe(`${address} must be there, is nothing`);
  });
});
