import { createHash, randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Disk, nodeDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, FaultyDisk, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import type { SegmentResource } from "../../shared/tensor-wire/resources.ts";
import { SegmentStaging } from "./segment-staging.ts";

const bytes = randomBytes(2 ** 21 + 100);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const resource: SegmentResource = { kind: "segment", jobUid: "j", round: 0, attempt: 1, segment: 0, party: 1 };
let folder: string;
let trials = 0;
beforeAll(async () => {
  folder = await trialFolder("staging-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Asks what is there and sends the rest, as a sidecar does. */
async function send(staging: SegmentStaging): Promise<void> {
  const { storedBytes, isComplete } = await staging.claim(resource, sha256, bytes.length);
  if (isComplete) return;
  const span = { startBytes: storedBytes, endBytes: bytes.length, totalBytes: bytes.length };
  const pieces = [bytes.subarray(storedBytes, storedBytes + 2 ** 20), bytes.subarray(storedBytes + 2 ** 20)];
  const staged = await staging.receive(resource, span, Readable.from(pieces.filter(({ length }) => length > 0)));
  if (!staged.isComplete) throw new Error("not complete");
}

async function expectStaged(directory: string, disk: Disk): Promise<void> {
  const staging = new SegmentStaging(directory, { disk });
  expect(await staging.claim(resource, sha256, bytes.length)).toEqual({ storedBytes: bytes.length, isComplete: true });
  expect((await readFile(staging.pathOf(0, 1))).equals(bytes)).toBe(true);
}

describe.each(Object.values(Fault))("a segment on its way in, %s at every call in turn", (fault) => {
  it("counts as staged when every byte is there, and is sent to its end afterwards", async () => {
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, String(trials++));
      return {
        operate: (disk) => send(new SegmentStaging(directory, { disk })),
        check: async (disk) => {
          const staging = new SegmentStaging(directory, { disk });
          const { isComplete } = await staging.claim(resource, sha256, bytes.length);
          if (isComplete) await expectStaged(directory, disk);
        },
        done: (disk) => expectStaged(directory, disk),
      };
    });
    expect(calls).toBeGreaterThan(4);
  });
});

it("the same process goes on where the disk was full, at whichever call", async () => {
  for (let at = 0; ; at++) {
    const directory = join(folder, String(trials++));
    const faulty = new FaultyDisk(Fault.Full, at);
    const staging = new SegmentStaging(directory, { disk: faulty.disk });
    await send(staging).catch((error: unknown) => expect(error).toMatchObject({ code: "STORAGE_FULL" }));
    if (!faulty.hasStruck) break;
    faulty.heal();
    await send(staging);
    await expectStaged(directory, nodeDisk);
  }
});

it("never says that every byte is there while their digest is not checked", async () => {
  const directory = join(folder, String(trials++));
  const staging = new SegmentStaging(directory);
  await staging.claim(resource, sha256, bytes.length);
  const checked = Promise.withResolvers<void>();
  const span = { startBytes: 0, endBytes: bytes.length, totalBytes: bytes.length };
  const put = staging.receive(resource, span, Readable.from([bytes])).then(() => checked.resolve());
  for (let isChecked = false; !isChecked; ) {
    const { storedBytes, isComplete } = await staging.claim(resource, sha256, bytes.length);
    expect(isComplete).toBe(storedBytes === bytes.length);
    isChecked = await Promise.race([
      checked.promise.then(() => true),
      new Promise<false>((resolve) => setImmediate(() => resolve(false))),
    ]);
  }
  await put;
});

it("checks again what it could not read before", async () => {
  const directory = join(folder, String(trials++));
  const whole = new SegmentStaging(directory);
  await send(whole);
  // The file is read where a former process staged its beginning: then no digest of the bytes so far is in memory.
  await nodeDisk.truncate(whole.pathOf(0, 1), 1000);
  let isBroken = true;
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, flags) => {
      if (flags === "r" && isBroken) throw Object.assign(new Error("injected"), { code: "EIO" });
      return nodeDisk.open(path, flags);
    },
  };
  const staging = new SegmentStaging(directory, { disk });
  await expect(send(staging)).rejects.toThrow("injected");
  isBroken = false;
  expect(await staging.claim(resource, sha256, bytes.length)).toEqual({ storedBytes: bytes.length, isComplete: true });
});

it("takes nothing more for a segment that was discarded while it came", async () => {
  const directory = join(folder, String(trials++));
  const staging = new SegmentStaging(directory);
  await staging.claim(resource, sha256, bytes.length);
  const gate = Promise.withResolvers<void>();
  async function* body() {
    yield bytes.subarray(0, 2 ** 20);
    await gate.promise;
    yield bytes.subarray(2 ** 20);
  }
  const span = { startBytes: 0, endBytes: bytes.length, totalBytes: bytes.length };
  const put = staging.receive(resource, span, Readable.from(body()));
  put.catch(() => {});
  await staging.discard(0, 1);
  gate.resolve();
  await expect(put).rejects.toMatchObject({ code: "ROUND_CONFLICT" });
  await send(staging);
  await expectStaged(directory, nodeDisk);
});

it.each<[string, (staging: SegmentStaging) => Promise<void>, string]>([
  ["is discarded", (staging) => staging.discard(0, 1), "ROUND_CONFLICT"],
  ["is of an attempt that closes", (staging) => staging.close(), "ROUND_NOT_OPEN"],
])("reads no more of a body whose segment %s while it comes", async (_what, end, code) => {
  const staging = new SegmentStaging(join(folder, String(trials++)));
  await staging.claim(resource, sha256, bytes.length);
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let sent = 0;
  async function* body() {
    for (; sent < 64; sent++) {
      if (sent === 2) {
        begun.resolve();
        await gate.promise;
      }
      yield bytes.subarray(sent * 2 ** 14, (sent + 1) * 2 ** 14);
    }
  }
  const span = { startBytes: 0, endBytes: bytes.length, totalBytes: bytes.length };
  const put = staging.receive(resource, span, Readable.from(body()));
  put.catch(() => {});
  await begun.promise;
  await end(staging);
  gate.resolve();
  await expect(put).rejects.toMatchObject({ code });
  expect(sent).toBeLessThan(8);
});
