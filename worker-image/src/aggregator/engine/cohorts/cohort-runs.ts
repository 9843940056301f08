import { type CohortId, type CohortPlan, RoundStage } from "@tributary/federated";
import { asTributaryError, TributaryError } from "@tributary/kit";
import type { PartyMessage } from "../../party/party-directory.ts";
import type { EngineDeps, EngineProblem } from "../engine-deps.ts";
import { Cohort, type CohortDeps } from "./cohort.ts";
import type { CohortFiles } from "./cohort-files.ts";
import { type CohortJournal, emptyJournal, isSameCohort, type SpentSum } from "./cohort-records.ts";
import { EARLY_LIFE_MS, type EarlyCohort, isStillIt, underNumberOf } from "./early-cohort.ts";
import { type CohortPlace, type PlannedCohort, planCohort, type WindowTerms } from "./plan-cohort.ts";

/**
 * The cohorts of a job: opens them, takes them up after a restart, finds the one that a message is of, and tells parties of them. One
 * that closed empty is closed for good; one that is in the ledger stays until room is made for the next one, for parties that come back.
 */
export class CohortRuns {
  readonly #deps: CohortDeps;
  readonly #files: CohortFiles;
  #journal: CohortJournal = emptyJournal;
  /** In the order in which they were opened. */
  #cohorts: readonly Cohort[] = [];
  /** The next one, while its parties exchange keys and another is in work: it is none of those that are open, and no later process takes it up. */
  #early: EarlyCohort | undefined;

  constructor(engine: EngineDeps, files: CohortFiles, onChange: () => void) {
    this.#files = files;
    // What fails outside the loop has ended the attempt, and with it the loop: here it is only told.
    const onError = (error: unknown) => engine.log.error({ err: error }, asTributaryError(error).message);
    this.#deps = { engine, files, onChange, onError };
  }

  /** What is known of all that were ever opened. */
  get journal(): CohortJournal {
    return this.#journal;
  }

  /** Those that are neither in the ledger nor closed, in the order in which they were opened. */
  get open(): readonly Cohort[] {
    return this.#cohorts.filter(({ run }) => run.state.stage !== RoundStage.Committed);
  }

  /** The one that status shows: of those at work the furthest behind, else the newest in the ledger. */
  get shown(): Cohort | undefined {
    return this.open[0] ?? this.#cohorts.at(-1);
  }

  /** An open one by its id; INVARIANT_BROKEN for another. */
  require(id: CohortId): Cohort {
    const found = this.open.find((cohort) => isSameCohort(cohort.id, id));
    if (found === undefined)
      throw new TributaryError("INVARIANT_BROKEN", `cohort ${id.setup}-${id.attempt} is not open`);
    return found;
  }

  /** The one that a party's message or segment is of. */
  find(party: number, round: number, attempt: number): Cohort | undefined {
    return this.#told.find((cohort) => isSameCohort(cohort.id, { setup: round, attempt }) && cohort.has(party));
  }

  /** Whether the report of whoever sits on a seat is complete in every segment of the newest cohort that has it. */
  hasReported(party: number): boolean {
    return this.#cohorts.findLast((cohort) => cohort.has(party))?.hasReported(party) ?? false;
  }

  /** Why the newest attempt at the next line closed empty; `undefined` when none did. */
  get closed(): EngineProblem | undefined {
    const { line, closed } = this.#journal;
    return line < this.#deps.engine.store.rounds.length ? undefined : closed;
  }

  /** The sum that an attempt at the next line announced and that was given up; `undefined` when there is none. */
  get spent(): SpentSum | undefined {
    const { spent } = this.#journal;
    return spent?.line === this.#deps.engine.store.rounds.length ? spent : undefined;
  }

