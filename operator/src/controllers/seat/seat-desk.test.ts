import { expect, it } from "vitest";
import { createFakeClock, settle } from "../../runtime/testing/fake-clock.ts";
import { aJob, aPlacement, withPlacements } from "../federated-training-job/testing/a-snapshot.ts";
import { createSeatDesk, type SeatDeskOptions } from "./seat-desk.ts";
import { parseSeatKey } from "./seat-key.ts";

type Job = ReturnType<SeatDeskOptions["jobs"]["list"]>[number];

const jobIn = (cluster: string, number: number): Job => {
  const job = aJob({}, { name: `notes-${number}`, uid: `${cluster}-${number}` });
  return withPlacements(job, aPlacement({ cluster, jobUid: `${cluster}-${number}` })) as Job;
};

it("gives out two looks at a member and no third before one is done, however many wait, and those at others meanwhile", async () => {
  const all = [...Array.from({ length: 40 }, (_none, number) => jobIn("aws", number)), jobIn("gcp", 40)];
  const jobs = { list: () => all, get: () => undefined };
  const { queue, enqueueCluster } = createSeatDesk({ clock: createFakeClock(), jobs, onReport: () => {} });
  const { signal } = new AbortController();
  const taken: string[] = [];
  const take = async (): Promise<void> => {
    taken.push((await queue.take(signal)) ?? "");
  };
  const clusters = (): string[] => taken.map((key) => parseSeatKey(key).cluster);
  enqueueCluster("aws");
  for (let looks = 0; looks < 4; looks += 1) void take();
  await settle();
  expect(clusters()).toEqual(["aws", "aws"]);
  enqueueCluster("gcp");
  await settle();
  expect(clusters()).toEqual(["aws", "aws", "gcp"]);
  queue.done(taken[0] as string);
  await settle();
  expect(clusters()).toEqual(["aws", "aws", "gcp", "aws"]);
  expect(queue.depth).toBe(37);
});

it("looks at the seats of the job whose uid an object has, also when somebody changed which job it names", async () => {
  const job = jobIn("aws", 1);
  const jobs = { list: () => [job], get: (key: string) => (key === "research/notes-1" ? job : undefined) };
  const clock = createFakeClock();
  const { queue, noteChange } = createSeatDesk({ clock, jobs, onReport: () => {} });
  const { signal } = new AbortController();
  const lookedAt = async (labels: Record<string, string>): Promise<string[]> => {
    const named = { "tributary.dev/job-namespace": "research", ...labels };
    noteChange({ cluster: "aws", kind: "jobs", object: { metadata: { name: "x", namespace: "jobs", labels: named } } });
    await clock.advance(200);
    const keys = await Promise.all(Array.from({ length: queue.depth }, () => queue.take(signal)));
    for (const key of keys) queue.done(key!);
    return keys.map((key) => key!);
  };
  const uid = { "tributary.dev/job-uid": "aws-1" };
  const own = "aws/research/notes-1";
  expect(await lookedAt({ ...uid, "tributary.dev/job-name": "notes-1" })).toEqual([own]);
  expect(await lookedAt(uid)).toEqual([own]);
  expect((await lookedAt({ ...uid, "tributary.dev/job-name": "other" })).toSorted()).toEqual([
    own,
    "aws/research/other",
  ]);
});
