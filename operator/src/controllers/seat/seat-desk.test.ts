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
