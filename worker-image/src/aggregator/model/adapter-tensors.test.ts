import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ggufBytes } from "../../shared/gguf/write-gguf.ts";
import { adapterTensors } from "./adapter-tensors.ts";
import { readBaseTensors } from "./base-tensors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "base-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const zeros = (name: string, shape: readonly [number, number]) => ({
  name,
  shape,
  values: new Float32Array(shape[0] * shape[1]),
});
const base = ggufBytes({ "general.architecture": "llama" }, [
  zeros("token_embd.weight", [10, 4]),
  zeros("blk.0.attn_q.weight", [6, 4]),
  zeros("blk.1.attn_q.weight", [6, 4]),
  zeros("blk.0.ffn_down.weight", [4, 8]),
]);

function read(bytes: Uint8Array) {
  const path = join(folder, "model.gguf");
  writeFileSync(path, bytes);
  return readBaseTensors(path);
}

describe("readBaseTensors", () => {
  it("lists names and shapes in the file's order", () => {
    expect(read(base).slice(0, 2)).toEqual([
      { name: "token_embd.weight", shape: [10, 4] },
      { name: "blk.0.attn_q.weight", shape: [6, 4] },
    ]);
  });

  it.each([
    { name: "another format", bytes: Buffer.from("PK\u0003\u0004 not a model"), says: "letters GGUF" },
    { name: "a file that ends in its header", bytes: base.subarray(0, 60), says: "model.gguf" },
  ])("refuses $name with the code of a bad source", ({ bytes, says }) => {
    expect(() => read(bytes)).toThrow(says);
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: "MODEL_SOURCE_INVALID" }));
  });
});

describe("adapterTensors", () => {
  const adapter = { type: "LoRA", rank: 8, alpha: 16, rule: "FreezeA" } as const;

  it("gives one B of [out, rank] for each layer and target", () => {
    const specs = adapterTensors({ ...adapter, targets: ["q_proj", "down_proj"] }, read(base));
    expect(specs).toEqual([
      { name: "layers.0.q_proj.lora_B", dtype: "F32", shape: [6, 8] },
      { name: "layers.1.q_proj.lora_B", dtype: "F32", shape: [6, 8] },
      { name: "layers.0.down_proj.lora_B", dtype: "F32", shape: [4, 8] },
    ]);
  });

  it("names a target that the base model does not have", () => {
    expect(() => adapterTensors({ ...adapter, targets: ["v_proj"] }, read(base))).toThrow("target v_proj");
  });
});
