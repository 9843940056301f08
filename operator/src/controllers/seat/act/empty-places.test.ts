import { Kinds, Label } from "@tributary/contracts";
import { createLogger, TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { ObjectRef } from "../../../runtime/api/object.ts";
import type { Resource } from "../../../runtime/api/resource.ts";
import { createExpectations } from "../../../runtime/control/expectations.ts";
import { createFakeClock } from "../../../runtime/testing/fake-clock.ts";
import { aPlacement } from "../../federated-training-job/testing/a-snapshot.ts";
import { ourMark } from "../../shared/written-by-us.ts";
import { createFakeMember } from "../testing/fake-member.ts";
import { actOnSeats } from "./act-on-seats.ts";

const { signal } = new AbortController();

/** A member that holds a batch Job and an anchor of each participant and removes no batch Job of those that are named. */
function aMember(participants: readonly string[], refusing: ReadonlySet<string>) {
  const member = createFakeMember("aws-1");
  for (const participant of participants) {
    const labels = {
      [Label.Origin]: "hub",
      [Label.JobUid]: aPlacement().jobUid,
      [Label.Participant]: participant,
    };
    const metadata = { name: participant, namespace: "jobs", labels, managedFields: ourMark as never };
    for (const kind of [Kinds.Job, Kinds.ConfigMap]) member.put(kind, { metadata });
  }
  const remove = member.client.delete.bind(member.client);
  const client = Object.assign(Object.create(member.client), {
    async delete(kind: Resource, ref: ObjectRef, options: object) {
      if (kind.plural === Kinds.Job.plural && refusing.has(ref.name))
        throw new TributaryError("FORBIDDEN", `webhook refused ${ref.name}`);
      return remove(kind, ref, options);
    },
  }) as ApiClient;
  return { ...member, client };
}

it("removes what leaves beside objects that cannot be removed, confirms it, and tells only these of it", async () => {
  const participants = Array.from({ length: 40 }, (_none, index) => `p${String(index).padStart(2, "0")}`);
  const refusing = new Set(participants.slice(0, 20));
  const member = aMember(participants, refusing);
  const placements = participants.map((participant) => aPlacement({ participant, state: "Leaving" }));
  const empty = { type: "empty", namespace: "jobs", placements, withEndingPods: [], why: "they leave" } as const;
  const deps = {
    isJobAlive: () => true,
    isJobGone: async () => false,
    expectations: createExpectations(createFakeClock()),
    hubId: "hub",
    log: createLogger("test", "silent"),
  };
  const look = () => actOnSeats(member.client, aPlacement().jobUid, [empty], deps, signal);
  await look();
  const outcome = await look();
  const left = participants.filter((name) => refusing.has(name));
  expect(member.holds().filter((held) => !held.startsWith("pods"))).toEqual(
    ["configmaps", "jobs"].flatMap((kind) => left.map((name) => `${kind} jobs/${name}`)),
  );
  expect(outcome.report.empty.map(({ participant }) => participant)).toEqual(participants.slice(20));
  expect(outcome.report.problems.map(({ participant, problem }) => [participant, problem.message])).toEqual(
    left.map((name) => [name, `webhook refused ${name}`]),
  );
  expect(outcome.headway).toEqual({ isPassing: false, isRefused: true, hasProgressed: true });
});
