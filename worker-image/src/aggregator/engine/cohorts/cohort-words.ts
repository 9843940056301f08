import { RoundStage } from "@tributary/federated";
import type { PartyMessage } from "../../party/party-directory.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { isAnnounced } from "../run/lost-parties.ts";
import type { RoundRun } from "../run/round-run.ts";
import { UNMASK_TIMEOUT_MS } from "./await-outcome.ts";
import { type RoundOpening, type RoundPapers, signOpening } from "./round-opening.ts";

/** What the parties of a cohort are told of it besides the messages of the protocol. */
export class CohortWords {
  readonly #deps: EngineDeps;
  readonly #run: RoundRun;
  readonly #papers: RoundPapers;
  /** When reports are of no use any more, on the monotonic clock. */
  readonly #expiresMs: number;
  /** What each party is sent first, signed once. */
  #opening: RoundOpening | undefined;

  constructor(deps: EngineDeps, run: RoundRun, papers: RoundPapers, expiresMs: number) {
    this.#deps = deps;
    this.#run = run;
    this.#papers = papers;
    this.#expiresMs = expiresMs;
  }

  /** Opens the round for a party, unless it is in the ledger. */
  sayOpened(party: number): void {
    if (this.#run.state.stage === RoundStage.Committed) return;
    const { clock, crypto, identity } = this.#deps;
    // After the announcement no report is late any more: a worker that comes back must have the time to be asked for its word.
    const leastMs = isAnnounced(this.#run.state) ? UNMASK_TIMEOUT_MS : 0;
    const remainingMs = Math.max(leastMs, this.#expiresMs - clock.monotonicMs());
    const signer = { crypto, signingSecret: identity.secretKey };
    this.#opening ??= signOpening(signer, this.#run.state, this.#run.opening, this.#papers);
    this.#send(party, { case: "opened", value: this.#opening.opened(remainingMs) });
    this.#send(party, { case: "started", value: this.#opening.started });
  }

  /** Tells a party how the round ended. */
  sayClosed(party: number, committed: boolean, reasonCode: string): void {
    this.#send(party, { case: "closed", value: { committed, reasonCode } as never });
  }

  #send(party: number, message: PartyMessage): void {
    const { round, attempt } = this.#run.state.setup;
    this.#deps.parties.send(party, { round, attempt, message });
  }
}
