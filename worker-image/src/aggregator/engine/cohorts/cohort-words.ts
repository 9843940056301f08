import type { partyV1 } from "@tributary/contracts";
import { isPlanned, RoundStage } from "@tributary/federated";
import type { PartyMessage } from "../../party/party-directory.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { isAnnounced } from "../run/lost-parties.ts";
import type { RoundRun } from "../run/round-run.ts";
import { UNMASK_TIMEOUT_MS } from "./await-outcome.ts";
import { type RoundPapers, signOpened, signStarted, type Timed } from "./round-opening.ts";

/** What the parties of a cohort are told of it besides the messages of the protocol. */
export class CohortWords {
  readonly #deps: EngineDeps;
  readonly #run: RoundRun;
  readonly #papers: RoundPapers;
  /** When reports are of no use any more, on the monotonic clock. */
  readonly #expiresMs: number;
  /** What each party is sent first, and when it starts, signed once. */
  #opened: Timed<partyV1.RoundOpened> | undefined;
  #started: Timed<partyV1.RoundStarted> | undefined;

  constructor(deps: EngineDeps, run: RoundRun, papers: RoundPapers, expiresMs: number) {
    this.#deps = deps;
    this.#run = run;
    this.#papers = papers;
    this.#expiresMs = expiresMs;
  }

  /** Opens the round for a party, and starts it where its start is known, unless it is in the ledger. */
  sayOpened(party: number): void {
    if (this.#run.state.stage === RoundStage.Committed) return;
    this.#opened ??= signOpened(this.#signer, this.#run.state, this.#run.setupMessage, this.#papers);
    this.#send(party, { case: "opened", value: this.#opened(this.#remainingMs) });
    this.sayStarted(party);
  }

  /** Starts the opened round for a party; says nothing while its start is not known. */
  sayStarted(party: number): void {
    const { state } = this.#run;
    if (!isPlanned(state)) return;
    this.#started ??= signStarted(this.#signer, state, this.#run.planMessage, this.#papers);
    this.#send(party, { case: "started", value: this.#started(this.#remainingMs) });
  }

  /** Tells a party how the round ended. */
  sayClosed(party: number, committed: boolean, reasonCode: string): void {
    this.#send(party, { case: "closed", value: { committed, reasonCode } as never });
  }

  get #signer() {
    const { crypto, identity } = this.#deps;
    return { crypto, signingSecret: identity.secretKey };
  }

  /** After the announcement no report is late any more: a worker that comes back must have the time to be asked for its word. */
  get #remainingMs(): number {
    const leastMs = isAnnounced(this.#run.state) ? UNMASK_TIMEOUT_MS : 0;
    return Math.max(leastMs, this.#expiresMs - this.#deps.clock.monotonicMs());
  }

  #send(party: number, message: PartyMessage): void {
    const { round, attempt } = this.#run.state.setup;
    this.#deps.parties.send(party, { round, attempt, message });
  }
}
