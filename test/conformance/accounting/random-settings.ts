import { createCipheriv, createHash } from "node:crypto";
import { RENYI_ORDERS, spentEpsilon } from "@tributary/federated";

/** A training to be accounted for. */
export interface Setting {
  samplingRate: number;
  noiseMultiplier: number;
  steps: number;
  deltaDp: number;
  /** Grid of the reference, fine enough that its own error stays below 5e-4. */
  gridStep: number;
  /** Orders whose exact divergence is asked for. */
  orders: number[];
}

/** Random settings that spend between 0.05 and 20, a quarter of them without sampling; the same for the same seed. */
export function randomSettings(seed: string, count: number): Setting[] {
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  const uniform = () => cipher.update(Buffer.alloc(4)).readUInt32BE(0) / 2 ** 32;
  const between = (low: number, high: number) => low * (high / low) ** uniform();
  const settings: Setting[] = [];
  while (settings.length < count) {
    const samplingRate = uniform() < 0.25 ? 1 : between(1e-4, 0.5);
    const noiseMultiplier = between(0.4, 20);
    const steps = Math.round(between(1, 5000));
    const deltaDp = 10 ** -Math.round(5 + 3 * uniform());
    const orders = [
      RENYI_ORDERS[Math.floor(uniform() * 99)]!,
      ...[9, 64, 256].map((top) => 2 + Math.floor(uniform() * (top - 1))),
    ];
    const epsilon = spentEpsilon([{ kind: "SampledGaussian", samplingRate, noiseMultiplier, steps }], deltaDp, "Rdp");
    const deviation = samplingRate * Math.sqrt(Math.expm1(noiseMultiplier ** -2));
    const gridStep = Math.max(Math.min(1e-4, deviation / 16), 5e-6);
    if (epsilon > 0.05 && epsilon < 20)
      settings.push({ samplingRate, noiseMultiplier, steps, deltaDp, gridStep, orders });
  }
  return settings;
}
