import { createHash, randomBytes } from "node:crypto";
import { open, readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { accumulatePacked, type RoundSetup } from "@tributary/federated";
import { createLogger, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trialFolder } from "../../../shared/files/testing/faulty-disk.ts";
import { SegmentStaging } from "../../wire/segment-staging.ts";
import { AttemptSums, PartyFilesBroken } from "./attempt-sums.ts";

const VALUES = 8192;
const RING_BITS = 20;
const SIZE = (VALUES / 8) * RING_BITS;
const inputs = new Map([1, 2, 3].map((party) => [party, randomBytes(SIZE)]));
const setup = {
  segments: [{ id: 0, valueCount: VALUES, valueBits: 16, ringBits: RING_BITS }],
} as unknown as RoundSetup;
let directory: string;
beforeEach(async () => {
  directory = await trialFolder("attempt-sums");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The staging and the sums of a process. */
async function aProcess() {
  const staging = new SegmentStaging(join(directory, "segments"));
  const sums = new AttemptSums({
    directory,
    keepRecord: async () => {},
    disk: nodeDisk,
    log: createLogger("test", "silent"),
    staging,
  });
  await sums.prepare();
  return { staging, sums };
}

/** Sends what is missing of a party's segment, as a sidecar does, at most up to a byte. */
async function send(staging: SegmentStaging, party: number, endBytes = SIZE): Promise<void> {
  const resource = { kind: "segment", jobUid: "j", round: 0, attempt: 1, segment: 0, party } as const;
  const bytes = inputs.get(party)!;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { storedBytes: startBytes, isComplete } = await staging.claim(resource, sha256, SIZE);
  if (isComplete) return;
  const body = Readable.from([bytes.subarray(startBytes, endBytes)]);
  await staging.receive(resource, { startBytes, endBytes, totalBytes: SIZE }, body);
}

/** What a disk does that loses a block: the size stays. */
async function loseBlock(path: string): Promise<void> {
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(4096), 0, 4096, 4096);
  await file.close();
}

function sumOf(...parties: readonly number[]): Buffer {
  const sum = new Uint8Array(SIZE);
  for (const party of parties) accumulatePacked(sum, inputs.get(party)!, RING_BITS);
  return createHash("sha256").update(sum).digest();
}

const damages = [
  { name: "a block that was lost", damage: loseBlock, says: "holds other bytes than were staged" },
  {
    name: "bytes behind its end",
    damage: (path: string) => truncate(path, SIZE + 100),
    says: `is ${SIZE + 100} bytes`,
  },
  { name: "an end that is missing", damage: (path: string) => truncate(path, SIZE - 1), says: `is ${SIZE - 1} bytes` },
  { name: "no name any more", damage: (path: string) => rm(path), says: "is no bytes" },
];

describe("a staged file that the disk damages after it was whole", () => {
  it.each(damages)("($name) is in no sum: its party is named, and the others' sum is right", async (given) => {
    const { staging, sums } = await aProcess();
    for (const party of [1, 2, 3]) await send(staging, party);
    expect(Buffer.from(await sums.add(setup, 0, [1, 2, 3]))).toEqual(sumOf(1, 2, 3));
    await given.damage(staging.pathOf(0, 2));
    const failure = await sums.add(setup, 0, [1, 2, 3]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartyFilesBroken);
    expect((failure as PartyFilesBroken).files).toMatchObject([
      { party: 2, message: expect.stringContaining(`segment 0 of party 2 ${given.says}`) },
    ]);
    expect(Buffer.from(await sums.add(setup, 0, [1, 3]))).toEqual(sumOf(1, 3));
  });

  it("is told of together with all others", async () => {
    const { staging, sums } = await aProcess();
    for (const party of [1, 2, 3]) await send(staging, party);
    await loseBlock(staging.pathOf(0, 1));
    await loseBlock(staging.pathOf(0, 3));
    const failure = await sums.add(setup, 0, [1, 2, 3]).catch((error: unknown) => error);
    expect((failure as PartyFilesBroken).files.map(({ party }) => party)).toEqual([1, 3]);
  });

  it("is noticed by a process that took it up whole or half sent, and sent again where it was damaged before", async () => {
    const { staging: former } = await aProcess();
    await send(former, 1);
    await send(former, 2, SIZE / 2);
    await send(former, 3);
    await loseBlock(former.pathOf(0, 3));
    const { staging, sums } = await aProcess();
    for (const party of [1, 2, 3]) await send(staging, party).catch(() => send(staging, party));
    expect(Buffer.from(await sums.add(setup, 0, [1, 2, 3]))).toEqual(sumOf(1, 2, 3));
    await loseBlock(staging.pathOf(0, 1));
    await loseBlock(staging.pathOf(0, 2));
    const failure = await sums.add(setup, 0, [1, 2, 3]).catch((error: unknown) => error);
    expect((failure as PartyFilesBroken).files.map(({ party }) => party)).toEqual([1, 2]);
  });

  it("that was discarded meanwhile counts as broken, and no sum of it is named", async () => {
    const { staging, sums } = await aProcess();
    for (const party of [1, 2]) await send(staging, party);
    await staging.discard(0, 2);
    await expect(sums.add(setup, 0, [1, 2])).rejects.toBeInstanceOf(PartyFilesBroken);
    expect(await readdir(join(directory, "sums"))).toEqual([]);
  });
});
