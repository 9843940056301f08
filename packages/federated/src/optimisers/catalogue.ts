import { ArgumentError } from "../errors.ts";
import { fedAdagrad, fedAdam, fedYogi } from "./adaptive.ts";
import { fedAvg } from "./fed-avg.ts";
import { fedNova } from "./fed-nova.ts";
import { diLoCo, fedAvgM } from "./momentum.ts";
import type { ServerOptimiser } from "./server-optimiser.ts";

const optimisers = [fedAvg, fedAvgM, fedAdagrad, fedAdam, fedYogi, fedNova, diLoCo] as const;

/** Names of all server optimisers, as `spec.strategy.name` writes them. */
export const SERVER_OPTIMISER_NAMES: readonly string[] = optimisers.map(({ name }) => name);

/**
 * The server optimiser of a name. All of them need nothing but sums, so all run under masking.
 *
 * @throws ArgumentError listing the known names.
 */
export function serverOptimiserByName(name: string): ServerOptimiser {
  const found = optimisers.find((optimiser) => optimiser.name === name);
  if (!found) throw new ArgumentError("strategy.name", name, `one of ${SERVER_OPTIMISER_NAMES.join(", ")}`);
  return found;
}
