import { expect, it } from "vitest";
import { aRuntime } from "../enrolment/testing/a-worker-pod.ts";
import { trainerContainersOf, type WorkerPod, workerFactsOf } from "./worker-facts.ts";

const [a, b] = ["a", "b"].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string];
const labels = { "tributary.dev/runtime": "tfjs", "tributary.dev/dataset": "notes" };
const pod = (image: string, imageID?: string): WorkerPod => ({
  metadata: { labels },
  spec: {
    containers: [
      { name: "istio-proxy", image: "mesh/proxy:1" },
      { name: "trainer", image },
    ],
  },
  ...(imageID === undefined ? {} : { status: { containerStatuses: [{ name: "trainer", imageID }] } }),
});

it.each([
  { image: `tfjs@${a}`, imageID: undefined, digests: [a] },
  { image: `tfjs@${a}`, imageID: `docker.io/tfjs@${a}`, digests: [a] },
  { image: `tfjs@${a}`, imageID: b, digests: [a, b] },
  { image: "tfjs:0.2.0", imageID: `docker-pullable://tfjs@${a}`, digests: [a] },
  { image: "tfjs:0.2.0", imageID: "", digests: [] },
  { image: `tfjs:${"a".repeat(64)}`, imageID: undefined, digests: [] },
])("knows $image that runs as $imageID by its digests", ({ image, imageID, digests }) => {
  expect(workerFactsOf(pod(image, imageID), ["trainer"])).toEqual({
    runtime: "tfjs",
    dataset: "notes",
    trainerImages: [{ reference: image, digests }],
  });
});

it("knows a runtime without a data set", () => {
  const { "tributary.dev/dataset": _, ...without } = labels;
  expect(workerFactsOf({ ...pod("i"), metadata: { labels: without } }, []).dataset).toBeUndefined();
});

it.each([
  { given: "without labels", change: { metadata: {} }, says: "has no label tributary.dev/runtime" },
  { given: "without its trainer", change: { spec: { containers: [] } }, says: "has no container trainer" },
])("refuses a pod $given", ({ change, says }) => {
  const call = () => workerFactsOf({ ...pod("i"), ...change }, ["trainer"]);
  expect(call).toThrow(expect.objectContaining({ code: "ENROLMENT_REFUSED", message: expect.stringContaining(says) }));
});

it("takes every container of a runtime but the sidecar for its trainer's", () => {
  const runtime = aRuntime(({ template: { spec } }) =>
    spec.initContainers.unshift({ name: "fetch", image: "fetch:1" }),
  );
  expect(trainerContainersOf(runtime, "sidecar")).toEqual(["fetch", "trainer"]);
  const fetching = {
    metadata: { labels },
    spec: { ...pod("i").spec, initContainers: [{ name: "fetch", image: `fetch@${b}` }] },
  };
  expect(workerFactsOf(fetching, ["fetch"]).trainerImages).toEqual([{ reference: `fetch@${b}`, digests: [b] }]);
});
