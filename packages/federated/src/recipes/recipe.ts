import { requireArgument } from "../errors.ts";
import type { NamedShape, Section } from "../reports/section.ts";
import type { Disclosure, ScriptStep } from "../terms/script.ts";

/** What a recipe knows of its job. */
export interface RecipeJob {
  /** Tensors that rounds exchange, in the order of the flat vector. */
  readonly tensors: readonly NamedShape[];
  /** Whether the exchanged tensors are an adapter on a frozen base model. */
  readonly hasAdapter: boolean;
}

/** What a recipe remembers from round to round: JSON, in every line of the ledger, at most 16 KiB of it. */
export type RecipeState = Readonly<Record<string, string | number | boolean | readonly string[]>>;

const MAX_RECIPE_STATE_BYTES = 16_384;

/** @throws ArgumentError for a state that is too large for a line of the ledger. */
export function requireRecipeState(state: RecipeState): RecipeState {
  const { length } = new TextEncoder().encode(JSON.stringify(state));
  const rule = `at most ${MAX_RECIPE_STATE_BYTES} bytes of JSON`;
  requireArgument(length <= MAX_RECIPE_STATE_BYTES, "recipeState", length, rule);
  return state;
}

/** What a committed round came to. */
export interface RoundOutcome {
  readonly phase: string;
  /** Mean of each metric over what it counts, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Parties whose reports are in the sums. */
  readonly survivors: number;
}

/** What a recipe is asked to plan. */
export interface RoundFacts {
  readonly isEvaluateOnly: boolean;
}

/** What a committed round makes of an object: `Update` adds the section's mean by the server optimiser. */
export interface WrittenObject {
  readonly object: string;
  readonly from: "Update";
  readonly section: string;
}

/** A round as a recipe plans it: fixed before it starts, run by the aggregator and the parties as it stands. */
export interface RoundScript {
  /** Printed in status and ledger, for example `Train`. */
  readonly phase: string;
  readonly steps: readonly ScriptStep[];
  readonly sections: readonly Section[];
  /** Objects of the start, ascending. */
  readonly reads: readonly string[];
  readonly writes: readonly WrittenObject[];
}

/** What is in every masked sum that is opened. */
export interface OpenedSum {
  /** Fewest workers. */
  readonly minWorkers: number;
  /** Fewest organisations whose workers they are. */
  readonly minOrganisations: number;
}

/** What is known of a job before anything runs, as far as it decides what leaves its workers. */
export interface DisclosedJob {
  /** What a sum must hold before it is opened, where reports are masked; undefined where each can be read. */
  readonly masks: OpenedSum | undefined;
}

/** What leaves a worker, and to whom; computed before anything runs. */
export interface DisclosureLine {
  /** What leaves: a section of the report. */
  readonly set: string;
  /** Role of the workers that it leaves. */
  readonly role: string;
  readonly disclosure: Disclosure;
  /** One sentence for whoever decides about the member. */
  readonly meaning: string;
}

/** A paradigm as a pure function of its job: which roles and verbs it needs, what each round does, what leaves whom. */
export interface Recipe {
  readonly paradigm: string;
  /** Roles with the verbs that a trainer of the role is asked for. */
  readonly roles: readonly { readonly role: string; readonly kinds: readonly string[] }[];
  /** State before the first round. */
  readonly start: (job: RecipeJob) => RecipeState;
  readonly plan: (job: RecipeJob, state: RecipeState, facts: RoundFacts) => RoundScript;
  /** State after a committed round. */
  readonly conclude: (job: RecipeJob, state: RecipeState, outcome: RoundOutcome) => RecipeState;
  /** What leaves each worker of the job in any of its rounds. */
  readonly disclosures: (job: DisclosedJob) => readonly DisclosureLine[];
}
