import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GgufFile } from "../../shared/gguf/gguf-file.ts";
import { decoderConfigOf } from "../../shared/language-model/decoder-config.ts";
import { ggufWeights } from "../../shared/language-model/decoder-weights.ts";
import { DeterministicStream } from "../../shared/language-model/deterministic-stream.ts";
import type { TokenBatch } from "../../shared/language-model/language-model.ts";
import type { LoraConfig } from "../../shared/language-model/lora.ts";
import { toyConfig, toyModelGguf } from "../../shared/language-model/toy-model.ts";
import { TensorFlowDecoder } from "./decoder.ts";
import { isTensorFlowInstalled, loadTensorFlow, type TensorFlow } from "./load-tensorflow.ts";

const stream = new DeterministicStream("decoder.test");
const draw = () => stream.nextWord() / 2 ** 31 - 1;
const randomBatch = (count: number, length: number): TokenBatch => ({
  ids: Int32Array.from({ length: count * length }, () => stream.nextBelow(toyConfig.vocabulary)),
  count,
  length,
});

describe.skipIf(!isTensorFlowInstalled())("TensorFlowDecoder at toy size (needs scripts/tfjs/install.ts)", () => {
  let folder: string;
  let tf: TensorFlow;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "decoder-"));
    writeFileSync(join(folder, "toy.gguf"), toyModelGguf(1));
    tf = await loadTensorFlow();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function openDecoder(lora: Partial<LoraConfig> = {}, model = "toy.gguf"): TensorFlowDecoder {
    using file = GgufFile.open(join(folder, model));
    const config = decoderConfigOf(file.metadata);
    const settings: LoraConfig = { rank: 3, alpha: 6, targets: ["q_proj", "k_proj", "v_proj"], seed: 7n, ...lora };
    return new TensorFlowDecoder(tf, config, settings, ggufWeights(file, config));
  }

  const randomParameters = (decoder: TensorFlowDecoder) =>
    Float32Array.from({ length: decoder.parameterCount }, () => 0.3 * draw());
  const meanLoss = (decoder: TensorFlowDecoder, parameters: Float32Array, batch: TokenBatch) => {
    const losses = decoder.losses(parameters, batch);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  };

  /** Derivative at 0 by central differences of fourth order; the loss carries about 1e-6 of rounding. */
  const slopeOf = (at: (step: number) => number, step: number) =>
    (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);

  it("follows an output projection of its own, which a tied model does not have", () => {
    const { vocabulary, width } = toyConfig;
    const values = Float32Array.from({ length: vocabulary * width }, () => 0.5 * draw());
    const output = { name: "output.weight", shape: [vocabulary, width], values };
    writeFileSync(join(folder, "untied.gguf"), toyModelGguf(1, toyConfig, { tensors: [output] }));
    using tied = openDecoder();
    using untied = openDecoder({}, "untied.gguf");
    const batch = randomBatch(2, 8);
    const parameters = new Float32Array(tied.parameterCount);
    expect(meanLoss(untied, parameters, batch)).not.toBeCloseTo(meanLoss(tied, parameters, batch), 3);
  });

  it.each(["toy.gguf", "untied.gguf"])(
    "has the gradient of %s that differences of the loss show, in random directions and along itself",
    (model) => {
      using decoder = openDecoder({}, model);
      const parameters = randomParameters(decoder);
      const batch = randomBatch(3, 9);
      const { gradient } = decoder.lossAndGradient(parameters, batch);
      for (let trial = 0; trial < 8; trial++) {
        const raw = trial === 0 ? gradient : gradient.map(draw);
        const length = Math.hypot(...raw);
        const direction = raw.map((value) => value / length);
        const at = (step: number) =>
          meanLoss(
            decoder,
            parameters.map((value, i) => value + step * direction[i]!),
            batch,
          );
        const expected = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0);
        expect(Math.abs(slopeOf(at, 0.005) - expected)).toBeLessThan(5e-4 + 1e-3 * Math.abs(expected));
      }
    },
  );

  it("has the gradient that differences show for single parameters of every adapter", () => {
    using decoder = openDecoder();
    const parameters = randomParameters(decoder);
    const batch = randomBatch(1, 12);
    const { gradient } = decoder.lossAndGradient(parameters, batch);
    for (let index = 0; index < parameters.length; index += 7) {
      const at = (step: number) => meanLoss(decoder, parameters.with(index, parameters[index]! + step), batch);
      expect(Math.abs(slopeOf(at, 0.005) - gradient[index]!)).toBeLessThan(5e-4);
    }
  });

  it("gives the loss that it differentiates", () => {
    using decoder = openDecoder();
    const parameters = randomParameters(decoder);
    const batch = randomBatch(2, 10);
    const { lossSum, predictions } = decoder.lossAndGradient(parameters, batch);
    expect(predictions).toBe(18);
    expect(lossSum / predictions).toBeCloseTo(meanLoss(decoder, parameters, batch), 5);
  });

  it("treats the sequences of a batch alone", () => {
    using decoder = openDecoder();
    const parameters = randomParameters(decoder);
    const batch = randomBatch(3, 8);
    const together = decoder.losses(parameters, batch);
    for (let row = 0; row < 3; row++) {
      const alone = decoder.losses(parameters, { ids: batch.ids.slice(row * 8, row * 8 + 8), count: 1, length: 8 });
      for (const [index, loss] of alone.entries()) expect(loss).toBeCloseTo(together[row * 7 + index]!, 4);
    }
  });

  it("looks only backwards: a later token leaves earlier losses as they were", () => {
    using decoder = openDecoder();
    const parameters = randomParameters(decoder);
    const batch = randomBatch(1, 10);
    const changed = { ...batch, ids: batch.ids.with(7, (batch.ids[7]! + 1) % toyConfig.vocabulary) };
    const before = decoder.losses(parameters, batch);
    const after = decoder.losses(parameters, changed);
    expect(after.subarray(0, 6)).toEqual(before.subarray(0, 6));
    expect(after[6]).not.toBe(before[6]);
  });

  it("computes many rows of logits in parts with the same result", () => {
    using decoder = openDecoder();
    const parameters = randomParameters(decoder);
    const batch = randomBatch(20, 12);
    const whole = decoder.lossAndGradient(parameters, batch);
    const sum = new Float64Array(decoder.parameterCount);
    for (let row = 0; row < 20; row++) {
      const part = { ids: batch.ids.slice(row * 12, row * 12 + 12), count: 1, length: 12 };
      decoder.lossAndGradient(parameters, part).gradient.forEach((value, index) => {
        sum[index]! += value / 20;
      });
    }
    for (const [index, value] of whole.gradient.entries()) expect(Math.abs(value - sum[index]!)).toBeLessThan(1e-5);
  });

  it("is the base model where B is zero, and another model where it is not", () => {
    using decoder = openDecoder();
    using other = openDecoder({ seed: 8n, rank: 1 });
    const batch = randomBatch(2, 6);
    const zero = decoder.nextTokenLogits(new Float32Array(decoder.parameterCount), batch);
    expect(zero).toHaveLength(2 * toyConfig.vocabulary);
    const withOtherA = other.nextTokenLogits(new Float32Array(other.parameterCount), batch);
    for (const [index, logit] of zero.entries()) expect(logit).toBeCloseTo(withOtherA[index]!, 4);
    expect(decoder.nextTokenLogits(randomParameters(decoder), batch)).not.toEqual(zero);
  });

  it("predicts with the logits that its losses come from", () => {
    using decoder = openDecoder();
    const parameters = randomParameters(decoder);
    const batch = randomBatch(1, 7);
    const logits = decoder.nextTokenLogits(parameters, { ids: batch.ids.slice(0, 6), count: 1, length: 6 });
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expect(decoder.losses(parameters, batch).at(-1)).toBeCloseTo(logSum - logits[batch.ids[6]!]!, 4);
  });

  it("frees every tensor", () => {
    const before = tf.memory().numTensors;
    {
      using decoder = openDecoder();
      for (let length = 4; length < 12; length++) {
        decoder.lossAndGradient(new Float32Array(decoder.parameterCount), randomBatch(1, length));
      }
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
