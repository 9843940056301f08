import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, createLogger, type Disk, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutputPublisher, PublishedModel } from "../output/output-publisher.ts";
import { OUTPUT_TIMEOUT_MS, OutputWait } from "./output-wait.ts";

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "output-wait-"));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

/** A clock on which nothing passes but what a test lets pass. */
function handClock() {
  const sleeps: { readonly delayMs: number; readonly pass: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push({ delayMs, pass: resolve });
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
  return { clock, sleeps };
}

/** A publisher on a volume that answers no call before it is back. */
async function publishOnHangingVolume() {
  const back = Promise.withResolvers<void>();
  const hanging: Disk = {
    ...nodeDisk,
    link: (from, to) => back.promise.then(() => nodeDisk.link(from, to)),
    copy: (from, to) => back.promise.then(() => nodeDisk.copy(from, to)),
  };
  const source = join(parent, "model");
  await writeFile(source, "a model");
  const output = join(parent, "output");
  const publisher = new OutputPublisher(output, createLogger("test", "silent"), () => {}, { disk: hanging });
  publisher.publish(PublishedModel.Last, { source, round: 1, sha256: "00", metricValue: undefined });
  return { publisher, back, modelPath: join(output, OutputPublisher.pathOf(PublishedModel.Last)) };
}

it("a volume that hangs costs one round a minute and is told of; when it answers, the model is there and nobody complains", async () => {
  const { publisher, back, modelPath } = await publishOnHangingVolume();
  const { clock, sleeps } = handClock();
  const told: (string | undefined)[] = [];
  const wait: OutputWait = new OutputWait(publisher, clock, () => told.push(wait.problem?.code));
  const first = wait.settled();
  expect(sleeps.map(({ delayMs }) => delayMs)).toEqual([OUTPUT_TIMEOUT_MS]);
  expect(wait.problem).toBeUndefined();
  sleeps[0]!.pass();
  await first;
  expect(wait.problem?.message).toContain("the output volume has not answered for more than 60 s");
  // No later round waits again.
  await wait.settled();
  expect(sleeps).toHaveLength(1);
  back.resolve();
  await publisher.settled();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(["STORAGE_UNAVAILABLE", undefined]);
  expect(await readFile(modelPath, "utf8")).toBe("a model");
});

it("a volume that answers is waited for, and says nothing", async () => {
  const { publisher, back, modelPath } = await publishOnHangingVolume();
  const { clock, sleeps } = handClock();
  const wait = new OutputWait(publisher, clock, () => expect.unreachable("nothing changes"));
  const settled = wait.settled();
  back.resolve();
  await settled;
  expect(await readFile(modelPath, "utf8")).toBe("a model");
  expect([wait.problem, sleeps.length]).toEqual([undefined, 1]);
});
