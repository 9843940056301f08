import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, type Disk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { OutputPublisher, PublishedModel } from "./output-publisher.ts";

let folder: string;
beforeAll(async () => {
  folder = await trialFolder("output-faults");
  for (const round of [1, 2]) await writeFile(join(folder, `source-${round}`), modelOf(round));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const modelOf = (round: number) => Buffer.alloc(20_000, `model ${round}`);
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** The disk of an output volume that is another file system than the data: nothing can be linked into it. */
const withoutLinks = (disk: Disk): Disk => ({ ...disk, link: async () => Promise.reject(new Error("EXDEV")) });

/** Publishes two rounds and makes them durable; throws what the publisher says is wrong. */
async function publishTwo(directory: string, disk: Disk): Promise<void> {
  const options = { disk, backoff: { initialMs: 0, maxMs: 0 } };
  const publisher = new OutputPublisher(join(directory, "out"), createLogger("test", "silent"), () => {}, options);
  for (const round of [1, 2]) {
    const source = join(folder, `source-${round}`);
    const publication = { source, round, sha256: digest(modelOf(round)), metricValue: undefined };
    for (const model of Object.values(PublishedModel)) publisher.publish(model, publication);
    await publisher.settled();
  }
  publisher.sync();
  await publisher.settled();
  if (publisher.problem !== undefined) throw publisher.problem;
  if (!publisher.isDurable) throw new Error("not durable");
}

async function expectPublished(directory: string): Promise<void> {
  for (const model of Object.values(PublishedModel)) {
    expect(digest(await readFile(join(directory, "out", model, "model.safetensors")))).toBe(digest(modelOf(2)));
    const note = JSON.parse(await readFile(join(directory, "out", model, "round.json"), "utf8"));
    expect(note).toMatchObject({ round: 2, sha256: digest(modelOf(2)) });
  }
}

const asItIs = (disk: Disk) => disk;

describe("the output volume", () => {
  it.each([
    ...Object.values(Fault).map((fault) => ({ fault, name: "copied", via: withoutLinks })),
    ...[Fault.PowerCut, Fault.LostSync].map((fault) => ({ fault, name: "linked", via: asItIs })),
  ])("$fault at every call in turn: it holds whole models ($name) when it says so, and catches up", async (given) => {
    const { fault, name, via } = given;
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, fault, name, String(trial++));
      let isDone = false;
      return {
        operate: async (disk) => {
          await publishTwo(directory, via(disk));
          isDone = true;
        },
        check: async () => {
          if (isDone) await expectPublished(directory);
        },
        done: () => expectPublished(directory),
      };
    });
    expect(calls).toBeGreaterThan(20);
  });
});
