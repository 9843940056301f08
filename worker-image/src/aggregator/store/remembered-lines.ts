import type { LedgerCohort, LedgerLine, LedgerParty } from "./ledger-line.ts";

/** A cohort of a remembered line. */
export type RememberedCohort = Pick<LedgerCohort, "round" | "attempt" | "survivors" | "dropOuts">;

/** A line as it stays in memory, without what only whoever computes the round again needs: that is in its file. */
export type RememberedLine = Omit<LedgerLine, "cohorts" | "stepExponents"> & {
  readonly cohorts: readonly RememberedCohort[];
};

/** Lines as they stay in memory. A job may have a hundred thousand of them, and each names its workers: a worker's name is held once. */
export class RememberedLines {
  readonly #parties = new Map<string, Map<number, LedgerParty>>();

  /** What stays of a line. */
  remember({ stepExponents: _, ...line }: LedgerLine): RememberedLine {
    const cohorts = line.cohorts.map(({ round, attempt, survivors, dropOuts }) => {
      return { round, attempt, survivors: survivors.map((party) => this.#held(party)), dropOuts };
    });
    return { ...line, cohorts };
  }

  #held(party: LedgerParty): LedgerParty {
    const { participant, workerIndex } = party;
    const workers = this.#parties.get(participant) ?? new Map<number, LedgerParty>();
    this.#parties.set(participant, workers);
    const held = workers.get(workerIndex) ?? party;
    workers.set(workerIndex, held);
    return held;
  }
}
