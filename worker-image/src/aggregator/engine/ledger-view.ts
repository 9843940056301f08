import { equals } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import type { RoundStore } from "../store/round-store.ts";
import type { Checkpoints, JobModels } from "./job-models.ts";
import { countCommitted, RoundsJudge, type RoundsVerdict } from "./judge-rounds.ts";

type ConvergenceRule = controlV1.ConvergenceRule;

/** What follows from the ledger under a convergence rule. */
export interface LedgerFigures {
  readonly verdict: RoundsVerdict;
  /** Rounds that changed the model. */
  readonly committedRounds: number;
  /** The newest committed model and the best one that was evaluated. */
  readonly models: Checkpoints;
}

/**
 * The ledger as status shows it. It is asked at every change and every poll, and the ledger may have a hundred thousand rounds: what
 * follows from them is made once a round, and the rule is applied to each round once, also when the next window brings the same rule again.
 */
export class LedgerView {
  readonly #store: RoundStore;
  readonly #models: JobModels;
  #judge: { readonly rule: ConvergenceRule | undefined; readonly judge: RoundsJudge } | undefined;
  #known: { readonly judge: RoundsJudge; readonly head: string; readonly figures: LedgerFigures } | undefined;

  constructor(store: RoundStore, models: JobModels) {
    this.#store = store;
    this.#models = models;
  }

  /** What follows from the ledger as it is now. */
  under(rule: ConvergenceRule | undefined): LedgerFigures {
    const judge = this.#judgeOf(rule);
    const { head } = this.#store;
    if (this.#known?.judge === judge && this.#known.head === head) return this.#known.figures;
    const lines = this.#store.rounds.map(({ line }) => line);
    const verdict = judge.judge(lines);
    const models = this.#models.checkpoints(lines, verdict, rule?.metric ?? "");
    const figures = { verdict, committedRounds: countCommitted(lines), models };
    this.#known = { judge, head, figures };
    return figures;
  }

  #judgeOf(rule: ConvergenceRule | undefined): RoundsJudge {
    if (this.#judge !== undefined && isSameRule(this.#judge.rule, rule)) return this.#judge.judge;
    const judge = new RoundsJudge(rule);
    this.#judge = { rule, judge };
    return judge;
  }
}

function isSameRule(a: ConvergenceRule | undefined, b: ConvergenceRule | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || equals(controlV1.ConvergenceRuleSchema, a, b);
}
