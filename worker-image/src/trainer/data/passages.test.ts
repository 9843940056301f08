import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTributaryError, namingDisk, nodeDisk, realDisk } from "@tributary/kit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutDocuments } from "./cut-documents.ts";
import { batchOf, drawBatch, placePassages } from "./passages.ts";
import { type DataSetRequest, type Passages, readDataSet } from "./read-data-set.ts";
import { readText } from "./read-text.ts";

/** One token a character. */
const encode = (text: string) => [...text].map((character) => character.charCodeAt(0));
const textOf = (passage: Int32Array) => String.fromCharCode(...passage);
const allOf = async (passages: Passages) =>
  (await passages.read(Array.from({ length: passages.length }, (_, index) => index))).map(textOf);

/** Texts whose UTF-16 is UTF-8 byte by byte; the upper half of a letter of the last four is a tab or an end of line or page. */
const utf8LookingUtf16 = {
  Cyrillic: "Пациент поступил с жалобами на головную боль и слабость. ",
  Arabic: "وصل المريض وهو يشكو من صداع وضعف خلال الأيام الثلاثة الماضية. ",
  Thai: "ผู้ป่วยมาด้วยอาการปวดศีรษะและอ่อนแรงมาสามวัน ",
  Devanagari: "रोगी पिछले तीन दिनों से सिरदर्द और कमजोरी की शिकायत के साथ आया था। ",
  Gurmukhi: "ਮਰੀਜ਼ ਪਿਛਲੇ ਤਿੰਨ ਦਿਨਾਂ ਤੋਂ ਸਿਰ ਦਰਦ ਅਤੇ ਕਮਜ਼ੋਰੀ ਦੀ ਸ਼ਿਕਾਇਤ ਨਾਲ ਆਇਆ ਸੀ। ",
  Telugu: "రోగి గత మూడు రోజులుగా తలనొప్పి మరియు బలహీనతతో బాధపడుతూ వచ్చాడు. ",
  Malayalam: "കഴിഞ്ഞ മൂന്ന് ദിവസമായി തലവേദനയും ബലഹീനതയുമായി രോഗി എത്തി. ",
};

async function* from(...texts: string[]) {
  yield* texts;
}

async function documentsOf(...texts: string[]): Promise<string[]> {
  const documents = [""];
  for await (const { text, endsDocument } of cutDocuments(from(...texts))) {
    documents[documents.length - 1] += text;
    if (endsDocument) documents.push("");
  }
  return documents.slice(0, -1);
}

