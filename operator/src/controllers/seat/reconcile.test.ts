import { Kinds } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { KubeObject, ObjectRef, Unstructured } from "../../runtime/api/object.ts";
import { seatName } from "../federated-training-job/render/names.ts";
import { aJob, someSettings } from "../federated-training-job/testing/a-snapshot.ts";
import type { SeatsSnapshot } from "./snapshot.ts";
import { createFakeHub, type FakeHub } from "./testing/fake-hub.ts";
import { createFakeMember, type FakeMember } from "./testing/fake-member.ts";

type Job = SeatsSnapshot["job"];

const job = aJob() as Job;
const names = { aws: seatName(someSettings.hubId, job, "aws"), gcp: seatName(someSettings.hubId, job, "gcp") };
const objectsOf = (name: string): string[] => [`configmaps jobs/${name}`, `jobs jobs/${name}`, `pods jobs/${name}-0-x`];

interface World {
  readonly hub: FakeHub;
  readonly aws: FakeMember;
  readonly gcp: FakeMember;
}

function startWorld(): World {
  const [aws, gcp] = [createFakeMember("aws-1"), createFakeMember("gcp-1")];
  return { aws, gcp, hub: createFakeHub(job, { "aws-1": aws, "gcp-1": gcp }) };
}

/** Looks until nothing changes any more. Caches are late by one turn when they lag. */
async function settle({ hub, aws, gcp }: World, isLagging = false): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) {
    hub.lookAtJob();
    await hub.lookAtSeats();
    if (hub.isDead()) return;
    if (isLagging && turn % 2 === 0) continue;
    for (const member of [aws, gcp]) member.catchUp();
  }
}

const edit = (hub: FakeHub, change: (before: Job) => Job): void => {
  if (hub.job !== undefined) hub.job = change(hub.job);
};
const suspend = (isSuspended: boolean) => (before: Job) => ({
  ...before,
  spec: { ...before.spec, suspend: isSuspended },
});
const remove = (before: Job) => ({
  ...before,
  metadata: { ...before.metadata, deletionTimestamp: "2027-01-15T08:00:00Z" },
});
const dropGcp = (before: Job) => ({
  ...before,
  spec: {
    ...before.spec,
    participants: before.spec.participants.slice(0, 1),
    schedule: { synchronous: { ...synchronousOf(before.spec), quorum: 1 } },
  },
});
const wipe = (before: Job) => ({ ...before, status: {} });

/** What people do, in order, and what each member must hold at the end. */
const stories: readonly [name: string, steps: readonly ((before: Job) => Job)[], want: readonly ("aws" | "gcp")[]][] = [
  ["placed", [], ["aws", "gcp"]],
  ["suspended", [suspend(true)], []],
  ["suspended and resumed", [suspend(true), suspend(false)], ["aws", "gcp"]],
  ["suspended, edited and resumed", [suspend(true), dropGcp, suspend(false)], ["aws"]],
  ["deleted", [remove], []],
  ["robbed of its status and deleted", [wipe, remove], []],
  ["robbed of its status", [wipe], ["aws", "gcp"]],
];

describe.each(stories)("a job that is %s", (_name, steps, want) => {
  const expectEnd = ({ aws, gcp, hub }: World): void => {
    expect(aws.holds()).toEqual(want.includes("aws") ? objectsOf(names.aws) : []);
    expect(gcp.holds()).toEqual(want.includes("gcp") ? objectsOf(names.gcp) : []);
    const recorded = hub.job?.status?.placements?.map(({ participant }) => participant) ?? [];
    expect(recorded).toEqual(want);
    expect(hub.job === undefined).toBe(steps.includes(remove));
  };

  async function live(world: World, isLagging = false): Promise<void> {
    await settle(world, isLagging);
    for (const step of steps) {
      edit(world.hub, step);
      await settle(world, isLagging);
    }
  }

  it("leaves in each member what is wanted and nothing else", async () => {
    const world = startWorld();
    await live(world);
    expectEnd(world);
  });

  it("does so also with caches that are late", async () => {
    const world = startWorld();
    await live(world, true);
    expectEnd(world);
  });

  it("does so when people do not wait between their steps", async () => {
    const world = startWorld();
    for (const step of steps) {
      world.hub.lookAtJob();
      await world.hub.lookAtSeats();
      edit(world.hub, step);
    }
    await settle(world, true);
    expectEnd(world);
  });

  it("does so when the operator is killed before or after any of its calls", async () => {
    const whole = startWorld();
    await live(whole);
    let killed = 0;
    for (let call = 1; call <= whole.aws.calls(); call += 1) {
      for (const when of ["before", "after"] as const) {
        const world = startWorld();
        world.aws.killAt(call, when);
        for (const step of [(before: Job) => before, ...steps]) {
          edit(world.hub, step);
          await settle(world);
          if (!world.hub.isDead()) continue;
          killed += 1;
          world.hub.restart();
          await settle(world);
        }
        expectEnd(world);
      }
    }
    expect(killed).toBe(2 * whole.aws.calls());
  });
});

