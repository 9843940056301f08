import { systemClock, TributaryError } from "@tributary/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { dataNameBytes } from "../../shared/identity/data-name.ts";
import { parseWorkerUri } from "../../shared/identity/worker-uri.ts";
import type { EnrolmentPolicy } from "../enrolment/identify-worker.ts";
import { aRuntime, aWorkerPod } from "../enrolment/testing/a-worker-pod.ts";
import { nothingInjected } from "../enrolment/testing/nothing-injected.ts";
import { dataDigest } from "../identity/data-name.ts";
import type { PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";
import { createSeatLookup, FRESH_MS, GOOD_MS } from "./seat-lookup.ts";

const DATA_KEY = new Uint8Array(32).fill(7);
const identity = parseWorkerUri("tributary://aws/tributary-jobs/0b9c6f9e-9c0c-4a57-9d7c-1f1d1a2b3c4d/aws/0")!;
const policy: EnrolmentPolicy = {
  cluster: "aws",
  namespaces: ["tributary-jobs"],
  images: [aWorkerPod().spec.initContainers![0]!.image!],
  sidecarContainer: "sidecar",
  injected: nothingInjected,
  requireImageDigests: false,
  runningDigests: [],
};
const dataName = dataNameBytes({
  data: dataDigest(DATA_KEY, [{ namespace: "tributary-jobs", claim: "notes", subPath: "legal" }]),
  index: 0,
});
const { uid } = aWorkerPod().metadata;
const replaced = aWorkerPod((pod) => (pod.metadata.deletionTimestamp = "2026-12-02T00:00:00Z"));
/** A pod of the same seat that was made of another runtime. */
const twin = aWorkerPod((pod) => {
  pod.metadata.uid = "twin";
  pod.metadata.labels["tributary.dev/dataset"] = "images";
  pod.spec.volumes.find(({ name }: { name: string }) => name === "dataset").persistentVolumeClaim.claimName = "images";
});
const twinRuntime = aRuntime(({ metadata, template }) => {
  metadata.name = "full.images";
  metadata.labels["tributary.dev/dataset"] = "images";
  template.metadata.labels["tributary.dev/dataset"] = "images";
  template.spec.volumes.find(({ name }: { name: string }) => name === "dataset").persistentVolumeClaim.claimName =
    "images";
});
const foreign = aWorkerPod((pod) => pod.spec.containers[0].env.push({ name: "A", value: "b" }));

let pods: readonly PodView[];
let runtimes: readonly PodTemplateView[];
let outage: TributaryError | undefined;
let nowMs: number;
let asked: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }[];
let lookUp: (podUid?: string) => Promise<unknown>;

beforeEach(() => {
  [pods, runtimes, outage, nowMs, asked] = [[aWorkerPod()], [aRuntime()], undefined, 0, []];
  const api = {
    async listPods(namespace: string, labels: Readonly<Record<string, string>>) {
      asked.push({ namespace, labels });
      if (outage !== undefined) throw outage;
      return pods;
    },
    listPodTemplates: async () => runtimes,
  };
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const look = createSeatLookup({ api, policy, dataKey: DATA_KEY, clock });
  lookUp = (podUid = uid) => look({ identity, podUid }, new AbortController().signal);
});

describe("a worker's seat", () => {
  it("is known by the pod that the cluster shows for it: runtime, images, and whose data it trains on", async () => {
    const [trainer] = aWorkerPod().spec.containers!;
    expect(await lookUp()).toEqual({
      facts: {
        runtime: "full",
        dataset: "notes",
        trainerImages: [{ reference: trainer!.image, digests: [trainer!.image!.split("@")[1]] }],
      },
      dataName,
    });
    expect(asked).toEqual([
      {
        namespace: "tributary-jobs",
        labels: {
          "tributary.dev/job-uid": identity.jobUid,
          "tributary.dev/participant": "aws",
          "batch.kubernetes.io/job-completion-index": "0",
        },
      },
    ]);
  });

  it("is its own pod's, whatever other pods have the same labels", async () => {
    [pods, runtimes] = [
      [twin, aWorkerPod()],
      [aRuntime(), twinRuntime],
    ];
    expect(await lookUp()).toMatchObject({ facts: { dataset: "notes" }, dataName });
    const other = await lookUp("twin");
    expect(other).toMatchObject({ facts: { dataset: "images" } });
    expect(other).not.toMatchObject({ dataName });
  });

  it("is refused to a pod that is going, also where another of the same labels takes its place", async () => {
    [pods, runtimes] = [
      [replaced, twin],
      [aRuntime(), twinRuntime],
    ];
    await expect(lookUp()).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  });

  it.each<{ given: string; there: readonly PodView[]; says: string }>([
    { given: "no pod is there", there: [], says: `pod ${uid} of tributary://aws/` },
    { given: "its pod is being deleted", there: [replaced], says: "is being deleted" },
    { given: "its pod was changed", there: [foreign], says: "is not as PodTemplate full.notes has it" },
  ])("is refused when $given", async ({ there, says }) => {
    pods = there;
    await expect(lookUp()).rejects.toMatchObject({
      code: "ENROLMENT_REFUSED",
      message: expect.stringContaining(says),
    });
  });
});

describe("what was seen of a seat", () => {
  it("counts for half a minute, then the pod is looked for again", async () => {
    await lookUp();
    nowMs = FRESH_MS - 1;
    pods = [];
    await expect(lookUp()).resolves.toMatchObject({ dataName });
    nowMs = FRESH_MS;
    await expect(lookUp()).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  });

  it("counts for that pod alone: one that is made in its place is looked at anew", async () => {
    await lookUp();
    [pods, runtimes] = [[twin], [aRuntime(), twinRuntime]];
    expect(await lookUp("twin")).toMatchObject({ facts: { dataset: "images" } });
  });

  it("counts while the API server is away, as long as a certificate for peers does, and no longer", async () => {
    await lookUp();
    outage = new TributaryError("API_UNAVAILABLE", "no answer");
    nowMs = GOOD_MS - 1;
    await expect(lookUp()).resolves.toMatchObject({ dataName });
    nowMs = GOOD_MS;
    await expect(lookUp()).rejects.toBe(outage);
  });

  it("is forgotten with the first refusal", async () => {
    await lookUp();
    [pods, nowMs] = [[], FRESH_MS];
    await expect(lookUp()).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
    outage = new TributaryError("API_UNAVAILABLE", "no answer");
    await expect(lookUp()).rejects.toBe(outage);
  });

  it("is no answer for another trouble than the API server's own", async () => {
    await lookUp();
    [outage, nowMs] = [new TributaryError("FORBIDDEN", "no right to list pods"), FRESH_MS];
    await expect(lookUp()).rejects.toBe(outage);
  });
});
