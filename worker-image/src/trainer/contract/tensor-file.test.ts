import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors, safetensorsParts } from "@tributary/federated";
import { type Disk, type DiskFile, isTributaryError, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type NamedTensor, readTensors, requireFloats, writeTensors } from "./tensor-file.ts";

let volume: string;
beforeEach(() => {
  volume = mkdtempSync(join(tmpdir(), "volume-"));
});
afterEach(() => rmSync(volume, { recursive: true, force: true }));

const none = new Uint8Array();
const tensors = new Map([
  ["w", { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }],
  ["b", { shape: [1], values: Float32Array.of(-5) }],
]);

/** A disk whose files are read as files of 2 GiB and more are: never by one call, and each call gives a part. */
function largeFileDisk(change: Partial<DiskFile> = {}): Disk {
  return {
    ...nodeDisk,
    readFile: async () => {
      throw Object.assign(new RangeError("File size is greater than 2 GiB"), { code: "ERR_FS_FILE_TOO_LARGE" });
    },
    async open(path, flags, mode) {
      const file = await nodeDisk.open(path, flags, mode);
      const readSome: DiskFile["readSome"] = (buffer, offset, length, position) =>
        file.readSome(buffer, offset, Math.min(length, 7), position);
      return { ...file, readSome, ...change };
    },
  };
}

describe("tensor files", () => {
  it("are read in parts, whatever their size, and refused by name when no memory holds them", async () => {
    await writeTensors(volume, "large", tensors);
    const sha256 = createHash("sha256")
      .update(readFileSync(join(volume, "large")))
      .digest();
    expect(await readTensors(volume, "large", sha256, largeFileDisk())).toEqual(new Map([...tensors].sort()));
    const endless = largeFileDisk({ size: async () => Number.MAX_SAFE_INTEGER });
    await expect(readTensors(volume, "large", none, endless)).rejects.toMatchObject({
      code: "TRAINER_MODEL_INVALID",
      message: expect.stringContaining(`large has ${Number.MAX_SAFE_INTEGER} bytes, more than this trainer can hold`),
    });
  });

  it("come back as they were written, whole and alone", async () => {
    await writeTensors(volume, "out.safetensors", tensors);
    const sha256 = createHash("sha256")
      .update(readFileSync(join(volume, "out.safetensors")))
      .digest();
    expect(await readTensors(volume, "out.safetensors", sha256)).toEqual(new Map([...tensors].sort()));
    expect(readdirSync(volume)).toEqual(["out.safetensors"]);
  });

  it("hold every type of the contract, bit for bit", async () => {
    const all = new Map<string, NamedTensor>([
      ["floats", { shape: [2], values: Float32Array.of(0.1, -0) }],
      ["halves", { shape: [3], values: Float16Array.of(0.5, -65504, 6e-8) }],
      ["integers", { shape: [2], values: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
      ["places", { shape: [1], values: Uint32Array.of(2 ** 32 - 1) }],
      ["bytes", { shape: [3, 1], values: Uint8Array.of(0, 128, 255) }],
    ]);
    await writeTensors(volume, "all", all);
    const { tensors: written } = openSafetensors(readFileSync(join(volume, "all")));
    expect(written.map(({ name, dtype }) => [name, dtype]).sort()).toEqual([
      ["bytes", "U8"],
      ["floats", "F32"],
      ["halves", "F16"],
      ["integers", "I32"],
      ["places", "U32"],
    ]);
    expect(await readTensors(volume, "all", none)).toEqual(new Map([...all].sort()));
  });

  it("are read also where another writer did not align their values", async () => {
    const header = JSON.stringify({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
    for (const padding of ["", " ", "  ", "   "]) {
      const json = Buffer.from(header + padding);
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(json.length));
      writeFileSync(join(volume, "x"), Buffer.concat([size, json, Buffer.from(Float32Array.of(0.25).buffer)]));
      expect((await readTensors(volume, "x", none)).get("w")?.values).toEqual(Float32Array.of(0.25));
    }
  });

  it("that a model is made of are 32-bit floats, or refused by name", () => {
    const halves = { path: "in.safetensors", tensors: new Map([["w", { shape: [1], values: Float16Array.of(1) }]]) };
    expect(() => requireFloats(halves)).toThrow("in.safetensors: tensor w is F16, expected F32");
  });

  it.each([
    {
      name: "another digest",
      write: () => writeTensors(volume, "x", tensors),
      sha256: new Uint8Array(32),
      want: "CHECKSUM_MISMATCH",
    },
    {
      name: "a file that is cut short",
      write: async () => writeFileSync(join(volume, "x"), "\u0040\0\0\0\0\0\0\0{"),
      sha256: none,
      want: "TRAINER_MODEL_INVALID",
    },
    {
      name: "values of a type that the contract does not know",
      write: async () => {
        const tensor = { name: "n", dtype: "I64" as const, shape: [1], bytes: new Uint8Array(8) };
        writeFileSync(join(volume, "x"), Buffer.concat(safetensorsParts([tensor])));
      },
      sha256: none,
      want: "TRAINER_MODEL_INVALID",
    },
  ] as const)("are refused with $want for $name", async ({ write, sha256, want }) => {
    await write();
    const error: unknown = await readTensors(volume, "x", sha256).catch((caught) => caught);
    expect(isTributaryError(error, want)).toBe(true);
  });

  it.each(["../x", "/etc/passwd", "a/../../x", "."])("never lie outside the volume: %s", async (path) => {
    for (const attempt of [readTensors(volume, path, none), writeTensors(volume, path, tensors)]) {
      expect(isTributaryError(await attempt.catch((caught: unknown) => caught), "MESSAGE_INVALID")).toBe(true);
    }
  });
});
