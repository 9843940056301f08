import { type FederatedTrainingJob, Kinds } from "@tributary/contracts";
import { expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { aJob } from "../../federated-training-job/testing/a-snapshot.ts";
import { createFakeHub } from "../testing/fake-hub.ts";
import { createFakeMember, type FakeMember } from "../testing/fake-member.ts";

type Job = FederatedTrainingJob & KubeObject;

/** A member that notes each call with its deadline. */
function watched(member: FakeMember, seen: Map<string, Set<unknown>>): FakeMember {
  const client = new Proxy(member.client, {
    get(target, name: keyof ApiClient) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]) => {
        const { deadlineMs } = (given.at(-1) ?? {}) as { readonly deadlineMs?: number };
        seen.set(name, (seen.get(name) ?? new Set()).add(deadlineMs));
        return (value as (...all: readonly unknown[]) => unknown)(...given);
      };
    },
  });
  return { ...member, client };
}

it("holds up the look at a member for ten seconds a call, whatever the look is for", async () => {
  const seen = new Map<string, Set<unknown>>();
  const member = createFakeMember("aws-1");
  member.put(Kinds.Namespace, { metadata: { name: "kube-system", uid: "cluster-uid" } });
  const { participants } = aJob().spec;
  const job = aJob({ participants: participants.slice(0, 1).map((one) => ({ ...one, workers: 2 })) }) as Job;
  const hub = createFakeHub(job, { "aws-1": watched(member, seen) });
  const mended = (before: Job): Job => {
    const { namespace = "", name = "" } = before.status?.placements?.[0] ?? {};
    const { spec, ...batchJob } = member.find(Kinds.Job, { namespace, name })!;
    member.put(Kinds.Job, { ...batchJob, spec: { ...(spec as object), parallelism: 1 } } as KubeObject);
    return before;
  };
  const edits: readonly ((before: Job) => Job)[] = [
    (before) => before,
    mended,
    // Another batch Job takes the place of the first; then the record is lost; then all goes.
    ({ spec, ...before }) => ({ ...before, spec: { ...spec, failurePolicy: { workerRestartLimit: 3 } } }),
    (before) => ({ ...before, status: {} }),
    ({ spec, ...before }) => ({ ...before, spec: { ...spec, suspend: true } }),
  ];
  for (const edit of edits) {
    hub.job = edit(hub.job as Job);
    member.catchUp();
    for (let turn = 0; turn < 6; turn += 1) {
      hub.lookAtJob();
      await hub.lookAtSeats();
      member.catchUp();
    }
  }
  expect(member.holds()).toEqual(["namespaces kube-system"]);
  expect([...seen.keys()].sort()).toEqual(["apply", "create", "delete", "get", "list", "patchJson"]);
  for (const [call, deadlines] of seen) expect([call, ...deadlines]).toEqual([call, 10_000]);
});