it("two participants of a job in one member each have their own objects, and one goes without the other", async () => {
  const participants = job.spec.participants.map((participant) => ({ ...participant, cluster: "aws-1" }));
  const [aws, gcp] = [createFakeMember("aws-1"), createFakeMember("gcp-1")];
  const both: Job = { ...job, spec: { ...job.spec, participants } };
  const world: World = { aws, gcp, hub: createFakeHub(both, { "aws-1": aws }) };
  await settle(world);
  expect(aws.holds()).toEqual([...objectsOf(names.aws), ...objectsOf(names.gcp)].sort());
  const uids = (): unknown[] =>
    [Kinds.ConfigMap, Kinds.Job].map((kind) => aws.find(kind, { namespace: "jobs", name: names.aws })?.metadata.uid);
  const before = uids();
  edit(world.hub, dropGcp);
  await settle(world);
  expect(aws.holds()).toEqual(objectsOf(names.aws));
  expect(uids()).toEqual(before);
  expect(world.hub.job?.status?.placements).toMatchObject([{ participant: "aws", cluster: "aws-1" }]);
});

describe("a member that is away", () => {
  it.each<[string, readonly ((before: Job) => Job)[]]>([
    ["its participant is dropped", [suspend(true), dropGcp, suspend(false)]],
    ["its job is deleted", [remove]],
  ])("keeps its place in the record while %s, and is cleaned when it returns", async (_what, steps) => {
    const world = startWorld();
    await settle(world);
    world.hub.away.add("gcp-1");
    for (const step of steps) {
      edit(world.hub, step);
      await settle(world);
    }
    expect(world.hub.job?.status?.placements).toMatchObject(
      steps.includes(remove) ? [{ cluster: "gcp-1", state: "Leaving" }] : [{}, { cluster: "gcp-1", state: "Leaving" }],
    );
    world.hub.restart();
    world.hub.away.delete("gcp-1");
    await settle(world);
    expect(world.gcp.holds()).toEqual([]);
    expect(world.hub.job === undefined).toBe(steps.includes(remove));
  });
});

describe("a namespace of a member that the hub may not read, while the record is lost", () => {
  async function searched(...steps: readonly ((before: Job) => Job)[]): Promise<World> {
    const world = startWorld();
    world.hub.namespaces.push("typo");
    world.aws.put(Kinds.Namespace, { metadata: { name: "typo" } });
    world.aws.shut.add("typo");
    for (const step of [wipe, ...steps]) edit(world.hub, step);
    await settle(world);
    return world;
  }
  const cause = "namespace typo of MemberCluster aws-1 cannot be searched for what the job has there";

  it("is told of by name, and places are made in the member once it is mended", async () => {
    const world = await searched();
    expect(world.hub.job?.status).toMatchObject({ unsearchedClusters: ["aws-1"], placements: [{ cluster: "gcp-1" }] });
    const told = world.hub.lookAtJob()?.conditions.find(({ type }) => type === "ClustersReady");
    expect(told).toMatchObject({ status: "False", reason: "RBACDenied", message: expect.stringContaining(cause) });
    world.aws.shut.delete("typo");
    await settle(world);
    expect(world.aws.holds()).toEqual([...objectsOf(names.aws), "namespaces typo"].sort());
  });

  it("is what the deletion says that it waits for", async () => {
    const world = await searched(remove);
    expect(world.hub.lookAtJob()?.conditions[0]?.message).toContain(
      `cluster aws-1 is being searched for objects of the job: ${cause}`,
    );
    world.aws.shut.delete("typo");
    await settle(world);
    expect(world.hub.job).toBeUndefined();
  });
});

