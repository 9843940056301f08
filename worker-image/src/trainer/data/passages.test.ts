import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchOf, cutPassages, drawBatch, passagesOfWorker } from "./passages.ts";
import { readDataSet } from "./read-data-set.ts";

/** One token a character. */
const encode = (text: string) => [...text].map((character) => character.charCodeAt(0));
const textOf = (passage: Int32Array) => String.fromCharCode(...passage);

describe("cutPassages", () => {
  it("takes the first passage of every document first and spans none", () => {
    const passages = cutPassages("abcdefg\n\f\nhijk\r\n\f\r\nlm\n", 2, encode);
    expect(passages.map(textOf)).toEqual(["ab", "hi", "lm", "cd", "jk", "ef"]);
  });

  it.each([
    { name: "a text that is too short", text: "a", length: 2 },
    { name: "an empty text", text: "", length: 2 },
    { name: "breaks alone", text: "\f\n\f", length: 1 },
  ])("gives nothing for $name", ({ text, length }) => {
    expect(cutPassages(text, length, encode)).toEqual([]);
  });
});

describe("passagesOfWorker", () => {
  it("gives every passage to exactly one worker", () => {
    const passages = Array.from({ length: 10 }, (_, index) => Int32Array.of(index));
    const shares = [0, 1, 2].map((index) => passagesOfWorker(passages, { index, count: 3 }).map(([id]) => id));
    expect(shares).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7],
      [2, 5, 8],
    ]);
  });
});

describe("drawBatch", () => {
  const key = { seed: 1n, participant: "aws", worker: 0, round: 2, step: 3 };

  it("draws the same indices again, and others for another seed, participant, worker, round or step", () => {
    const first = drawBatch(key, 1000, 8);
    expect(drawBatch(key, 1000, 8)).toEqual(first);
    for (const change of [{ seed: 2n }, { participant: "gcp" }, { worker: 1 }, { round: 3 }, { step: 4 }]) {
      expect(drawBatch({ ...key, ...change }, 1000, 8)).not.toEqual(first);
    }
  });

  it("stays in range and reaches every passage", () => {
    const drawn = drawBatch(key, 5, 200);
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it("draws what check.py draws", () => {
    expect(drawBatch(key, 1000, 4)).toEqual([191, 874, 278, 381]);
  });
});

describe("batchOf", () => {
  it("puts passages one after another", () => {
    const batch = batchOf([Int32Array.of(1, 2), Int32Array.of(3, 4)]);
    expect(batch).toEqual({ ids: Int32Array.of(1, 2, 3, 4), count: 2, length: 2 });
  });
});

describe("readDataSet", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "data-set-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("reads a worker's share of both files", async () => {
    writeFileSync(join(folder, "train.txt"), "aabbccdd");
    writeFileSync(join(folder, "validation.txt"), "xxyy");
    const { train, validation } = await readDataSet(folder, 2, { index: 1, count: 2 }, encode);
    expect(train.map(textOf)).toEqual(["bb", "dd"]);
    expect(validation.map(textOf)).toEqual(["yy"]);
  });

  it.each([
    { name: "no data set", directory: () => "", want: /no file train.txt; mount one/ },
    { name: "a directory without the files", directory: () => folder, want: /no file .*train.txt/ },
    {
      name: "a share without a passage",
      directory: () => {
        writeFileSync(join(folder, "train.txt"), "aab");
        return folder;
      },
      want: /train.txt gives worker 1 of 2 no passage of 2 tokens/,
    },
  ])("names what is missing: $name", async ({ directory, want }) => {
    const error: unknown = await readDataSet(directory(), 2, { index: 1, count: 2 }, encode).catch((caught) => caught);
    expect(isTributaryError(error, "TRAINER_DATA_MISSING")).toBe(true);
    expect((error as Error).message).toMatch(want);
  });
});