  /**
   * Takes up what a former process left; what cannot be read of it is left without being counted, and the next attempt opens: after a masked sum
   * was announced by its workers alone, and counted.
   */
  async restore(): Promise<void> {
    await this.#files.removeFormer();
    this.#journal = await this.#files.loadJournal();
    for (const id of this.#journal.cohorts) {
      const cohort = await Cohort.resume(this.#deps, id);
      if (cohort !== undefined) this.#cohorts = [...this.#cohorts, cohort];
      if (cohort !== undefined && (await this.#isOfUse(cohort))) continue;
      if (cohort !== undefined) await this.#leave(cohort);
      await this.#closeAnnounced(id);
    }
  }

  /** Makes room for the next cohort: those that are in the ledger go, with all that was staged for them. */
  async makeRoom(): Promise<void> {
    const { open } = this;
    for (const cohort of this.#cohorts) if (!open.includes(cohort)) await cohort.close();
    this.#cohorts = open;
    await this.#files.keepOnly(this.#told.map(({ id }) => id));
  }

  /** Opens the next attempt at a ledger line with those who were chosen now, under the terms of a window. */
  async openCohort(line: number, terms: WindowTerms, chosen: CohortPlan): Promise<void> {
    const { line: lastLine, attempt: lastAttempt } = this.#journal;
    const attempt = lastLine === line ? lastAttempt + 1 : 1;
    const place = { line, attempt, lastSetup: this.#lastSetup, spentThreshold: this.spent?.threshold };
    const early = this.spent === undefined ? this.#planEarly(place, terms, chosen) : undefined;
    // What starts is not closed by its time while its start is written.
    if (early !== undefined) this.#early!.life.abort();
    if (early !== undefined && (await this.#openPlanned(place, early.planned, early.cohort))) return;
    await this.dropEarly();
    await this.#openPlanned(place, planCohort(this.#deps.engine, place, terms, chosen));
  }

  /** False where its keys were exchanged early and it cannot start with them: then nobody was told, and the line is as open as before. */
  async #openPlanned(place: CohortPlace, planned: PlannedCohort, early?: Cohort): Promise<boolean> {
    const { clock, log, config } = this.#deps.engine;
    const { line, attempt, lastSetup } = place;
    const [last, { spent }] = [this.#journal, this];
    const { setup } = planned.record;
    const cohorts = [...this.open.map(({ id }) => id), { setup, attempt }];
    // Why an attempt at the line closed empty stays until the line is there.
    const closed = last.line === line ? last.closed : undefined;
    const lasting = { ...(closed && { closed }), ...(spent && { spent }) };
    await this.#keep({ setup: Math.max(setup, last.setup), line, attempt, failed: last.failed, cohorts, ...lasting });
    this.#noteJump(line, setup, lastSetup);
    const record = { ...planned.record, startedMs: clock.nowMs() };
    if (early !== undefined && !(await early.start(record, planned.plan))) return false;
    log.info({ round: line, attempt, setup, parties: planned.holders.length, job: config.job.name }, "round opened");
    const cohort = early ?? (await Cohort.open(this.#deps, record, planned));
    this.#cohorts = [...this.#cohorts, cohort];
    if (early === undefined) cohort.sayOpened();
    else cohort.sayStarted();
    if (early !== undefined) this.#early = undefined;
    return true;
  }

  /**
   * Opens the first attempt at a line while the one before is in work: its parties exchange keys. It is used if it is the one that would be opened
   * then, and closed otherwise.
   */
  async openEarly(line: number, terms: WindowTerms, chosen: CohortPlan): Promise<void> {
    await this.dropEarly();
    const { clock, log } = this.#deps.engine;
    const lastSetup = this.#lastSetup;
    const planned = planCohort(this.#deps.engine, { line, attempt: 1, lastSetup }, terms, chosen);
    const { setup } = planned.record;
    // Whatever becomes of it, its number is never used again.
    await this.#keep({ ...this.#journal, setup });
    this.#noteJump(line, setup, lastSetup);
    const plan = { ...planned.record.plan, deadlineMs: EARLY_LIFE_MS };
    const record = { ...planned.record, plan, startedMs: clock.nowMs() };
    const cohort = await Cohort.openEarly(this.#deps, record, planned.setup);
    this.#early = { cohort, planned, openedMs: clock.monotonicMs(), life: new AbortController() };
    log.info({ round: line, setup, parties: chosen.parties.length }, "keys of the next round are exchanged");
    cohort.sayOpened();
    this.#dropInTime(this.#early);
  }

  /** One that became too old to start is closed then, whatever else happens: its parties need not remember it. */
  #dropInTime({ life: { signal } }: EarlyCohort): void {
    const { clock } = this.#deps.engine;
    const drop = () => (signal.aborted ? undefined : this.dropEarly().catch(this.#deps.onError));
    clock.sleep(EARLY_LIFE_MS, signal).then(drop, () => {});
  }

  /** Closes the one that was opened early; nobody will start it. */
  async dropEarly(): Promise<void> {
    const early = this.#early;
    if (early === undefined) return;
    this.#early = undefined;
    early.life.abort();
    await early.cohort.close();
    const { line: round, setup } = early.cohort.record;
    this.#deps.engine.log.info({ round, setup }, "keys of the next round are not used");
    early.cohort.sayClosed(false, "ROUND_NOT_OPEN");
  }

  /** A cohort is in the ledger: its parties are told, also those who come back later. */
  async committed(cohort: Cohort): Promise<void> {
    await cohort.run.post({ type: "committed" });
    cohort.sayClosed(true, "");
  }

  /** A cohort ended without a sum: counts it and closes it in one write, so that no later process does either again, and tells. */
  async closeEmpty(cohort: Cohort, reason: EngineProblem): Promise<void> {
    const { crash } = this.#deps.engine;
    await cohort.close();
    crash("before-close");
    const journal = this.#journal;
    const cohorts = journal.cohorts.filter((id) => !isSameCohort(id, cohort.id));
    const { line, attempt } = cohort.record;
    // The newest setup may be one whose keys alone were exchanged.
    const isNewest = line === journal.line && attempt === journal.attempt;
    const { spent } = cohort;
    await this.#keep({
      ...journal,
      failed: journal.failed + 1,
      cohorts,
      ...(isNewest && { closed: reason }),
      ...(spent && { spent }),
    });
    crash("after-close");
    this.#cohorts = this.#cohorts.filter((one) => one !== cohort);
    cohort.sayClosed(false, reason.code);
    await this.dropEarly();
  }

  /** Leaves those that nobody waits for: the job is over. */
  async leaveIdle(): Promise<void> {
    for (const cohort of this.open) if (!cohort.isAtWork) await this.#leave(cohort);
  }

  /** Stops whatever runs; its files stay for the next process. */
  async stop(): Promise<void> {
    const cohorts = this.#told;
    this.#early?.life.abort();
    [this.#early, this.#cohorts] = [undefined, []];
    for (const cohort of cohorts) await cohort.close();
  }

  /** Says to a party that comes (back) what it may have missed. */
  welcome(party: number): void {
    for (const cohort of this.#told) cohort.welcome(party);
  }

  /** A party is gone for every cohort that it is of. */
  dropParty(party: number): void {
    for (const cohort of this.#told) cohort.dropParty(party);
  }

  /** Sends to one party, addressed to the newest cohort. */
  send(party: number, message: PartyMessage): void {
    const { setup: round, attempt } = this.#journal;
    this.#deps.engine.parties.send(party, { round, attempt, message });
  }

  /** All of which parties were told, and not that it is closed: the one that was opened early comes last. */
  get #told(): readonly Cohort[] {
    return this.#early === undefined ? this.#cohorts : [...this.#cohorts, this.#early.cohort];
  }

  get #lastSetup(): number {
    return Math.max(this.#journal.setup, newestSetup(this.#deps.engine.store.rounds));
  }

  /** The one that was opened early, as it starts now; `undefined` when another one is to be opened. */
  #planEarly(place: CohortPlace, terms: WindowTerms, chosen: CohortPlan) {
    const early = this.#early;
    if (early === undefined) return undefined;
    const { engine } = this.#deps;
    const anew = planCohort(engine, { ...place, known: early.planned.holders }, terms, chosen);
    if (!isStillIt(early, anew, engine.clock.monotonicMs())) return undefined;
    return { cohort: early.cohort, planned: underNumberOf(early, anew) };
  }

  #noteJump(round: number, setup: number, last: number): void {
    if (setup <= last + 1) return;
    const message = "workers took later setups than this volume knows of; it was restored, or one lies";
    this.#deps.engine.log.warn({ round, setup, last }, message);
  }

  /** Whether a cohort of a former process is gone on with, or its parties are told that it is in the ledger. */
  async #isOfUse(cohort: Cohort): Promise<boolean> {
    const { store, log } = this.#deps.engine;
    const { line, setup, attempt } = cohort.record;
    const isCommitted = store.rounds
      .slice(line)
      .some(({ line: { cohorts } }) =>
        cohorts.some((one) => isSameCohort({ setup: one.round, attempt: one.attempt }, cohort.id)),
      );
    if (isCommitted) {
      if (await cohort.tellCommitted()) return true;
      log.warn({ setup, attempt }, "what the committed round held is not known any more; no result is sent");
      return false;
    }
    if (line !== store.rounds.length || !cohort.canGoOn) return false;
    await cohort.dropUnseated();
    return true;
  }

  /**
   * What is left of a cohort is of no use, and it announced a masked sum at the next line, which some may have signed: closes it by its cause,
   * counted once, and keeps whose sum it was. Members' gates let nobody else sign one on this start.
   */
  async #closeAnnounced(id: CohortId): Promise<void> {
    const { store, log } = this.#deps.engine;
    const spent = await this.#files.loadAnnounced(id);
    if (spent?.line !== store.rounds.length) return;
    const message = `files of attempt ${id.attempt} at ledger line ${spent.line} are damaged, or of another version, and its sum of ${spent.parties.length} workers was announced; only they may repeat it`;
    const closed = { code: "SUM_DAMAGED", message } as const;
    const journal = this.#journal;
    const cohorts = journal.cohorts.filter((other) => !isSameCohort(other, id));
    await this.#keep({ ...journal, failed: journal.failed + 1, cohorts, closed, spent });
    log.error({ ...id, ...closed }, "round closed empty");
  }

  async #leave(cohort: Cohort): Promise<void> {
    this.#cohorts = this.#cohorts.filter((one) => one !== cohort);
    await cohort.close();
  }

  async #keep(journal: CohortJournal): Promise<void> {
    await this.#files.saveJournal(journal);
    this.#journal = journal;
  }
}

/** Number of the newest setup that the ledger knows of, where the journal is lost or from a backup that is older. */
function newestSetup(rounds: EngineDeps["store"]["rounds"]): number {
  return Math.max(0, ...(rounds.at(-1)?.line.cohorts ?? []).map(({ round }) => round));
}
