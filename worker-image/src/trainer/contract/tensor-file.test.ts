import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { safetensorsParts } from "@tributary/federated";
import { type Disk, type DiskFile, isTributaryError, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTensors, writeTensors } from "./tensor-file.ts";

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
      name: "values that are no 32-bit floats",
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
