import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TensorClient } from "../wire/tensor-client.ts";
import { type SegmentUpload, sendSegment } from "./send-segment.ts";

const good = "what was promised";
const sha256 = createHash("sha256").update(good).digest("hex");

let directory: string;
let path: string;
/** What each try sent, and how often the file was made again. */
let sent: string[];
let rebuilds: number;
/** What the aggregator answers to a try with the promised bytes. */
let answer: () => void;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "send-segment-"));
  path = join(directory, "segment");
  [sent, rebuilds, answer] = [[], 0, () => {}];
  await writeFile(path, good);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** An aggregator that digests what it gets. */
async function take(file: string): Promise<void> {
  const text = await readFile(file, "utf8");
  sent.push(text);
  if (text !== good) throw new TributaryError("CHECKSUM_MISMATCH", "was answered with 422");
  answer();
}

function anUpload(change: Partial<SegmentUpload> = {}): SegmentUpload {
  const tensors = { send: (file: string) => take(file) } as unknown as TensorClient;
  return {
    ...{ segment: 3, path, to: { path: "/segment", sha256, sizeBytes: good.length }, tensors: () => tensors },
    rebuild: async () => {
      rebuilds += 1;
      await writeFile(path, good);
    },
    onSent: () => {},
    signal: new AbortController().signal,
    log: createLogger("send-segment.test", "silent"),
    ...change,
  };
}

const mismatch = () => {
  throw new TributaryError("CHECKSUM_MISMATCH", "was answered with 422");
};

describe("sendSegment", () => {
  it("makes a damaged file again after the first refusal, and sends that", async () => {
    await writeFile(path, "what was damaged!");
    await sendSegment(anUpload());
    expect([sent, rebuilds]).toEqual([["what was damaged!", good], 1]);
  });

  it("makes a file again of which bytes are missing, without a byte sent", async () => {
    await rm(path);
    const send = async (file: string) => {
      if (rebuilds === 0) throw new TributaryError("STORAGE_UNAVAILABLE", "it is gone");
      await take(file);
    };
    await sendSegment(anUpload({ tensors: () => ({ send }) as unknown as TensorClient }));
    expect([sent, rebuilds]).toEqual([[good], 1]);
  });

  it("names the volume of a file that is damaged again after it was made again", async () => {
    await writeFile(path, "damaged");
    const rebuild = async () => {
      rebuilds += 1;
      await writeFile(path, "damaged anew");
    };
    await expect(sendSegment(anUpload({ rebuild }))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining(`${path} is not what was written there: it has another digest`),
    });
    expect([sent, rebuilds]).toEqual([["damaged", "damaged anew"], 1]);
  });

  it.each([
    { thrown: new TributaryError("CHECKSUM_MISMATCH", "other bytes"), code: "STORAGE_UNAVAILABLE" },
    { thrown: new TributaryError("STORAGE_FULL", "no room to make it again"), code: "STORAGE_FULL" },
  ])("names the volume of a damaged file that cannot be made again: $thrown.code", async ({ thrown, code }) => {
    await writeFile(path, "damaged");
    const rebuild = () => Promise.reject(thrown);
    await expect(sendSegment(anUpload({ rebuild }))).rejects.toMatchObject({ code });
    expect(sent).toEqual(["damaged"]);
  });

  it("tries a whole file that arrives as another a few times, and says which segment it was", async () => {
    answer = mismatch;
    await expect(sendSegment(anUpload())).rejects.toMatchObject({
      code: "CHECKSUM_MISMATCH",
      message: "segment 3 of the report was refused: The bytes do not match their digest.",
    });
    expect([sent, rebuilds]).toEqual([[good, good, good, good], 0]);
  });

  it("does not count other answers", async () => {
    const answers = [
      "CHECKSUM_MISMATCH",
      "QUEUE_FULL",
      "CHECKSUM_MISMATCH",
      "ROUND_CONFLICT",
      "CHECKSUM_MISMATCH",
    ] as const;
    answer = () => {
      const code = answers[sent.length - 1];
      if (code !== undefined) throw new TributaryError(code, "not now");
    };
    await sendSegment(anUpload());
    expect([sent.length, rebuilds]).toEqual([6, 0]);
  });

  it("makes nothing again for an attempt that has ended", async () => {
    await writeFile(path, "damaged");
    const abort = new AbortController();
    const send = async () => {
      abort.abort(new Error("the attempt ended"));
      mismatch();
    };
    const tensors = () => ({ send }) as unknown as TensorClient;
    await expect(sendSegment(anUpload({ tensors, signal: abort.signal }))).rejects.toThrow("the attempt ended");
    expect(rebuilds).toBe(0);
  });

  it("gives up at once when the own volume fails and the file is whole", async () => {
    const send = () => Promise.reject(new TributaryError("STORAGE_UNAVAILABLE", "EIO"));
    const tensors = () => ({ send }) as unknown as TensorClient;
    await expect(sendSegment(anUpload({ tensors }))).rejects.toThrow("EIO");
    expect(rebuilds).toBe(0);
  });
});
