import { Annotation, Kinds, Label } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { seatName } from "../federated-training-job/render/names.ts";
import { aJob, someSettings } from "../federated-training-job/testing/a-snapshot.ts";
import type { SeatsSnapshot } from "./snapshot.ts";
import { createFakeHub, type FakeHub } from "./testing/fake-hub.ts";
import { createFakeMember, type FakeMember } from "./testing/fake-member.ts";

const job = aJob() as SeatsSnapshot["job"];
const ref = { namespace: "jobs", name: seatName(someSettings.hubId, job, "aws") };

interface World {
  readonly hub: FakeHub;
  readonly aws: FakeMember;
  readonly settle: () => Promise<void>;
}

/** A hub whose job is placed in its members. */
async function placed(): Promise<World> {
  const [aws, gcp] = [createFakeMember("aws-1"), createFakeMember("gcp-1")];
  const hub = createFakeHub(job, { "aws-1": aws, "gcp-1": gcp });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 6 && !hub.isDead(); turn += 1) {
      hub.lookAtJob();
      await hub.lookAtSeats();
      for (const member of [aws, gcp]) member.catchUp();
    }
  };
  await settle();
  return { hub, aws, settle };
}

const find = ({ aws }: World, kind: typeof Kinds.Job = Kinds.Job): Unstructured => aws.find(kind, ref)!;

/** Somebody changes the batch Job, and caches show it. */
function change(world: World, fields: { spec?: object; metadata?: object; status?: object }): string | undefined {
  const { spec, metadata, ...batchJob } = find(world);
  const changed = { spec: { ...(spec as object), ...fields.spec }, metadata: { ...metadata, ...fields.metadata } };
  world.aws.put(Kinds.Job, { ...batchJob, ...changed, ...(fields.status && { status: fields.status }) });
  world.aws.catchUp();
  return metadata.uid;
}

const uidOf = (world: World): string | undefined => find(world).metadata.uid;
const drift = { spec: { ttlSecondsAfterFinished: 3_600 }, metadata: { generation: 2 } };

describe("a batch Job that something in the member changes each time anew", () => {
  async function mendedOnce(): Promise<World> {
    const world = await placed();
    const first = change(world, drift);
    await world.settle();
    expect(uidOf(world)).not.toBe(first);
    const second = change(world, drift);
    await world.settle();
    expect(uidOf(world)).toBe(second);
    return world;
  }

  it("is not replaced again by an operator that starts, nor after its anchor was mended", async () => {
    const world = await mendedOnce();
    const uid = uidOf(world);
    world.hub.restart();
    await world.settle();
    expect(uidOf(world)).toBe(uid);
    const anchor = find(world, Kinds.ConfigMap);
    world.aws.put(Kinds.ConfigMap, { ...anchor, data: { "worker.json": "{}" } } as Unstructured);
    world.aws.catchUp();
    await world.settle();
    expect(find(world, Kinds.ConfigMap).data).toEqual(anchor.data);
    world.hub.restart();
    await world.settle();
    expect(uidOf(world)).toBe(uid);
  });

  it("is replaced all the same when the operator ended before it was removed", async () => {
    for (const when of ["before", "after"] as const)
      for (let call = 1; call <= 4; call += 1) {
        const world = await placed();
        const first = change(world, drift);
        world.aws.killAt(call, when);
        await world.settle();
        world.hub.restart();
        await world.settle();
        const second = change(world, drift);
        expect(second).not.toBe(first);
        await world.settle();
        expect(uidOf(world)).toBe(second);
      }
  });

  it("says that its workers failed for good", async () => {
    const world = await mendedOnce();
    const failed = { type: "Failed", status: "True", reason: "FailedIndexes" };
    const uid = change(world, { status: { failedIndexes: "0", conditions: [failed] } });
    await world.settle();
    expect(uidOf(world)).toBe(uid);
    const told = world.hub.lookAtJob()?.conditions.map(({ message }) => message) ?? [];
    expect(told.join("\n")).toMatch(/participant aws|aws .*failed/u);
  });
});

describe("what somebody changed of what a batch Job says", () => {
  it.each<[string, (before: Unstructured["metadata"]) => object]>([
    ["participant", ({ labels }) => ({ labels: { ...labels, [Label.Participant]: "other" } })],
    ["name of its job", ({ labels }) => ({ labels: { ...labels, [Label.JobName]: "other" } })],
    [
      "participant, which it took away",
      ({ labels: { [Label.Participant]: _gone, ...labels } = {} }) => ({ labels: { ...labels, team: "theirs" } }),
    ],
    ["terms", () => ({ annotations: { [Annotation.TrainerTerms]: "other", note: "theirs" } })],
    ["annotations, which it took away", () => ({ annotations: undefined })],
  ])("is put back while its workers run on: %s", async (_what, changed) => {
    const world = await placed();
    const { labels, annotations, uid } = find(world).metadata;
    const now = changed(find(world).metadata);
    change(world, { metadata: now });
    await world.settle();
    expect(find(world).metadata).toMatchObject({ uid, labels, annotations });
    const calls = world.aws.calls();
    await world.settle();
    expect(world.aws.calls()).toBe(calls);
    for (const theirs of ["labels", "annotations"] as const) {
      const mine = Object.entries((now as Record<typeof theirs, object | undefined>)[theirs] ?? {});
      expect(find(world).metadata[theirs]).toMatchObject(
        Object.fromEntries(mine.filter(([name]) => !name.startsWith("tributary.dev/"))),
      );
    }
  });
});
