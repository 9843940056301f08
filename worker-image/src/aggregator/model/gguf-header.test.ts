import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adapterTensors } from "./adapter-tensors.ts";
import { readGgufTensors } from "./gguf-header.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gguf-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const tensor = (name: string, dimensions: number[]) =>
  Buffer.concat([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(0), u64(0)]);

const metadata = [
  Buffer.concat([text("general.architecture"), u32(8), text("llama")]),
  Buffer.concat([text("llama.block_count"), u32(4), u32(2)]),
  Buffer.concat([text("general.flag"), u32(7), Buffer.of(1)]),
  Buffer.concat([text("tokenizer.tokens"), u32(9), u32(8), u64(2), text("a"), text("bc")]),
  Buffer.concat([text("tokenizer.scores"), u32(9), u32(6), u64(3), Buffer.alloc(12)]),
];
const tensors = [
  tensor("token_embd.weight", [64, 1000]),
  tensor("blk.0.attn_q.weight", [64, 96]),
  tensor("blk.1.attn_q.weight", [64, 96]),
  tensor("blk.0.ffn_down.weight", [256, 64]),
];

function aFile(parts: { magic?: number; version?: number; count?: number } = {}): Buffer {
  const head = [u32(parts.magic ?? 0x46554747), u32(parts.version ?? 3)];
  const counts = [u64(parts.count ?? tensors.length), u64(metadata.length)];
  return Buffer.concat([...head, ...counts, ...metadata, ...tensors, Buffer.alloc(4096)]);
}

async function read(bytes: Uint8Array) {
  const path = join(directory, "model.gguf");
  await writeFile(path, bytes);
  const file = await open(path, "r");
  return readGgufTensors(file, path).finally(() => file.close());
}

describe("readGgufTensors", () => {
  it("lists tensors past metadata of every kind", async () => {
    expect(await read(aFile())).toEqual([
      { name: "token_embd.weight", dimensions: [64, 1000] },
      { name: "blk.0.attn_q.weight", dimensions: [64, 96] },
      { name: "blk.1.attn_q.weight", dimensions: [64, 96] },
      { name: "blk.0.ffn_down.weight", dimensions: [256, 64] },
    ]);
  });

  it.each([
    { name: "another format", bytes: aFile({ magic: 1 }), says: "does not start with GGUF" },
    { name: "an unknown version", bytes: aFile({ version: 1 }), says: "GGUF version 1" },
    { name: "a file that ends in its header", bytes: aFile().subarray(0, 60), says: "ends in its header" },
    { name: "more tensors than there are", bytes: aFile({ count: 2 ** 40 }), says: "model.gguf" },
  ])("refuses $name", async ({ bytes, says }) => {
    await expect(read(bytes)).rejects.toThrow(says);
    await expect(read(bytes)).rejects.toMatchObject({ code: "MODEL_SOURCE_INVALID" });
  });
});

describe("adapterTensors", () => {
  const adapter = { type: "LoRA", rank: 8, alpha: 16, rule: "FreezeA" } as const;

  it("gives one B of [out, rank] for each layer and target", async () => {
    const specs = adapterTensors({ ...adapter, targets: ["q_proj", "down_proj"] }, await read(aFile()));
    expect(specs).toEqual([
      { name: "layers.0.q_proj.lora_B", dtype: "F32", shape: [96, 8] },
      { name: "layers.1.q_proj.lora_B", dtype: "F32", shape: [96, 8] },
      { name: "layers.0.down_proj.lora_B", dtype: "F32", shape: [64, 8] },
    ]);
  });

  it("names a target that the base model does not have", async () => {
    const base = await read(aFile());
    expect(() => adapterTensors({ ...adapter, targets: ["v_proj"] }, base)).toThrow("target v_proj");
  });
});
