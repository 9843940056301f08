import { describe, expect, it } from "vitest";
import { findForeignImage, type ImagePolicy } from "./compare-images.ts";
import { aRuntime, aWorkerPod } from "./testing/a-worker-pod.ts";

const policy: ImagePolicy = { requireImageDigests: false, runningDigests: [] };
const OWN = `sha256:${"b".repeat(64)}`;
const OTHER = `sha256:${"c".repeat(64)}`;

function whyRunning(imageID: string, more: Partial<ImagePolicy> = {}) {
  const pod = aWorkerPod(({ status }) => {
    status.containerStatuses = [{ name: "trainer", imageID }];
  });
  return findForeignImage(pod, aRuntime(), { ...policy, ...more });
}

describe("findForeignImage", () => {
  it.each(["", `registry.example/trainer@${OWN}`, `mirror.example/a@${OWN}`, `docker-pullable://a/b@${OWN}`, OWN])(
    "takes the running image %s",
    (imageID) => {
      expect(whyRunning(imageID)).toBeUndefined();
    },
  );

  it("takes a container that has no status yet", () => {
    expect(findForeignImage(aWorkerPod(), aRuntime(), policy)).toBeUndefined();
  });

  it.each([`evil.example/trainer@${OTHER}`, OTHER, `evil/${OWN}`, "registry.example/trainer:1", `a@${OWN}-x`])(
    "finds the running image %s",
    (imageID) => {
      expect(whyRunning(imageID)).toBe(
        `the running image of container trainer must be ${OWN}, is ${JSON.stringify(imageID)}`,
      );
    },
  );

  it("finds one of an init container", () => {
    const pod = aWorkerPod(({ status }) => {
      status.initContainerStatuses = [{ name: "sidecar", imageID: OTHER }];
    });
    expect(findForeignImage(pod, aRuntime(), policy)).toContain("the running image of container sidecar");
  });

  it("takes the digests that the admin lists for what nodes report", () => {
    expect(whyRunning(`a@${OTHER}`, { runningDigests: [OTHER] })).toBeUndefined();
    expect(whyRunning("a:1", { runningDigests: [OTHER] })).toContain("the running image");
  });

  it("demands digests where the member does, of every container of the runtime", () => {
    const byTag = aRuntime(({ template }) => {
      template.spec.containers[0].image = "registry.example/trainer:1";
    });
    expect(findForeignImage(aWorkerPod(), byTag, policy)).toBeUndefined();
    expect(findForeignImage(aWorkerPod(), byTag, { ...policy, requireImageDigests: true })).toBe(
      'spec.containers[trainer].image must be a reference by digest (gate.requireImageDigests), is "registry.example/trainer:1"',
    );
    expect(findForeignImage(aWorkerPod(), aRuntime(), { ...policy, requireImageDigests: true })).toBeUndefined();
  });
});
