import { TributaryError } from "@tributary/kit";
import type { DecoderConfig } from "./decoder-config.ts";
import { DeterministicStream } from "./deterministic-stream.ts";

/** Projections that can carry an adapter here: the three that read the normed input of attention. */
export const loraTargets = ["q_proj", "k_proj", "v_proj"] as const;
/** One of {@link loraTargets}. */
export type LoraTarget = (typeof loraTargets)[number];

/** A low-rank adapter (Hu et al. 2021): a projection W becomes W + (alpha / rank) B A; A is frozen, B starts at zero. */
export type LoraConfig = {
  readonly rank: number;
  /** Scale numerator. */
  readonly alpha: number;
  /** Projections that carry an adapter, in the order of {@link loraTargets}. */
  readonly targets: readonly LoraTarget[];
  /** Seed of the job, from which A is drawn. */
  readonly seed: bigint;
};

/** A trained matrix and its place in the flat parameter vector. */
export type ParameterEntry = {
  /** Name as it is exchanged, for example `layers.0.q_proj.lora_B`. */
  readonly name: string;
  readonly layer: number;
  readonly target: LoraTarget;
  /** [outputs, rank]. */
  readonly shape: readonly [number, number];
  /** First value in the flat vector. */
  readonly offset: number;
};

/**
 * Checks the targets of an adapter and puts them in canonical order.
 * @throws TributaryError that names the unknown target
 */
export function loraTargetsOf(names: readonly string[]): LoraTarget[] {
  for (const name of names) {
    if (!(loraTargets as readonly string[]).includes(name)) {
      throw new TributaryError(
        "TRAINER_HYPERPARAMETER_INVALID",
        `adapter target ${JSON.stringify(name)} is not supported by this trainer; choose from ${loraTargets.join(", ")}`,
      );
    }
  }
  const targets = loraTargets.filter((name) => names.includes(name));
  if (targets.length === 0) {
    throw new TributaryError(
      "TRAINER_HYPERPARAMETER_INVALID",
      `adapter.targets is empty; name some of ${loraTargets.join(", ")}`,
    );
  }
  return targets;
}

/** Rows of the stacked query, key and value projection that belong to a target. */
export function targetRows(
  config: DecoderConfig,
  target: LoraTarget,
): { readonly from: number; readonly count: number } {
  const queryRows = config.heads * config.headWidth;
  const kvRows = config.kvHeads * config.headWidth;
  if (target === "q_proj") return { from: 0, count: queryRows };
  return { from: target === "k_proj" ? queryRows : queryRows + kvRows, count: kvRows };
}

/** The trained matrices, layer by layer, and where each lies in the flat parameter vector. */
export function parameterLayout(config: DecoderConfig, lora: Pick<LoraConfig, "rank" | "targets">): ParameterEntry[] {
  const entries: ParameterEntry[] = [];
  let offset = 0;
  for (let layer = 0; layer < config.layers; layer++) {
    for (const target of lora.targets) {
      const shape = [targetRows(config, target).count, lora.rank] as const;
      entries.push({ name: `layers.${layer}.${target}.lora_B`, layer, target, shape, offset });
      offset += shape[0] * shape[1];
    }
  }
  return entries;
}

/** Number of values in the flat parameter vector. */
export function parameterCount(layout: readonly ParameterEntry[]): number {
  return layout.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
}

/**
 * The frozen matrix A of one adapter, [rank, width], row-major. Value i is (2 w_i / 2^32 - 1) / sqrt(width), rounded to 32
 * bits, with w the words of the {@link DeterministicStream} labelled
 * `tributary/v1/lora-a/seed=<seed>/layers.<layer>.<target>.lora_A`: uniform as in Kaiming's rule with a = sqrt(5).
 */
export function frozenA(lora: LoraConfig, layer: number, target: LoraTarget, width: number): Float32Array {
  const stream = new DeterministicStream(`tributary/v1/lora-a/seed=${lora.seed}/layers.${layer}.${target}.lora_A`);
  const bound = 1 / Math.sqrt(width);
  return Float32Array.from({ length: lora.rank * width }, () => ((2 * stream.nextWord()) / 2 ** 32 - 1) * bound);
}
