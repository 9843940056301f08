import { TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import type { BoundPod, EnrolmentPolicy } from "./identify-worker.ts";
import { createPodReview } from "./review-pod.ts";
import { nothingInjected } from "./testing/nothing-injected.ts";

const policy: EnrolmentPolicy = {
  ...{ cluster: "aws", namespaces: ["jobs"], images: [], sidecarContainer: "sidecar", injected: nothingInjected },
  ...{ requireImageDigests: false, runningDigests: [] },
};
const claims = (namespace: string) => ({
  aud: ["tributary"],
  "kubernetes.io": { namespace, pod: { name: "w-0", uid: "uid-1" } },
  sub: `system:serviceaccount:${namespace}:worker`,
});
const tokenOf = (payload: object) =>
  `${["{}", JSON.stringify(payload)].map((part) => Buffer.from(part).toString("base64url")).join(".")}.x`;

/** A review of a pod of which the API server knows nothing, or does not answer. */
function reviewing(getPod: () => Promise<undefined>) {
  const told: [BoundPod, string][] = [];
  const review = createPodReview({
    policy,
    api: {
      reviewToken: async () => ({
        authenticated: true,
        audiences: ["tributary"],
        user: {
          username: "system:serviceaccount:jobs:worker",
          extra: {
            "authentication.kubernetes.io/pod-name": ["w-0"],
            "authentication.kubernetes.io/pod-uid": ["uid-1"],
          },
        },
      }),
      getPod,
      listPodTemplates: async () => [],
    } as never,
    onRefused: async (bound, { message }) => void told.push([bound, message]),
  });
  return { told, review: (namespace: string) => review(tokenOf(claims(namespace)), new AbortController().signal) };
}

it("tells of a pod of the member's own namespaces that it refuses, before its caller is told", async () => {
  const { told, review } = reviewing(async () => undefined);
  await expect(review("jobs")).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  expect(told).toEqual([[{ namespace: "jobs", name: "w-0", uid: "uid-1" }, "pod jobs/w-0 is gone"]]);
});

it("tells nothing of pods of other namespaces, nor of an API server that is away", async () => {
  const away = new TributaryError("API_UNAVAILABLE", "away");
  const { told, review } = reviewing(() => Promise.reject(away));
  await expect(review("elsewhere")).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  await expect(review("jobs")).rejects.toBe(away);
  expect(told).toEqual([]);
});
