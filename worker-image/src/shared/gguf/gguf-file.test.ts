import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTributaryError, nameVolumes } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dequantise, formatOf } from "./dequantise.ts";
import { GgufFile } from "./gguf-file.ts";
import { parseGgufHeader } from "./header.ts";
import { numberOf, textOf, textsOf } from "./metadata.ts";
import { ggufBytes } from "./write-gguf.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gguf-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const matrix = { name: "m", shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) };
const good = ggufBytes({ "a.text": "hé", "a.list": ["x", "", "yz"], "a.count": 7, "a.ratio": 0.5 }, [
  matrix,
  { name: "v", shape: [2], values: Float32Array.of(-1, 0.25) },
]);

function open(bytes: Buffer): GgufFile {
  const path = join(folder, "model.gguf");
  writeFileSync(path, bytes);
  return GgufFile.open(path);
}

/** Replaces bytes of the good file at the place where `find` stands. */
function edited(find: string, shift: number, replacement: number[]): Buffer {
  const bytes = Buffer.from(good);
  bytes.set(replacement, bytes.indexOf(find) + shift);
  return bytes;
}

describe("GgufFile", () => {
  it("reads metadata and tensors back", () => {
    using file = open(good);
    expect(textOf(file.metadata, "a.text")).toBe("hé");
    expect(textsOf(file.metadata, "a.list")).toEqual(["x", "", "yz"]);
    expect(numberOf(file.metadata, "a.count")).toBe(7);
    expect(numberOf(file.metadata, "a.ratio")).toBe(0.5);
    expect(file.tensorShapes).toEqual([
      { name: "m", shape: [2, 3] },
      { name: "v", shape: [2] },
    ]);
    expect(file.readTensor("m", [2, 3])).toEqual(matrix.values);
    expect(file.readTensor("v", [2])).toEqual(Float32Array.of(-1, 0.25));
  });

  it("names the volume that does not work, and leaves a file that is not there what it is", async () => {
    nameVolumes([{ path: folder, name: "claim base", remedy: "" }]);
    const path = join(folder, "socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    // Linux answers ENXIO to whoever opens a socket as a file.
    expect(() => GgufFile.open(path)).toThrow(
      expect.objectContaining({ code: "STORAGE_UNAVAILABLE", message: expect.stringMatching(/^claim base does not/u) }),
    );
    expect(() => GgufFile.open(join(folder, "none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    await new Promise((resolve) => server.close(resolve));
    nameVolumes([]);
  });

  it.each([
    { what: "a text", value: [8] },
    { what: "a list of numbers", value: [9, 0, 0, 0, 0] },
  ])("refuses a header of 600 MB, of which $what is nearly all, without reading it", ({ value }) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(600_000_000n);
    const typed = Buffer.alloc(4 * Math.ceil(value.length / 4));
    typed.set(value);
    const path = join(folder, "sparse.gguf");
    writeFileSync(path, Buffer.concat([ggufBytes({ "a.key": 1 }, []).subarray(0, 37), typed, length]));
    truncateSync(path, 600_001_000);
    expect(() => GgufFile.open(path)).toThrow("the header goes on past 67108864 bytes");
  });

  it("refuses one part of a model of several files, and takes a model that says it is whole", () => {
    expect(() => open(ggufBytes({ "split.no": 1, "split.count": 3, "split.tensors.count": 9 }, [matrix]))).toThrow(
      "metadata split.count: is 3: this is one of several files; join them with llama-gguf-split",
    );
    using whole = open(ggufBytes({ "split.no": 0, "split.count": 1, "split.tensors.count": 1 }, [matrix]));
    expect(whole.readTensor("m", [2, 3])).toEqual(matrix.values);
  });

  it("cuts what a file makes long in its errors", () => {
    expect(() => open(ggufBytes({ "a.text": "" }, [{ ...matrix, name: "n".repeat(5_000), shape: [0] }]))).toThrow(
      /^GGUF tensor n{192}…: shape \[0\] cannot be stored as F32$/u,
    );
  });

  it("reads a header longer than its first read", () => {
    const long = "w".repeat(5 * 1024 * 1024);
    using file = open(ggufBytes({ "a.text": long }, [matrix]));
    expect(textOf(file.metadata, "a.text")).toHaveLength(long.length);
    expect(file.readTensor("m", [2, 3])).toEqual(matrix.values);
  });

  it.each([
    {
      name: "another file",
      given: Buffer.from("PK\u0003\u0004 not a model, but long enough"),
      want: /offset 0: .*GGUF/,
    },
    { name: "an empty file", given: Buffer.alloc(0), want: /offset 0: magic needs 4 bytes, the file has 0/ },
    { name: "version 2", given: edited("GGUF", 4, [2]), want: /offset 4: version is 2, expected 3/ },
    {
      name: "a count of tensors that no file could hold",
      given: edited("GGUF", 8, [0, 0, 0, 0, 1]),
      want: /offset 8: number of tensors/,
    },
    {
      name: "a count beyond 2^53",
      given: edited("GGUF", 8, [255, 255, 255, 255, 255, 255, 255, 255]),
      want: /too large/,
    },
    { name: "an unknown value type", given: edited("a.count", 7, [99]), want: /a.count has the unknown value type 99/ },
    {
      name: "an array longer than the file",
      given: edited("a.list", 14, [255, 255, 255]),
      want: /a.list has \d+ elements/,
    },
    {
      name: "a key longer than the file",
      given: edited("a.text", -8, [255, 255, 255]),
      want: /metadata key needs 16777215 bytes/,
    },
    {
      name: "a file cut short",
      given: good.subarray(0, good.length - 40),
      want: /tensor v: ends at \d+, the file has/,
    },
  ])("refuses $name", ({ given, want }) => {
    expect(() => open(given)).toThrow(want);
    try {
      open(given);
    } catch (error) {
      expect(isTributaryError(error, "TRAINER_MODEL_INVALID")).toBe(true);
    }
  });

  it.each([
    {
      name: "an absent tensor",
      read: (file: GgufFile) => file.readTensor("w", [1]),
      want: /tensor w: is not in the file/,
    },
    {
      name: "another shape",
      read: (file: GgufFile) => file.readTensor("m", [3, 2]),
      want: /tensor m: has shape \[2,3\], expected \[3,2\]/,
    },
    { name: "an absent number", read: (file: GgufFile) => numberOf(file.metadata, "b"), want: /metadata b: is absent/ },
    {
      name: "a text for a number",
      read: (file: GgufFile) => numberOf(file.metadata, "a.text"),
      want: /expected a number/,
    },
    {
      name: "a number for a text",
      read: (file: GgufFile) => textOf(file.metadata, "a.count"),
      want: /expected a string/,
    },
    {
      name: "a text for a list",
      read: (file: GgufFile) => textsOf(file.metadata, "a.text"),
      want: /expected an array of strings/,
    },
  ])("names what was asked for: $name", ({ read, want }) => {
    using file = open(good);
    expect(() => read(file)).toThrow(want);
  });

  it.each([
    {
      given: "an alignment of none",
      metadata: { "general.alignment": 0 },
      want: /general.alignment: is 0, expected a power/,
    },
    {
      given: "an odd alignment",
      metadata: { "general.alignment": 3 },
      want: /general.alignment: is 3, expected a power/,
    },
    {
      given: "a broken alignment",
      metadata: { "general.alignment": 32.5 },
      want: /general.alignment: is not of the type uint32/,
    },
  ])("refuses $given", ({ metadata, want }) => {
    expect(() => open(ggufBytes(metadata, [matrix]))).toThrow(want);
  });

  it("refuses a key that appears twice, texts that are no UTF-8, tensors out of their place and what follows the last", () => {
    expect(() => open(edited("a.list", 0, [...Buffer.from("a.text")]))).toThrow("metadata a.text: appears twice");
    expect(() => open(edited("hé", 1, [0xff, 0xff]))).toThrow(/a.text is not UTF-8/);
    const place = good.indexOf("v", good.indexOf("\u0001v") + 1);
    const moved = Buffer.from(good);
    moved.writeBigUInt64LE(64n, place + 1 + 4 + 8 + 4);
    expect(() => open(moved)).toThrow("tensor v: begins at 64, expected 32");
    expect(() => open(Buffer.concat([good, Buffer.alloc(5)]))).toThrow("5 bytes follow the last tensor");
  });

  it("refuses a weight that is not finite, by tensor and place", () => {
    using file = open(ggufBytes({}, [{ ...matrix, values: Float32Array.of(1, 2, Number.NaN, 4, 5, 6) }]));
    expect(() => file.readTensor("m", [2, 3])).toThrow("tensor m: holds NaN at 2, expected finite values");
  });

  it("never reads outside the file, whatever byte of the header is wrong", () => {
    for (let at = 0; at < good.indexOf("v", good.length - 200); at++) {
      const bytes = Buffer.from(good);
      bytes[at] = bytes[at]! ^ 0xff;
      try {
        parseGgufHeader(bytes, bytes.length);
      } catch (error) {
        expect(isTributaryError(error, "TRAINER_MODEL_INVALID")).toBe(true);
      }
    }
  });
});

describe("dequantise", () => {
  it.each([
    { name: "F32", type: 0, bytes: [0, 0, 192, 63], want: [1.5] },
    {
      name: "F16, with subnormals and signs",
      type: 1,
      bytes: [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00],
      want: [1, -2, 2 ** -24],
    },
    { name: "BF16", type: 30, bytes: [0x40, 0x3f, 0x80, 0xbf], want: [0.75, -1] },
  ])("decodes $name", ({ type, bytes, want }) => {
    expect([...dequantise(formatOf(type, "t"), Uint8Array.from(bytes))]).toEqual(want);
  });

  it("decodes Q8_0: 32 signed bytes times a scale", () => {
    const bytes = Uint8Array.from([0x00, 0x38, ...Array.from({ length: 32 }, (_, index) => (index - 16) & 255)]);
    expect([...dequantise(formatOf(8, "t"), bytes)]).toEqual(
      Array.from({ length: 32 }, (_, index) => (index - 16) / 2),
    );
  });

  it("decodes Q4_1: low nibbles first, times a scale, plus a minimum", () => {
    const bytes = Uint8Array.from([
      0x00,
      0x38,
      0x00,
      0xbc,
      ...Array.from({ length: 16 }, (_, index) => index | ((15 - index) << 4)),
    ]);
    const low = Array.from({ length: 16 }, (_, index) => index / 2 - 1);
    expect([...dequantise(formatOf(3, "t"), bytes)]).toEqual([...low, ...low.toReversed()]);
  });

  it("decodes Q4_0: nibbles less eight, times a scale", () => {
    const bytes = Uint8Array.from([0x00, 0x3c, ...Array.from({ length: 16 }, () => 0xf0)]);
    expect([...dequantise(formatOf(2, "t"), bytes)]).toEqual([...Array(16).fill(-8), ...Array(16).fill(7)]);
  });

  it("names the tensor whose format it does not know", () => {
    expect(() => formatOf(12, "blk.0.ffn_up.weight")).toThrow(
      /tensor blk.0.ffn_up.weight: has the storage type 12, expected one of F32/,
    );
  });
});
