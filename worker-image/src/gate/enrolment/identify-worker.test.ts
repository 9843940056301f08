import { describe, expect, it } from "vitest";
import type { TokenReviewStatus } from "../kubernetes/api-server.ts";
import type { PodView } from "../kubernetes/pod-shape.ts";
import { boundPodOf, identifyWorker } from "./identify-worker.ts";
import { nothingInjected } from "./testing/nothing-injected.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const policy = {
  cluster: "aws",
  namespaces: ["jobs"],
  images: ["registry.example/dataplane:1", DIGEST],
  sidecarContainer: "sidecar",
  injected: nothingInjected,
  requireImageDigests: false,
  runningDigests: [],
};
const bound = { namespace: "jobs", name: "worker-0", uid: "pod-uid" };

function aReview(change: Partial<TokenReviewStatus> = {}): TokenReviewStatus {
  const extra = {
    "authentication.kubernetes.io/pod-name": ["worker-0"],
    "authentication.kubernetes.io/pod-uid": ["pod-uid"],
  };
  const user = { username: "system:serviceaccount:jobs:worker", extra };
  return { authenticated: true, audiences: ["tributary"], user, ...change };
}

function aPod(
  change: { labels?: Record<string, string>; image?: string; imageID?: string; phase?: string; uid?: string } = {},
): PodView {
  const labels = {
    "tributary.dev/job-uid": "job-1",
    "tributary.dev/participant": "p",
    "batch.kubernetes.io/job-completion-index": "2",
    ...change.labels,
  };
  return {
    metadata: { name: "worker-0", namespace: "jobs", uid: change.uid ?? "pod-uid", labels },
    spec: { initContainers: [{ name: "sidecar", image: change.image ?? "registry.example/dataplane:1" }] },
    status: {
      phase: change.phase ?? "Pending",
      initContainerStatuses: [{ name: "sidecar", imageID: change.imageID ?? "" }],
    },
  };
}

describe("boundPodOf", () => {
  it("reads namespace, name and uid of the pod", () => {
    expect(boundPodOf(aReview(), policy)).toEqual(bound);
  });

  it.each([
    {
      name: "a token that the API server does not accept",
      review: aReview({ authenticated: false }),
      code: "TOKEN_REJECTED",
    },
    { name: "a token for another audience", review: aReview({ audiences: ["vault"] }), code: "TOKEN_REJECTED" },
    { name: "a token of a person", review: aReview({ user: { username: "alice" } }), code: "TOKEN_REJECTED" },
    {
      name: "a token that is bound to no pod",
      review: aReview({ user: { username: "system:serviceaccount:jobs:worker" } }),
      code: "TOKEN_REJECTED",
    },
    {
      name: "a pod of a namespace that the gate does not serve",
      review: aReview({ user: { ...aReview().user, username: "system:serviceaccount:kube-system:x" } }),
      code: "ENROLMENT_REFUSED",
    },
  ])("refuses $name", ({ review, code }) => {
    expect(() => boundPodOf(review, policy)).toThrow(expect.objectContaining({ code }));
  });
});

describe("identifyWorker", () => {
  const identity = { cluster: "aws", namespace: "jobs", jobUid: "job-1", participant: "p", workerIndex: 2 };

  it.each([
    { name: "an image by reference", pod: aPod() },
    { name: "an image by the digest of its reference", pod: aPod({ image: `other/name@${DIGEST}` }) },
    { name: "an image by the digest that runs", pod: aPod({ image: "other/name:1", imageID: `other/name@${DIGEST}` }) },
    { name: "an image without a name", pod: aPod({ image: "other/name:1", imageID: DIGEST }) },
    {
      name: "an image as a runtime with a scheme names it",
      pod: aPod({ image: "other/name:1", imageID: `docker-pullable://other/name@${DIGEST}` }),
    },
  ])("lets in $name", ({ pod }) => {
    expect(identifyWorker(pod, bound, policy)).toEqual(identity);
  });

  it.each([
    { name: "no pod", pod: undefined, says: "is gone" },
    { name: "a pod of the same name that came later", pod: aPod({ uid: "other" }), says: "is gone" },
    { name: "a pod that has ended", pod: aPod({ phase: "Failed" }), says: "has ended" },
    { name: "another image", pod: aPod({ image: "evil/image:1" }), says: "an image" },
    { name: "a tag that looks like a digest", pod: aPod({ image: `evil/${DIGEST}` }), says: "an image" },
    { name: "a repository called sha256", pod: aPod({ image: DIGEST }), says: "an image" },
    {
      name: "a tag that looks like a digest, as it runs",
      pod: aPod({ image: "evil/image:1", imageID: `evil/${DIGEST}` }),
      says: "an image",
    },
    {
      name: "a digest in the middle of a reference",
      pod: aPod({ image: `evil/image@${DIGEST}-x` }),
      says: "an image",
    },
    { name: "no job", pod: aPod({ labels: { "tributary.dev/job-uid": "" } }), says: "tributary.dev/job-uid" },
    {
      name: "no index",
      pod: aPod({ labels: { "batch.kubernetes.io/job-completion-index": "x" } }),
      says: "must be a number",
    },
  ])("refuses $name", ({ pod, says }) => {
    expect(() => identifyWorker(pod, bound, policy)).toThrow(says);
  });
});
