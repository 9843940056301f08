import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { horizontal } from "@tributary/federated";
import type { RegisteredTrainer } from "../../shared/trainer/registered-trainer.ts";

/** Verbs that some recipe asks for: what else a trainer does is nobody's business outside its pod. */
const ASKED = new Set(horizontal.roles.flatMap(({ kinds }) => kinds));
const BACKENDS: readonly string[] = ["tensorflow", "pytorch", "jax", "numpy"];
const GIBIBYTE = 2n ** 30n;

/**
 * What the hub learns of a trainer, before any round and any sum: words of a closed list and round numbers, so that nothing which a trainer
 * makes of its data can leave by them. Figures that no decision uses stay in the pod.
 */
export function announced({ kinds, capability }: RegisteredTrainer): RegisteredTrainer {
  const { backend = "", dtypes = [], memoryBytes = 0n, preemptible = false } = capability ?? {};
  return {
    kinds: kinds.filter((kind) => ASKED.has(kind)),
    capability: create(trainerV1.CapabilitySchema, {
      backend: BACKENDS.includes(backend) ? backend : "",
      dtypes: [...dtypes].sort(),
      memoryBytes: (memoryBytes / GIBIBYTE) * GIBIBYTE,
      preemptible,
    }),
  };
}
