import { TributaryError } from "@tributary/kit";
import type { SegmentResource } from "../../../shared/tensor-wire/resources.ts";
import type { PartyProblem } from "../../party/party-directory.ts";
import type { StagedSegment, TensorRound } from "../../wire/tensor-endpoint.ts";
import type { Committer } from "../commit/commit-plan.ts";
import type { EngineDeps } from "../engine-deps.ts";
import type { ServedObject } from "../job-models.ts";
import { expectedSizeBytes } from "../run/expected-size.ts";
import type { CohortRuns } from "./cohort-runs.ts";
import { lossOf } from "./loss-of.ts";

type InboxDeps = Pick<EngineDeps, "log" | "models" | "parties">;

/** What parties say and send, each word handed to the cohort that it is of: found by party, round and attempt. */
export class CohortInbox implements TensorRound {
  readonly #deps: InboxDeps;
  readonly #cohorts: CohortRuns;
  readonly #committer: Committer;

  constructor(deps: InboxDeps, cohorts: CohortRuns, committer: Committer) {
    this.#deps = deps;
    this.#cohorts = cohorts;
    this.#committer = committer;
  }

  /** Hands on a message of the protocol; one of another attempt is too late and only acknowledged. MESSAGE_CONFLICT for one that changed. */
  async receiveMessage(party: number, round: number, attempt: number, message: Uint8Array): Promise<void> {
    const cohort = this.#cohorts.find(party, round, attempt);
    if (cohort === undefined) return;
    const effects = await cohort.run.post({ type: "receive", from: party, message });
    const refused = effects.find((effect) => effect.type === "refused");
    if (refused?.refusal.reason === "MessageChanged")
      throw new TributaryError("MESSAGE_CONFLICT", refused.refusal.detail);
  }

  /** A party says that it cannot report in an open attempt; of another one, or once more, that is no news. */
  async receiveFailure(party: number, round: number, attempt: number, problem: PartyProblem): Promise<void> {
    const cohort = this.#cohorts.find(party, round, attempt);
    if (cohort === undefined || cohort.run.lost.has(party)) return;
    // One that has not started asks for no report yet: it is opened anew without this word, and heard then.
    if (cohort.hasStarted) {
      if (!this.#cohorts.open.includes(cohort)) return;
      this.#deps.parties.setProblem(party, problem);
    }
    this.#deps.log.warn(
      { party, round, attempt, ...problem },
      cohort.hasStarted ? "party cannot report" : "party exchanges no keys early",
    );
    await cohort.run.dropParty(party, lossOf(problem.code));
  }

  /** A party that breaks a bound is out of every open attempt, by name. */
  async dropParty(party: number, problem: PartyProblem): Promise<void> {
    const isNew = this.#deps.parties.setProblem(party, problem);
    if (isNew) this.#deps.log.warn({ party, ...problem }, "party is dropped");
    for (const cohort of this.#cohorts.open) await cohort.run.dropParty(party);
  }

  /** Where a segment of a party is staged, and how large it must be; ROUND_NOT_OPEN for one that nobody waits for. */
  stagingOf({ round, attempt, party, segment }: SegmentResource): StagedSegment {
    const cohort = this.#cohorts.find(party, round, attempt);
    const isOpen = cohort !== undefined && this.#cohorts.open.includes(cohort);
    const sizeBytes = isOpen ? expectedSizeBytes(cohort.run.state.setup, segment) : undefined;
    if (!isOpen || sizeBytes === undefined)
      throw new TributaryError("ROUND_NOT_OPEN", `round ${round} attempt ${attempt} waits for no such segment`);
    return { staging: cohort.run.staging, sizeBytes, section: cohort.sectionOf(segment) };
  }

  /** Every byte of a party's segment is staged. */
  segmentStored({ round, attempt, party, segment }: SegmentResource, sha256: string, sizeBytes: number): void {
    this.#cohorts.find(party, round, attempt)?.segmentStored({ party, segment }, sha256, sizeBytes);
  }

  /** The object with this digest (hexadecimal), when sidecars may fetch it. */
  fileOf(sha256: string): ServedObject | undefined {
    return this.#deps.models.fileOf(sha256);
  }

  /** Bytes of a set went over the wire; the next line says them. */
  countBytes(set: string, direction: "up" | "down", bytes: number): void {
    this.#committer.count(set, direction, bytes);
  }
}
