import { DeterministicStream } from "../../shared/language-model/deterministic-stream.ts";
import type { LanguageModel } from "../../shared/language-model/language-model.ts";

/** How text is continued. */
export type SampleSettings = {
  /** Tokens to add. */
  readonly tokens: number;
  /** Logits are divided by it; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Only this many of the likeliest tokens are drawn from. */
  readonly topK: number;
  readonly seed: bigint;
};

/**
 * Continues a prompt token by token (Fan et al. 2018, section 5.4: top-k sampling). The whole text runs through the model for each token,
 * which is meant for a sentence or two.
 * @param prompt token ids, at least one
 * @param endOfText sampling stops before this token
 * @returns the ids that were added; the same settings give the same ids
 */
export function sampleText(
  model: LanguageModel,
  parameters: Float32Array,
  prompt: readonly number[],
  endOfText: number,
  settings: SampleSettings,
): number[] {
  const stream = new DeterministicStream(`tributary/v1/sample/seed=${settings.seed}`);
  const added: number[] = [];
  while (added.length < settings.tokens) {
    const ids = Int32Array.from([...prompt, ...added]);
    const logits = model.nextTokenLogits(parameters, { ids, count: 1, length: ids.length });
    const next = drawToken(logits, settings, stream.nextWord() / 2 ** 32);
    if (next === endOfText) break;
    added.push(next);
  }
  return added;
}

/** @param draw uniform in [0, 1) */
function drawToken(logits: Float32Array, { temperature, topK }: SampleSettings, draw: number): number {
  const likeliest = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, temperature === 0 ? 1 : topK);
  const highest = logits[likeliest[0]!]!;
  const odds = likeliest.map((id) => (temperature === 0 ? 1 : Math.exp((logits[id]! - highest) / temperature)));
  let left = draw * odds.reduce((sum, value) => sum + value, 0);
  for (const [index, value] of odds.entries()) {
    left -= value;
    if (left < 0) return likeliest[index]!;
  }
  return likeliest.at(-1)!;
}