describe("a name that leads to another cluster than before", () => {
  const named = (uid: string): FakeMember => {
    const member = createFakeMember("gcp-1");
    member.put(Kinds.Namespace, { metadata: { name: "kube-system", uid } });
    return member;
  };
  const worldOf = () => {
    const members = { "aws-1": createFakeMember("aws-1"), "gcp-1": named("former") };
    return { members, hub: createFakeHub(job, members) };
  };
  const settleAll = ({ hub, members }: ReturnType<typeof worldOf>) =>
    settle({ hub, aws: members["aws-1"], gcp: members["gcp-1"] });
  const held = (member: FakeMember): string[] => member.holds().filter((object) => !object.startsWith("namespaces "));

  it.each<[string, (before: Job) => Job]>([
    ["deleted", remove],
    ["suspended", suspend(true)],
  ])("says nothing of what is left in the former when the job is %s, and the former does", async (_what, step) => {
    const world = worldOf();
    await settleAll(world);
    const former = world.members["gcp-1"];
    world.members["gcp-1"] = named("another");
    edit(world.hub, step);
    await settleAll(world);
    expect(held(former)).toEqual(objectsOf(names.gcp));
    expect(world.hub.job?.status?.placements).toMatchObject([{ cluster: "gcp-1", state: "Leaving" }]);
    if (step === remove)
      expect(world.hub.lookAtJob()?.conditions[0]?.message).toContain(
        "MemberCluster gcp-1 leads to another cluster now (uid of kube-system another); the job has objects in the one with uid former",
      );
    world.members["gcp-1"] = former;
    await settleAll(world);
    expect(held(former)).toEqual([]);
    expect(world.hub.job?.status?.placements ?? []).toEqual([]);
  });

  it("costs nothing that runs in the former when the mistake is mended", async () => {
    const world = worldOf();
    await settleAll(world);
    const former = world.members["gcp-1"];
    const uidsIn = () =>
      [Kinds.ConfigMap, Kinds.Job].map(
        (kind) => former.find(kind, { namespace: "jobs", name: names.gcp })?.metadata.uid,
      );
    const before = uidsIn();
    world.members["gcp-1"] = named("another");
    await settleAll(world);
    const told = world.hub.lookAtJob()?.conditions.find(({ type }) => type === "ClustersReady");
    expect(told).toMatchObject({ reason: "ClusterChanged", message: expect.stringContaining("uid former") });
    world.members["gcp-1"] = former;
    await settleAll(world);
    expect(uidsIn()).toEqual(before);
    expect(before).not.toContain(undefined);
    expect(world.hub.job?.status?.placements).toMatchObject([{ state: "Wanted" }, { state: "Wanted" }]);
  });

  it("has no second worker for a seat that may run in the former, until that is given up by name", async () => {
    const world = worldOf();
    await settleAll(world);
    world.members["gcp-1"] = named("another");
    await settleAll(world);
    expect(held(world.members["gcp-1"])).toEqual([]);
    edit(world.hub, (before) => ({
      ...before,
      metadata: { ...before.metadata, annotations: { "tributary.dev/abandon-clusters": "gcp-1" } },
    }));
    await settleAll(world);
    expect(held(world.members["gcp-1"])).toEqual(objectsOf(names.gcp));
  });
});

it.each([
  { when: "after it was made", generation: 2, isReplaced: true },
  { when: "while the member created it", generation: 1, isReplaced: false },
])("a batch Job that was given a deadline $when is replaced: $isReplaced", async ({ generation, isReplaced }) => {
  const world = startWorld();
  await settle(world);
  const ref = { namespace: "jobs", name: names.aws };
  const { spec, metadata, ...batchJob } = world.aws.find(Kinds.Job, ref)!;
  const late = {
    ...batchJob,
    metadata: { ...metadata, generation },
    spec: { ...(spec as object), activeDeadlineSeconds: 60 },
  };
  world.aws.put(Kinds.Job, late);
  world.aws.catchUp();
  await settle(world);
  expect(world.aws.find(Kinds.Job, ref)?.metadata.uid === metadata.uid).toBe(!isReplaced);
  expect(world.aws.holds()).toEqual(objectsOf(names.aws));
});

