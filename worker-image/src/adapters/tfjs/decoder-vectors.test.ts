import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GgufFile } from "../../shared/gguf/gguf-file.ts";
import { decoderConfigOf } from "../../shared/language-model/decoder-config.ts";
import { ggufWeights } from "../../shared/language-model/decoder-weights.ts";
import { DeterministicStream } from "../../shared/language-model/deterministic-stream.ts";
import { type LoraConfig, type LoraTarget, parameterLayout } from "../../shared/language-model/lora.ts";
import { toyModelGguf } from "../../shared/language-model/toy-model.ts";
import { TensorFlowDecoder } from "./decoder.ts";
import { isTensorFlowInstalled, loadTensorFlow } from "./load-tensorflow.ts";

type Vectors = {
  modelSha256: string;
  lora: { rank: number; alpha: number; targets: LoraTarget[]; seed: number };
  bScale: number;
  ids: number[];
  baseTopLogits: [number, number][];
  baseLosses: number[];
  losses: number[];
  gradientNorm: number;
  gradients: Record<string, number[]>;
};

/** Path of SmolLM2's file; set by the suite that tests the big model (1.2 GB of memory). */
const smollm2 = process.env.TRIBUTARY_SMOLLM2;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "decoder-vectors-"));
  writeFileSync(join(folder, "toy.gguf"), toyModelGguf(1));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!isTensorFlowInstalled())("TensorFlowDecoder against PyTorch (needs scripts/tfjs/install.ts)", () => {
  it("gives its logits, losses and gradients at toy size", async () => {
    await compare(join(folder, "toy.gguf"), "toy-decoder.json");
  });

  it.skipIf(smollm2 === undefined)(
    "gives its logits, losses and gradients for SmolLM2 (set TRIBUTARY_SMOLLM2)",
    async () => {
      await compare(smollm2 ?? "", "smollm2-decoder.json");
    },
  );
});

async function compare(modelPath: string, vectorFile: string): Promise<void> {
  const text = readFileSync(new URL(`../../../../test/vectors/smollm2/${vectorFile}`, import.meta.url), "utf8");
  const want = JSON.parse(text) as Vectors;
  expect(createHash("sha256").update(readFileSync(modelPath)).digest("hex")).toBe(want.modelSha256);
  using file = GgufFile.open(modelPath);
  const config = decoderConfigOf(file.metadata);
  const lora: LoraConfig = { ...want.lora, seed: BigInt(want.lora.seed) };
  using decoder = new TensorFlowDecoder(await loadTensorFlow(), config, lora, ggufWeights(file, config));
  const zero = new Float32Array(decoder.parameterCount);
  const stream = new DeterministicStream("tributary/v1/vectors/b");
  const parameters = zero.map(() => ((2 * stream.nextWord()) / 2 ** 32 - 1) * want.bScale);
  const batch = { ids: Int32Array.from(want.ids), count: 1, length: want.ids.length };

  const logits = decoder.nextTokenLogits(zero, { ids: batch.ids.slice(0, 5), count: 1, length: 5 });
  expect(logits.indexOf(Math.max(...logits))).toBe(want.baseTopLogits[0]![0]);
  for (const [id, value] of want.baseTopLogits) expect(logits[id]).toBeCloseTo(value, 2);
  expectClose(decoder.losses(zero, batch), want.baseLosses, 2e-3);
  expectClose(decoder.losses(parameters, batch), want.losses, 2e-3);

  const { gradient } = decoder.lossAndGradient(parameters, batch);
  expect(Math.hypot(...gradient) / want.gradientNorm).toBeCloseTo(1, 3);
  for (const { name, shape, offset } of parameterLayout(config, lora)) {
    const expected = want.gradients[name];
    if (expected === undefined) continue;
    const stride = Math.max(1, Math.floor((shape[0] * shape[1]) / 4));
    expectClose(
      expected.map((_, index) => gradient[offset + index * stride]!),
      expected,
      2e-3 * want.gradientNorm,
    );
  }
}

function expectClose(found: ArrayLike<number>, want: readonly number[], tolerance: number): void {
  expect(found.length).toBe(want.length);
  for (const [index, value] of want.entries()) expect(Math.abs(found[index]! - value)).toBeLessThan(tolerance);
}
