import { DEFAULT_VALUE_BITS } from "../encoding/segment-table.ts";
import { type MetricSection, type Section, SectionWeighting, type TensorSection } from "../reports/section.ts";
import { Disclosure, type ScriptStep } from "../terms/script.ts";
import type { DisclosureLine, OpenedSum, Recipe, RecipeJob, RoundScript } from "./recipe.ts";

const ROLE = "Trainer";

const evaluation: MetricSection = { name: "evaluation", metrics: ["validation_loss"], hasNorms: false };

const training: MetricSection = { name: "training", metrics: ["training_loss"], hasNorms: true };

const evaluate: ScriptStep = {
  kind: "Evaluate",
  role: ROLE,
  inputs: [{ set: "model", object: "model" }],
  outputs: [],
  metrics: evaluation.name,
  parameters: { split: "validation" },
};

const train: ScriptStep = {
  kind: "Train",
  role: ROLE,
  inputs: [{ set: "model", object: "model" }],
  outputs: [{ set: "model", disclosure: Disclosure.SumOnly, section: "update" }],
  metrics: training.name,
  parameters: {},
};

const sums: readonly DisclosureLine[] = [
  { set: "update", role: ROLE, disclosure: Disclosure.SumOnly, meaning: "the sum of the workers' model updates" },
  {
    set: training.name,
    role: ROLE,
    disclosure: Disclosure.SumOnly,
    meaning: "sums of training losses and of sizes of updates",
  },
  {
    set: evaluation.name,
    role: ROLE,
    disclosure: Disclosure.SumOnly,
    meaning: "sums of validation losses and of what they count",
  },
];

const UNMASKED = "; without masks a hub admin can read each worker's summand";
/** Sums over many rounds, each without another worker, are equations for what does not change. */
const SOLVED = "; a worker's value that stays the same over many rounds can be solved for from their sums";

/**
 * Horizontal training: every worker evaluates the model that the round starts from, trains it on its own data, and reports the difference
 * as a summand. A round that only evaluates is the first half.
 */
export const horizontal: Recipe = {
  paradigm: "Horizontal",
  roles: [{ role: ROLE, kinds: ["Evaluate", "Train"] }],
  start: () => ({}),
  plan: (job, _state, { isEvaluateOnly }) => (isEvaluateOnly ? evaluateOnly(job) : trainingRound(job)),
  conclude: (_job, state) => state,
  disclosures: ({ masks }) => sums.map((line) => ({ ...line, meaning: `${line.meaning}${tellReaders(line, masks)}` })),
};

function tellReaders({ set }: DisclosureLine, masks: OpenedSum | undefined): string {
  if (masks === undefined) return UNMASKED;
  const { minWorkers, minOrganisations } = masks;
  const organisations = minOrganisations === 1 ? "1 organisation" : `${minOrganisations} organisations`;
  const opened = `; opened only with at least ${minWorkers} workers of at least ${organisations} in it`;
  return set === "update" ? opened : opened + SOLVED;
}

function trainingRound(job: RecipeJob): RoundScript {
  const sections: Section[] = [updateOf(job), evaluation, training];
  const writes = [{ object: "model", from: "Update", section: "update" } as const];
  return { phase: "Train", steps: [evaluate, train], sections, reads: readsOf(job), writes };
}

function evaluateOnly(job: RecipeJob): RoundScript {
  return { phase: "Evaluate", steps: [evaluate], sections: [evaluation], reads: readsOf(job), writes: [] };
}

function updateOf({ tensors }: RecipeJob): TensorSection {
  return {
    name: "update",
    tensors,
    minus: "model",
    weighting: SectionWeighting.Uniform,
    valueBits: DEFAULT_VALUE_BITS,
    isAdaptive: true,
    hasErrorFeedback: true,
  };
}

/** An adapter means nothing without its frozen base, and its own frozen half follows from its configuration and seed. */
function readsOf({ hasAdapter }: RecipeJob): string[] {
  return hasAdapter ? ["adapter", "base", "model"] : ["model"];
}
