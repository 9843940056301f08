import { createHash } from "node:crypto";

/** Everything that a trainer is told of a round besides its model: aggregator and sidecars must mean the same by it. */
export interface RoundContext {
  /** Digest of the model source, 32 bytes. */
  readonly sourceSha256: Uint8Array;
  readonly task: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly seed: number | bigint;
  /** JSON of the adapter; empty when the whole model is trained. */
  readonly adapterJson: string;
  /** 0 when the round only evaluates. */
  readonly localSteps: number;
}

/** The digest that a round's setup carries, 32 bytes: the aggregator's signature and every mask bind it. */
export function roundContextSha256(context: RoundContext): Uint8Array {
  const { sourceSha256, task, hyperparameters, seed, adapterJson, localSteps } = context;
  const sorted = Object.keys(hyperparameters)
    .sort()
    .map((name) => [name, hyperparameters[name]]);
  const source = Buffer.from(sourceSha256).toString("hex");
  const text = JSON.stringify([source, task, sorted, String(seed), adapterJson, localSteps]);
  return new Uint8Array(createHash("sha256").update(text).digest());
}
