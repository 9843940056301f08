import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputReader } from "./input-reader.ts";
import { writeTensors } from "./tensor-file.ts";

const path = "model.safetensors";
let volume: string;
let reader: InputReader;
let sha256: Uint8Array;
beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "input-"));
  reader = new InputReader(volume);
  sha256 = await write(1);
});
afterEach(() => rm(volume, { recursive: true, force: true }));

async function write(value: number): Promise<Uint8Array> {
  await writeTensors(volume, path, new Map([["w", { shape: [2], values: Float32Array.of(value, value) }]]));
  return createHash("sha256")
    .update(await readFile(join(volume, path)))
    .digest();
}

describe("InputReader", () => {
  it("takes the set that was read to be evaluated once more, and then lets go of it", async () => {
    const evaluated = await reader.read(path, sha256, true);
    expect(await reader.read(path, sha256, false)).toBe(evaluated);
    expect(await reader.read(path, sha256, false)).not.toBe(evaluated);
  });

  it("reads another model anew", async () => {
    await reader.read(path, sha256, true);
    const next = await write(2);
    expect((await reader.read(path, next, true)).get("w")?.values).toEqual(Float32Array.of(2, 2));
  });

  it("keeps nothing without a digest, which alone says that a file is the same", async () => {
    const nameless = new Uint8Array(0);
    const first = await reader.read(path, nameless, true);
    await write(3);
    const second = await reader.read(path, nameless, true);
    expect([first.get("w")?.values[0], second.get("w")?.values[0]]).toEqual([1, 3]);
  });

  it("refuses a file that does not have the digest, also after one that had", async () => {
    await reader.read(path, sha256, true);
    const wrong = new Uint8Array(32);
    await expect(reader.read(path, wrong, true)).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
  });
});