describe("cutDocuments", () => {
  it.each([
    { name: "lines with a form feed alone", text: "abcdefg\n\f\nhijk\r\n\f\r\nlm\n", want: ["abcdefg", "hijk", "lm"] },
    { name: "a byte order mark before each document", text: "\ufeffone\n\f\n\ufefftwo", want: ["one", "two"] },
    {
      name: "what the tokenizer takes for space away, and nothing else",
      text: "\u0085one\u0085\f\u2003two\ufeff\f\u0085\ufeff three\ufeff \u0085",
      want: ["one", "two\ufeff", "three\ufeff"],
    },
    { name: "breaks alone", text: "\f\n\f", want: ["", "", ""] },
  ])("parts $name", async ({ text, want }) => {
    expect(await documentsOf(text)).toEqual(want);
  });

  it("gives the same documents however the text arrives, in pieces that begin with the space before a word", async () => {
    const word = "wörd".repeat(5_000);
    const text = `  ${word}  ${word}\n${word} end \f next ${word} `;
    const whole = text.split("\f").map((document) => document.trim());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 8 }), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
        const parts = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
        expect(await documentsOf(...parts)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    const pieces: string[] = [];
    for await (const { text: piece } of cutDocuments(from(`${word} `.repeat(40)))) pieces.push(piece);
    for (const piece of pieces.slice(1)) expect(piece).toMatch(/^\s\S/u);
  });

  it("cuts no word at what the tokenizer does not take for space, and at what it does", async () => {
    const word = "x\ufeff".repeat(50_000);
    const lengths: number[] = [];
    for await (const { text } of cutDocuments(from(word, `${word}\u0085${word}`, " end"))) lengths.push(text.length);
    expect(lengths).toEqual([2 * word.length, 1 + word.length, " end".length]);
  });

  it("looks at a long run of space before a word once", async () => {
    const text = `x${" ".repeat(2 ** 21)}y`;
    const startedMs = performance.now();
    expect(await documentsOf(text)).toEqual([text]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it("refuses a word that no memory is planned for, and says what to do", async () => {
    async function* letters() {
      for (let count = 0; count < 6; count++) yield "x".repeat(2 ** 20);
    }
    const pieces = cutDocuments(letters());
    await expect(pieces.next()).rejects.toThrow(
      "a word of the data set has more than 4194304 characters; part it by spaces or lines",
    );
  });
});

describe("placePassages", () => {
  it("takes the first passage of every document first and spans none", () => {
    const documents = [
      { start: 0, count: 7 },
      { start: 7, count: 4 },
      { start: 11, count: 1 },
      { start: 12, count: 2 },
    ];
    expect(placePassages(documents, 2, { index: 0, count: 1 })).toEqual([0, 7, 12, 2, 9, 4]);
  });

  it("gives every passage to exactly one worker", () => {
    const shares = [0, 1, 2].map((index) => placePassages([{ start: 0, count: 10 }], 1, { index, count: 3 }));
    expect(shares).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7],
      [2, 5, 8],
    ]);
  });

  it("is done at once with one endless document among many short ones", () => {
    const documents = Array.from({ length: 100_000 }, (_, index) => ({ start: 10 * index, count: 10 }));
    const places = placePassages([...documents, { start: 1_000_000, count: 1_000_000 }], 10, { index: 0, count: 1 });
    expect(places).toHaveLength(200_000);
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

  const request = (changes: Partial<DataSetRequest> = {}): DataSetRequest => ({
    directory: folder,
    scratch: join(folder, "scratch"),
    passageTokens: 2,
    worker: { index: 0, count: 1 },
    vocabulary: 256,
    encode,
    ...changes,
  });
  const failure = (changes: Partial<DataSetRequest>) => readDataSet(request(changes)).catch((error: unknown) => error);

  it.each([256, 2 ** 20])("reads a worker's share of both files with a vocabulary of %d", async (vocabulary) => {
    writeFileSync(join(folder, "train.txt"), "aabbccdd");
    writeFileSync(join(folder, "validation.txt"), "xxyy");
    const { train, validation } = await readDataSet(request({ worker: { index: 1, count: 2 }, vocabulary }));
    expect(await allOf(train)).toEqual(["bb", "dd"]);
    expect(await allOf(validation)).toEqual(["yy"]);
    expect((await train.read([1, 0, 1])).map(textOf)).toEqual(["dd", "bb", "dd"]);
  });

  it("keeps a text of several buffers on disk, characters cut between reads and all", async () => {
    const line = `${"é".repeat(997)} x\n`;
    const text = line.repeat(1_500);
    for (const name of ["train.txt", "validation.txt"]) writeFileSync(join(folder, name), text);
    const { train } = await readDataSet(request({ passageTokens: 1_000 }));
    expect(train.length).toBe(Math.floor(text.trim().length / 1_000));
    expect(await allOf(train)).toEqual(Array.from({ length: train.length }, () => line));
  });

  it.each([
    {
      name: "UTF-16",
      bytes: Buffer.from("\ufeffab", "utf16le"),
      want: /train.txt is not UTF-8 at byte 0; it begins as UTF-16/,
    },
    {
      name: "UTF-16 without a mark",
      bytes: Buffer.from("the end of it", "utf16le"),
      want: /train.txt is no text: 13 of 26 bytes from byte 0 on are control characters, as in UTF-16 without a mark; convert/,
    },
    ...Object.entries(utf8LookingUtf16).map(([script, text]) => ({
      name: `${script} in UTF-16 without a mark`,
      bytes: Buffer.from(text.repeat(20), "utf16le"),
      want: /train.txt is no text: \d+ of \d+ bytes from byte 0 on are control characters, as in UTF-16 without a mark/,
    })),
    {
      name: "Cyrillic in UTF-16 without a mark, big end first",
      bytes: Buffer.from(utf8LookingUtf16.Cyrillic, "utf16le").swap16(),
      want: /train.txt is no text/,
    },
    {
      name: "UTF-16 behind the first mebibyte",
      bytes: Buffer.concat([Buffer.from("a b ".repeat(2 ** 18)), Buffer.from("the end of it", "utf16le")]),
      want: /13 of 26 bytes from byte 1048576 on are control/,
    },
    {
      name: "Latin-1",
      bytes: Buffer.from("caf\xe9 au lait", "latin1"),
      want: /train.txt is not UTF-8 at byte 3; convert/,
    },
    { name: "a cut last character", bytes: Buffer.from("café").subarray(0, 4), want: /not UTF-8 at byte 3/ },
    {
      name: "a byte behind the first mebibyte",
      bytes: Buffer.concat([Buffer.from("é ".repeat(700_000)), Buffer.of(0xff)]),
      want: /not UTF-8 at byte 2100000/,
    },
  ])("refuses what is no UTF-8, with file and offset: $name", async ({ bytes, want }) => {
    writeFileSync(join(folder, "train.txt"), bytes);
    const error = await failure({});
    expect(isTributaryError(error, "TRAINER_DATA_INVALID")).toBe(true);
    expect((error as Error).message).toMatch(want);
  });

  it.each([
    { name: "colours of a terminal", text: "\u001b[31merror\u001b[0m: no such word\n".repeat(100) },
    {
      name: "fields of a message between SOH",
      text: "8=FIX.4.2\u000152=20071123-05:30:00\u000155=MSFT\u0001".repeat(100),
    },
    { name: "columns of one digit between tabs", text: "1\t0\t1\t1\n".repeat(1_000) },
    { name: "such columns with a stray control character", text: `${"1\t0\t1\t1\n".repeat(1_000)}\u0001`.repeat(20) },
    { name: "every line ended by CR LF", text: "a\r\n".repeat(1_000) },
    { name: "a short last piece, ended as DOS did", text: `${"a b ".repeat(2 ** 18)}x\u001a` },
    { name: "eight NULs and no more", text: "\0".repeat(8) },
    { name: "market data in FIX", text: "279=0\u0001269=0\u000155=EUR/USD\u0001".repeat(4_000) },
    { name: "rows as Hive writes them", text: "17\u00013\u0001yes\u000142\u0001DE\n".repeat(4_000) },
    { name: "overstruck headings", text: "N\bNA\bAM\bME\bE of the command, in two words or three\n".repeat(4_000) },
    { name: "records parted by US and RS", text: "a1\u001fb2\u001fc3\u001fd4\u001e".repeat(4_000) },
  ])("reads honest text with control characters: $name", async ({ text }) => {
    writeFileSync(join(folder, "train.txt"), text);
    let read = "";
    for await (const part of readText(join(folder, "train.txt"), realDisk)) read += part;
    expect(read === text).toBe(true);
  });

  it("takes no text whole: one that no string can hold is refused for its first word", async () => {
    writeFileSync(join(folder, "train.txt"), "a".repeat(20_000_000));
    truncateSync(join(folder, "train.txt"), 600_000_000);
    const error = await failure({});
    expect(isTributaryError(error, "TRAINER_DATA_INVALID")).toBe(true);
    expect((error as Error).message).toBe(
      "a word of the data set has more than 4194304 characters; part it by spaces or lines",
    );
  });

  it("gives back every text whatever its characters, however they lie over the reads", async () => {
    const text = "aé€😀".repeat(300_000);
    writeFileSync(join(folder, "train.txt"), text);
    let read = "";
    for await (const part of readText(join(folder, "train.txt"), realDisk)) read += part;
    expect(read === text).toBe(true);
  });

  it.each([
    {
      errno: "EACCES",
      want: /the volume of .*train.txt denies access: .* may not be read or written by user .*EACCES/,
    },
    { errno: "ENOTCONN", want: /the volume of .*train.txt does not work: .*ENOTCONN/ },
  ])("tells of a volume whose file is there and cannot be opened, not of a file to mount: $errno", async (given) => {
    writeFileSync(join(folder, "train.txt"), "aabb");
    const open = async () => {
      throw Object.assign(new Error(`${given.errno}: open`), { code: given.errno });
    };
    const failed = await readDataSet(request(), namingDisk({ ...nodeDisk, open })).catch((error: unknown) => error);
    expect(isTributaryError(failed, "STORAGE_UNAVAILABLE")).toBe(true);
    expect((failed as Error).message).toMatch(given.want);
  });

  it("passes on what else keeps a file that is there from being opened", async () => {
    const open = async () => {
      throw Object.assign(new Error("EMFILE: open"), { code: "EMFILE" });
    };
    await expect(readDataSet(request(), { ...nodeDisk, open })).rejects.toThrow("EMFILE");
  });

  it.each([
    { name: "no data set", directory: () => "", want: /no file train.txt; mount one/ },
    {
      name: "a file where the directory should be",
      directory: () => {
        writeFileSync(join(folder, "file"), "");
        return join(folder, "file");
      },
      want: /no file .*train.txt; mount one/,
    },
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
    const error = await failure({ directory: directory(), worker: { index: 1, count: 2 } });
    expect(isTributaryError(error, "TRAINER_DATA_MISSING")).toBe(true);
    expect((error as Error).message).toMatch(want);
  });
});
