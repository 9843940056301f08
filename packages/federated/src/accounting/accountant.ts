import { ArgumentError, requireArgument } from "../errors.ts";
import { MAX_STEPS, requireDelta, requireNoiseMultiplier, requireSamplingRate, requireSteps } from "./bounds.ts";
import { INTEGER_ORDERS, RENYI_ORDERS } from "./orders.ts";
import { pldEpsilon } from "./pld-accountant.ts";
import { epsilonOfComposition } from "./renyi-conversion.ts";
import { sampledGaussianRenyi } from "./sampled-gaussian-renyi.ts";
import { skellamRenyi } from "./skellam.ts";

/** How epsilon is computed: by Renyi divergences (any mechanism) or by privacy-loss distributions (Gaussians, tighter). */
export const Accountant = { Rdp: "Rdp", Pld: "Pld" } as const;
/** One of {@link Accountant}. */
export type Accountant = (typeof Accountant)[keyof typeof Accountant];

/** Steps of DP-SGD or rounds with central noise: a Poisson-subsampled Gaussian. */
export interface SampledGaussianEvent {
  readonly kind: "SampledGaussian";
  /** Chance of each record to be in a step; 1 unless the operator itself sampled independently. */
  readonly samplingRate: number;
  /** Noise standard deviation over the L2 sensitivity. */
  readonly noiseMultiplier: number;
  /** Steps taken. */
  readonly steps: number;
}

/** Rounds whose parties added Skellam noise on the grid. */
export interface SkellamEvent {
  readonly kind: "Skellam";
  /** D2 of the rounded vector, in grid steps. */
  readonly sensitivityL2: number;
  /** D1 of the rounded vector, in grid steps. */
  readonly sensitivityL1: number;
  /** Variance mu of the noise surely in the sum, in squared grid steps. */
  readonly variance: number;
  /** Rounds taken. */
  readonly steps: number;
}

/** One thing that was done with the data. */
export type PrivacyEvent = SampledGaussianEvent | SkellamEvent;

/** Refuses an event with a value out of range; throws ArgumentError. */
export function requirePrivacyEvent(event: PrivacyEvent): void {
  requireSteps(event.steps);
  switch (event.kind) {
    case "SampledGaussian":
      requireSamplingRate(event.samplingRate);
      requireNoiseMultiplier(event.noiseMultiplier);
      return;
    case "Skellam":
      skellamRenyi(sensitivityOf(event), event.variance, []);
      return;
    default:
      throw new ArgumentError("event.kind", (event as { kind?: unknown }).kind, "SampledGaussian or Skellam");
  }
}

/** Refuses an accountant of another name; throws ArgumentError. */
export function requireAccountant(accountant: Accountant): void {
  requireArgument(accountant === "Rdp" || accountant === "Pld", "accountant", accountant, "Rdp or Pld");
}

/** Refuses an event with a value out of range, or one that this accountant does not know; throws ArgumentError. */
export function requireAccountedEvent(event: PrivacyEvent, accountant: Accountant): void {
  requirePrivacyEvent(event);
  const isKnown = accountant === "Rdp" || event.kind !== "Skellam";
  requireArgument(isKnown, "accountant", accountant, "Rdp with Skellam noise");
}

/**
 * Epsilon at a delta of everything that was done, for neighbours that differ by adding or removing one record.
 *
 * Renyi divergences add over events of any kind; with Skellam noise among them only integer orders count. Privacy-loss
 * distributions are for Gaussians alone.
 *
 * @returns Upper bound of epsilon; 0 for no events.
 * @throws ArgumentError for a value out of range, or Skellam noise under the Pld accountant.
 */
export function spentEpsilon(events: readonly PrivacyEvent[], deltaDp: number, accountant: Accountant): number {
  requireDelta(deltaDp);
  requireAccountant(accountant);
  for (const event of events) requireAccountedEvent(event, accountant);
  const merged = mergeEqual(events);
  if (merged.length === 0) return 0;
  if (accountant === "Rdp") return renyiEpsilonOf(merged, deltaDp);
  return pldEpsilon(
    merged.filter((event) => event.kind === "SampledGaussian"),
    deltaDp,
  );
}

function renyiEpsilonOf(events: readonly PrivacyEvent[], deltaDp: number): number {
  const orders = events.some(({ kind }) => kind === "Skellam") ? INTEGER_ORDERS : RENYI_ORDERS;
  const repeated = events.map((event) => ({
    divergences:
      event.kind === "SampledGaussian"
        ? sampledGaussianRenyi(event.samplingRate, event.noiseMultiplier, orders)
        : skellamRenyi(sensitivityOf(event), event.variance, orders),
    steps: event.steps,
  }));
  return epsilonOfComposition(orders, repeated, deltaDp);
}

/**
 * Joins events that differ in their steps alone, so that a long history costs as little as a short one. Steps add up to more
 * than one event may have: such a sum is divided again.
 */
function mergeEqual(events: readonly PrivacyEvent[]): PrivacyEvent[] {
  const merged = new Map<string, PrivacyEvent>();
  for (const event of events) {
    const key =
      event.kind === "SampledGaussian"
        ? `G ${event.samplingRate} ${event.noiseMultiplier}`
        : `S ${event.sensitivityL2} ${event.sensitivityL1} ${event.variance}`;
    const known = merged.get(key);
    merged.set(key, known ? { ...known, steps: known.steps + event.steps } : event);
  }
  return [...merged.values()].flatMap(divideSteps);
}

function divideSteps(event: PrivacyEvent): PrivacyEvent[] {
  const parts = Math.ceil(event.steps / MAX_STEPS);
  return Array.from({ length: parts }, (_, part) => ({
    ...event,
    steps: Math.min(MAX_STEPS, event.steps - part * MAX_STEPS),
  }));
}

function sensitivityOf({ sensitivityL1, sensitivityL2 }: SkellamEvent): { l1: number; l2: number } {
  return { l1: sensitivityL1, l2: sensitivityL2 };
}
