import type { TrainingRound } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { KubeObject, Unstructured } from "../../../runtime/api/object.ts";
import { jobLabels, renderAggregatorStatefulSet } from "../render/aggregator.ts";
import { renderTrainingRound } from "../render/training-round.ts";
import { aJob, aRun, withConditions } from "../testing/a-snapshot.ts";
import { cacheOf, someSources } from "../testing/some-sources.ts";
import { observe } from "./observe.ts";

const job = aJob({ participants: [] }) as ReturnType<typeof aJob> & KubeObject;

function look(objects: { readonly rounds?: readonly KubeObject[]; readonly pods?: readonly KubeObject[] }) {
  const sources = someSources({
    jobs: cacheOf(job),
    trainingRounds: cacheOf<TrainingRound & KubeObject>(...(objects.rounds ?? [])),
    pods: cacheOf<Unstructured>(...(objects.pods ?? [])),
  });
  return observe("research/notes", sources, new AbortController().signal);
}

/** A TrainingRound as the operator makes it, of this job unless something is changed. */
function aRound(changes: { readonly namespace?: string; readonly ownerReferences?: object[] } = {}): KubeObject {
  const object = renderTrainingRound(job, { from: 7, through: 7, attempt: 9, evaluateOnly: false });
  const metadata = { ...object.metadata, uid: "round-uid", resourceVersion: "1", ...changes };
  return { ...object, metadata } as unknown as KubeObject;
}

function aFailedPod(namespace: string): KubeObject {
  const status = {
    phase: "Pending",
    containerStatuses: [{ name: "aggregator", image: "evil", state: { waiting: { reason: "ImagePullBackOff" } } }],
  };
  const metadata = { name: "x", namespace, uid: "pod-uid", resourceVersion: "1", labels: jobLabels(job, "aggregator") };
  return { metadata, spec: {}, status } as KubeObject;
}

describe("observe", () => {
  it("sees the job's own TrainingRounds", async () => {
    const seen = await look({ rounds: [aRound()] });
    expect(seen?.rounds.map(({ spec }) => spec.attempt)).toEqual([9]);
  });

  it.each([
    { what: "another namespace", round: aRound({ namespace: "others" }) },
    { what: "nobody", round: aRound({ ownerReferences: [] }) },
  ])("takes no TrainingRound of $what for the job's, whatever its labels say", async ({ round }) => {
    expect((await look({ rounds: [round] }))?.rounds).toEqual([]);
  });

  it("tells of the aggregator's pod, and of no pod in another namespace that has its labels", async () => {
    expect((await look({ pods: [aFailedPod("research")] }))?.hub.podProblem?.reason).toBe("ImagePullFailed");
    expect((await look({ pods: [aFailedPod("others")] }))?.hub.podProblem).toBeUndefined();
  });
});

describe("what may not be read on the hub", () => {
  const complete = { type: "Complete", status: "True", reason: "MaxRounds", message: "" } as const;
  const forbidden = new TributaryError("FORBIDDEN", "cannot get");
  const deletionTimestamp = "2027-01-15T08:00:00Z";

  async function askedFor(changes: Partial<typeof job>, replicas: number) {
    const asked: string[] = [];
    const seen = { ...job, ...changes } as typeof job;
    const refuse = async ({ kind }: { kind: string }): Promise<never> => {
      asked.push(kind);
      throw forbidden;
    };
    const statefulSet = renderAggregatorStatefulSet(seen, { run: aRun(seen), replicas });
    const sources = someSources({
      jobs: cacheOf(seen),
      statefulSets: cacheOf<Unstructured>(statefulSet as unknown as Unstructured),
      client: { get: refuse, list: refuse } as never,
    });
    const { hub } = (await observe("research/notes", sources, new AbortController().signal))!;
    return { hub, asked: [...new Set(asked)].sort() };
  }

  it.each<[string, Partial<typeof job>, number, readonly string[]]>([
    ["a job that is being deleted", { metadata: { ...job.metadata, deletionTimestamp } }, 1, []],
    ["a job that is over and whose aggregator is stopped", withConditions(job, complete) as typeof job, 0, []],
    ["a job that is over and whose aggregator runs", withConditions(job, complete) as typeof job, 1, ["Secret"]],
    ["a job that goes on", {}, 0, ["PersistentVolumeClaim", "Secret"]],
  ])("is an observation, and %s asks for no more than it needs", async (_what, changes, replicas, kinds) => {
    const { hub, asked } = await askedFor(changes, replicas);
    expect(asked).toEqual(kinds);
    expect(hub.unread).toBe(kinds.length === 0 ? undefined : forbidden);
    expect(hub.replicas).toBe(replicas);
  });
});