it("a batch Job that something gives a deadline again and again is told of and runs on, until it has failed", async () => {
  const world = startWorld();
  const ref = { namespace: "jobs", name: names.aws };
  const present = () => world.aws.find(Kinds.Job, ref)!;
  const change = async (status?: object) => {
    const { spec, metadata, ...batchJob } = present();
    const changed = {
      ...batchJob,
      metadata: { ...metadata, generation: 2 },
      spec: { ...(spec as object), activeDeadlineSeconds: 60 },
      ...(status && { status }),
    };
    world.aws.put(Kinds.Job, changed);
    world.aws.catchUp();
    await settle(world);
    return metadata.uid;
  };
  await settle(world);
  const first = await change();
  const second = await change();
  expect(second).not.toBe(first);
  expect(present().metadata.uid).toBe(second);
  const told = world.hub.lookAtJob()?.conditions.find(({ type }) => type === "ClustersReady");
  expect(told?.message).toContain(
    `Job jobs/${names.aws} was changed again after another took its place (activeDeadlineSeconds: 60)`,
  );
  await change({ conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded" }] });
  expect(present().metadata.uid).not.toBe(second);
});

describe("what is in the way", () => {
  const ref = { namespace: "jobs", name: names.aws };
  const labelled = (uid: string, origin: string = someSettings.hubId) => ({
    metadata: {
      ...ref,
      labels: {
        "tributary.dev/origin": origin,
        "tributary.dev/job-uid": uid,
        "tributary.dev/job-name": "notes",
        "tributary.dev/job-namespace": "research",
      },
    },
  });

  it.each<[string, object]>([
    ["somebody else's", { metadata: ref, data: { theirs: "yes" } }],
    ["another hub's", labelled("other-uid", "other-hub")],
    ["somebody else's with the labels of the job", { ...labelled("job-uid"), data: { theirs: "yes" } }],
    ["somebody else's with the labels of an earlier job", labelled("job-of-before")],
  ])("stays as it is when it is %s, and is told of by name and owner", async (_whose, object) => {
    const world = startWorld();
    world.aws.put(Kinds.ConfigMap, object as never);
    await settle(world);
    expect(world.aws.find(Kinds.ConfigMap, ref)).toMatchObject(object);
    const { seats } = { seats: world.hub.lookAtJob() };
    expect(seats?.record.placements).toMatchObject([{ participant: "aws" }, { participant: "gcp" }]);
    expect(world.gcp.holds()).toEqual(objectsOf(names.gcp));
    edit(world.hub, remove);
    await settle(world);
    expect(world.aws.find(Kinds.ConfigMap, ref)).toMatchObject(object);
    expect(world.hub.job).toBeUndefined();
  });

  const copied = (kind: typeof Kinds.Job, source: FakeMember, name = "copy") => {
    const { ownerReferences: _anchor, ...metadata } = source.find(kind, ref)!.metadata;
    return {
      ...(source.find(kind, ref) as Unstructured),
      metadata: { ...metadata, name, uid: `copied-${kind.plural}`, managedFields: [{ manager: "kubectl" }] },
    };
  };
  const podRef = { namespace: "jobs", name: `${names.aws}-0-x` };

  it("stays when somebody made it as a copy with all labels, and keeps no job from going", async () => {
    const world = startWorld();
    await settle(world);
    for (const kind of [Kinds.ConfigMap, Kinds.Job]) world.aws.put(kind, copied(kind, world.aws) as never);
    const theirs = objectsOf("copy");
    edit(world.hub, suspend(true));
    await settle(world);
    for (let look = 0; look < 4; look += 1) {
      expect(world.hub.lookAtJob()?.record.placements).toEqual([]);
      await world.hub.lookAtSeats();
    }
    edit(world.hub, remove);
    await settle(world);
    expect(world.aws.holds()).toEqual(theirs);
    expect(world.hub.job).toBeUndefined();
  });

  it.each<[string, Record<string, string>]>([
    ["in place of its text", { "worker.json": "x".repeat(1024 * 1024) }],
    ["beside its text", { junk: "x".repeat(1024 * 1024) }],
  ])("costs nothing more once it was mended when it is a megabyte in the anchor %s", async (_where, data) => {
    const world = startWorld();
    await settle(world);
    const before = world.aws.find(Kinds.ConfigMap, ref)!;
    const wanted = before.data as Record<string, string>;
    world.aws.put(Kinds.ConfigMap, { ...before, data: { ...wanted, ...data } } as never);
    await settle(world);
    expect(world.aws.find(Kinds.ConfigMap, ref)?.data).toMatchObject(wanted);
    const calls = world.aws.calls();
    await settle(world);
    expect(world.aws.calls()).toBe(calls);
  });

  it("is told by name when it is a pod that nothing ends", async () => {
    const world = startWorld();
    await settle(world);
    const pod = world.aws.find(Kinds.Pod, podRef)!;
    const { ownerReferences: _none, ...metadata } = { ...pod.metadata, name: "debug", uid: "debug-uid" };
    world.aws.put(Kinds.Pod, { ...pod, metadata });
    edit(world.hub, remove);
    await settle(world);
    expect(world.hub.lookAtJob()?.conditions[0]?.message).toContain("Pod jobs/debug has the job's labels and no Job");
  });

  it("goes when an earlier job of the name left it", async () => {
    const world = startWorld();
    const { metadata } = labelled("job-of-before");
    world.aws.put(Kinds.ConfigMap, { metadata: { ...metadata, managedFields: [{ manager: "tributary-operator" }] } });
    await settle(world);
    expect(world.aws.holds()).toEqual(objectsOf(names.aws));
  });

  it.each([
    { what: "as it was", completions: 1 },
    { what: "of another size", completions: 7 },
  ])(
    "stays when it is the batch Job that somebody made again under the seat's name, $what, and is told of while the place is wanted",
    async ({ completions }) => {
      const world = startWorld();
      await settle(world);
      const theirs: Unstructured = copied(Kinds.Job, world.aws, names.aws);
      world.aws.put(Kinds.Job, { ...theirs, spec: { ...(theirs.spec as object), completions } } as never);
      const uid = () => world.aws.find(Kinds.Job, ref)?.metadata.uid;
      await settle(world);
      const told = world.hub.lookAtJob()?.conditions.find(({ type }) => type === "ClustersReady");
      expect(told?.message).toContain(
        `Job jobs/${names.aws} in cluster aws-1 exists and is not ours (made with kubectl)`,
      );
      edit(world.hub, suspend(true));
      await settle(world);
      expect(world.hub.job?.status?.placements).toEqual([]);
      edit(world.hub, remove);
      await settle(world);
      expect(world.hub.job).toBeUndefined();
      expect(uid()).toBe("copied-jobs");
      expect(world.aws.holds()).toEqual([`jobs jobs/${names.aws}`, `pods jobs/${podRef.name}`]);
    },
  );

  it("is still ours when somebody labelled it since, and goes with the job", async () => {
    const world = startWorld();
    await settle(world);
    for (const kind of [Kinds.ConfigMap, Kinds.Job]) {
      const object = world.aws.find(kind, ref)!;
      const managedFields = [{ manager: "tributary-operator" }, { manager: "kubectl-label" }];
      world.aws.put(kind, { ...object, metadata: { ...object.metadata, managedFields } });
    }
    world.aws.put(Kinds.Job, { ...world.aws.find(Kinds.Job, ref)!, spec: { completions: 7 } } as never);
    await settle(world);
    expect(world.aws.find(Kinds.Job, ref)?.spec).toMatchObject({ completions: 1 });
    edit(world.hub, remove);
    await settle(world);
    expect(world.aws.holds()).toEqual([]);
  });

  it.each([
    ["a ReplicaSet", { apiVersion: "apps/v1", kind: "ReplicaSet" }],
    ["a StatefulSet", { apiVersion: "apps/v1", kind: "StatefulSet" }],
    ["a Job of another group", { apiVersion: "batch.volcano.sh/v1alpha1", kind: "Job" }],
  ])("keeps no job from going when it is a pod with the job's labels that %s made", async (_what, owner) => {
    const world = startWorld();
    await settle(world);
    const pod = world.aws.find(Kinds.Pod, podRef)!;
    const ownerReferences = [{ ...owner, name: "theirs", uid: "theirs", controller: true }];
    world.aws.put(Kinds.Pod, { ...pod, metadata: { ...pod.metadata, name: "theirs", uid: "pod", ownerReferences } });
    edit(world.hub, remove);
    await settle(world);
    expect(world.hub.job).toBeUndefined();
    expect(world.aws.holds()).toEqual(["pods jobs/theirs"]);
  });

  it("keeps no job from going when it is a pod of somebody's Job without labels", async () => {
    const world = startWorld();
    await settle(world);
    const { labels: _none, ...metadata } = copied(Kinds.Job, world.aws).metadata;
    world.aws.put(Kinds.Job, { ...copied(Kinds.Job, world.aws), metadata } as never);
    const pod = world.aws.find(Kinds.Pod, podRef)!;
    const [owner] = pod.metadata.ownerReferences!;
    const ownerReferences = [{ ...owner!, name: "copy", uid: "copied-jobs" }];
    world.aws.put(Kinds.Pod, { ...pod, metadata: { ...pod.metadata, name: "copy-0-x", uid: "pod", ownerReferences } });
    edit(world.hub, remove);
    await settle(world);
    expect(world.hub.job).toBeUndefined();
    expect(world.aws.holds()).toEqual(["jobs jobs/copy", "pods jobs/copy-0-x"]);
  });

  it("is told by name when it is a pod of a Job of ours from which somebody took owner and labels", async () => {
    const world = startWorld();
    await settle(world);
    const batchJob = world.aws.find(Kinds.Job, ref)!;
    const { labels: _labels, ownerReferences: _owner, ...metadata } = batchJob.metadata;
    world.aws.put(Kinds.Job, { ...batchJob, metadata });
    edit(world.hub, remove);
    await settle(world);
    expect(world.hub.lookAtJob()?.conditions[0]?.message).toContain(
      `Pod jobs/${podRef.name} has the job's labels, and its Job ${names.aws} has them no more`,
    );
  });
});

describe("what a member refuses", () => {
  const both: Job = {
    ...job,
    spec: { ...job.spec, participants: job.spec.participants.map((one) => ({ ...one, cluster: "aws-1" })) },
  };

  /** A member that refuses calls on objects of some names until it is mended. */
  function refusing(call: "create" | "delete", code: "FORBIDDEN" | "API_CONFLICT", ...refused: readonly string[]) {
    const aws = createFakeMember("aws-1");
    const names = new Set(refused);
    const send = aws.client[call].bind(aws.client) as (...given: unknown[]) => Promise<unknown>;
    const guarded = async (kind: object, object: KubeObject & ObjectRef, ...rest: unknown[]) => {
      if (names.has(object.metadata?.name ?? object.name)) throw new TributaryError(code, "a webhook refused it");
      return send(kind, object, ...rest);
    };
    Object.assign(aws.client, { [call]: guarded });
    return { aws, mend: () => names.clear(), refuse: (name: string) => names.add(name) };
  }

  /** Times until the next look in the member, of some looks in a row. */
  async function waits(hub: FakeHub, aws: FakeMember, looks: number): Promise<(number | undefined)[]> {
    const found: (number | undefined)[] = [];
    for (let look = 0; look < looks; look += 1) {
      hub.lookAtJob();
      found.push((await hub.lookAtSeats())["aws-1"]);
      aws.catchUp();
    }
    return found;
  }

  const evenLater = [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];

  it("is tried again ever more seldom, and anew from the start once it went through", async () => {
    const { aws, mend, refuse } = refusing("create", "FORBIDDEN", names.aws);
    const hub = createFakeHub(dropGcp(job), { "aws-1": aws });
    hub.lookAtJob();
    expect(await waits(hub, aws, 7)).toEqual(evenLater);
    mend();
    await waits(hub, aws, 3);
    expect(aws.holds()).toEqual(objectsOf(names.aws));
    refuse(names.aws);
    await aws.client.delete(Kinds.Job, { namespace: "jobs", name: names.aws });
    aws.catchUp();
    expect(await waits(hub, aws, 2)).toEqual([2_000, 4_000]);
  });

  it("is tried again ever more seldom also when it is to leave", async () => {
    const { aws } = refusing("delete", "FORBIDDEN", names.aws);
    const hub = createFakeHub(dropGcp(job), { "aws-1": aws });
    await waits(hub, aws, 4);
    edit(hub, suspend(true));
    expect(await waits(hub, aws, 7)).toEqual(evenLater);
  });

  it("is tried again after two seconds when it passes by itself", async () => {
    const { aws } = refusing("create", "API_CONFLICT", names.aws);
    const hub = createFakeHub(dropGcp(job), { "aws-1": aws });
    hub.lookAtJob();
    expect(await waits(hub, aws, 4)).toEqual([2_000, 2_000, 2_000, 2_000]);
  });

  it("slows no other place of the member: those are made, and leave, as soon as they would", async () => {
    const { aws, refuse } = refusing("create", "FORBIDDEN", names.aws);
    const hub = createFakeHub(both, { "aws-1": aws });
    hub.lookAtJob();
    expect(await waits(hub, aws, 3)).toEqual([2_000, 2_000, 4_000]);
    expect(aws.holds()).toEqual([`configmaps jobs/${names.aws}`, ...objectsOf(names.gcp)].sort());
    refuse(names.gcp);
    edit(hub, dropGcp);
    const looks = await waits(hub, aws, 4);
    expect(looks).toEqual([1_000, 1_000, 2_000, 4_000]);
    expect(aws.holds()).toEqual([`configmaps jobs/${names.aws}`]);
  });
});
