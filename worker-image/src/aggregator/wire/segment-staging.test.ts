import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Disk, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SegmentStaging } from "./segment-staging.ts";

const bytes = randomBytes(100_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const resource = { kind: "segment", jobUid: "j", round: 0, attempt: 1, segment: 2, party: 3 } as const;
const total = bytes.length;
let directory: string;
let staging: SegmentStaging;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "staging-"));
  staging = new SegmentStaging(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function span(startBytes: number, endBytes = total) {
  return { startBytes, endBytes, totalBytes: total };
}

function body(start: number, end: number, failure?: Error): Readable {
  return Readable.from(
    (async function* () {
      yield bytes.subarray(start, end);
      if (failure) throw failure;
    })(),
  );
}

describe("SegmentStaging", () => {
  it("takes a segment whole", async () => {
    await staging.claim(resource, sha256, total);
    expect(await staging.receive(resource, span(0), body(0, total))).toEqual({ storedBytes: total, isComplete: true });
    expect((await readFile(staging.pathOf(2, 3))).equals(bytes)).toBe(true);
  });

  it("makes its directory again when somebody has removed it beneath a segment of which nothing is there", async () => {
    const inside = new SegmentStaging(join(directory, "attempt"));
    await inside.claim(resource, sha256, total);
    await rm(join(directory, "attempt"), { recursive: true });
    expect(await inside.receive(resource, span(0), body(0, total))).toMatchObject({ isComplete: true });
  });

  it("judges what a former process left once: a second claim at the same time cuts nothing", async () => {
    await writeFile(staging.pathOf(2, 3), bytes);
    const other = "0".repeat(64);
    const [first, second] = await Promise.allSettled([
      staging.claim(resource, sha256, total),
      staging.claim(resource, other, total),
    ]);
    expect(first).toMatchObject({ value: { storedBytes: total, isComplete: true } });
    expect(second).toMatchObject({ reason: { code: "MESSAGE_CONFLICT" } });
    expect((await readFile(staging.pathOf(2, 3))).equals(bytes)).toBe(true);
    expect([staging.isStaged(2, 3, sha256), staging.isStaged(2, 3, other)]).toEqual([true, false]);
    await staging.discard(2, 3);
    expect(staging.isStaged(2, 3, sha256)).toBe(false);
  });

  it("tells whoever sends a segment that was discarded since it was claimed to begin anew", async () => {
    await staging.claim(resource, sha256, total);
    await staging.discard(2, 3);
    await expect(staging.receive(resource, span(0), body(0, total))).rejects.toMatchObject({ code: "ROUND_CONFLICT" });
    await staging.claim(resource, sha256, total);
    expect(await staging.receive(resource, span(0), body(0, total))).toMatchObject({ isComplete: true });
  });

  it("finds nothing of a segment that is being discarded, however slow the disk is", async () => {
    const removal = Promise.withResolvers<void>();
    const disk: Disk = { ...nodeDisk, remove: (path) => removal.promise.then(() => nodeDisk.remove(path)) };
    staging = new SegmentStaging(directory, { disk });
    await writeFile(staging.pathOf(2, 3), bytes);
    expect(await staging.claim(resource, sha256, total)).toMatchObject({ isComplete: true });
    const discarded = staging.discard(2, 3);
    await Promise.resolve();
    const claimed = staging.claim(resource, sha256, total);
    setImmediate(() => removal.resolve());
    await discarded;
    expect(await claimed).toEqual({ storedBytes: 0, isComplete: false });
    expect(staging.isStaged(2, 3, sha256)).toBe(false);
  });

  it("makes no name any more once it is closed, also not for a request that came before", async () => {
    const folder = Promise.withResolvers<void>();
    const disk: Disk = { ...nodeDisk, mkdir: (path) => folder.promise.then(() => nodeDisk.mkdir(path)) };
    staging = new SegmentStaging(join(directory, "segments"), { disk });
    const claimed = staging.claim(resource, sha256, total);
    let isClosed = false;
    const closed = staging.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    folder.resolve();
    await closed;
    expect(await claimed).toEqual({ storedBytes: 0, isComplete: false });
    await expect(staging.receive(resource, span(0), body(0, total))).rejects.toMatchObject({ code: "ROUND_NOT_OPEN" });
    const other = staging.claim({ ...resource, party: 4 }, sha256, total);
    await expect(other).rejects.toMatchObject({ code: "ROUND_NOT_OPEN" });
    expect(await readdir(join(directory, "segments"))).toEqual([]);
  });

  it("keeps what came before the connection broke and goes on from there", async () => {
    await staging.claim(resource, sha256, total);
    const broken = staging.receive(resource, span(0), body(0, 30_000, new Error("reset")));
    await expect(broken).rejects.toThrow("reset");
    expect(staging.status(resource)).toEqual({ storedBytes: 30_000, isComplete: false });
    const rest = await staging.receive(resource, span(30_000), body(30_000, total));
    expect(rest.isComplete).toBe(true);
  });

  it("goes on after a restart of the aggregator", async () => {
    await staging.claim(resource, sha256, total);
    await staging.receive(resource, span(0, 50_000), body(0, 50_000));
    const restarted = new SegmentStaging(directory);
    expect(await restarted.claim(resource, sha256, total)).toEqual({ storedBytes: 50_000, isComplete: false });
    expect((await restarted.receive(resource, span(50_000), body(50_000, total))).isComplete).toBe(true);
    const again = new SegmentStaging(directory);
    expect(await again.claim(resource, sha256, total)).toEqual({ storedBytes: total, isComplete: true });
  });

  it("refuses another digest for a segment that was named", async () => {
    await staging.claim(resource, sha256, total);
    await expect(staging.claim(resource, "0".repeat(64), total)).rejects.toMatchObject({ code: "MESSAGE_CONFLICT" });
  });

  it("refuses a span with a hole before it", async () => {
    await staging.claim(resource, sha256, total);
    const early = staging.receive(resource, span(10), body(10, total));
    await expect(early).rejects.toMatchObject({ code: "ROUND_CONFLICT" });
  });

  it("keeps nothing of bytes that do not fit their digest, and takes the right ones then", async () => {
    await staging.claim(resource, sha256, total);
    const wrong = Readable.from([Buffer.alloc(total)]);
    await expect(staging.receive(resource, span(0), wrong)).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
    expect((await staging.receive(resource, span(0), body(0, total))).isComplete).toBe(true);
  });

  it("refuses more bytes than the span says", async () => {
    await staging.claim(resource, sha256, total);
    const long = staging.receive(resource, span(0, 10), body(0, total));
    await expect(long).rejects.toMatchObject({ code: "MESSAGE_INVALID" });
  });
});
