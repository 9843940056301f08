import { MessageType } from "@tributary/federated";
import type { AddressedMessage, PartyEntry, PartyMessage } from "../../party/party-directory.ts";
import type { CohortRecord } from "../cohorts/cohort-records.ts";
import type { EngineDeps } from "../engine-deps.ts";
import type { RoundRun } from "./round-run.ts";
import type { RunDeps } from "./run-contract.ts";

/** What a run tells whoever opened it. */
export interface RunOwner extends Pick<RunDeps, "directory" | "keepRecord" | "keepAnnounced" | "opened" | "changed"> {
  /** Whether a party's seat is another's since the attempt was opened. */
  readonly isUnseated: (party: number) => boolean;
}

/** Refusals that say of a party what it did wrong; others are of words that came late. */
const FAULTS: ReadonlySet<string> = new Set(["PayloadMismatch", "SignatureInvalid", "MessageChanged"]);

/** What the run of a cohort needs: its messages go to its parties, addressed by its setup, and what parties do wrong is told by their names. */
export function runDeps(
  { crypto, identity, log, crash, parties }: EngineDeps,
  { line, setup, attempt, parties: roster }: CohortRecord,
  { isUnseated, ...owner }: RunOwner,
): RunDeps {
  return {
    context: { crypto, signingSecret: identity.secretKey },
    log: log.child({ round: line, attempt }),
    crash,
    ...owner,
    send: (to, message) => {
      // Setup and plan travel with terms and start, before everything else of the round.
      if (message[1] === MessageType.Setup || message[1] === MessageType.Plan) return;
      const receivers = to === "all" ? Object.keys(roster).map(Number) : [to];
      const value: PartyMessage = { case: "secagg", value: message };
      const addressed = { round: setup, attempt, message: value } as AddressedMessage;
      for (const party of receivers) parties.send(party, addressed);
    },
    refused: (party, reason, detail) => {
      parties.noteRefused();
      if (isUnseated(party) || !FAULTS.has(reason)) return;
      parties.setProblem(party, { code: "PROTOCOL_REFUSED", message: detail });
    },
    dropped: (party, message) => {
      if (!isUnseated(party)) parties.setProblem(party, { code: "REPORT_REFUSED", message });
    },
  };
}

/** Parties of the roster whose seats went while this process was down: a job that was changed numbers its seats anew. */
export function unseatedParties(
  { state }: RoundRun,
  { parties }: Pick<CohortRecord, "parties">,
  seats: readonly Pick<PartyEntry, "seat">[],
): ReadonlySet<number> {
  const present = new Map(seats.map(({ seat }) => [seat.partyId, seat]));
  const unseated = state.setup.roster.filter(({ id }) => {
    const [then, now] = [parties[id], present.get(id)];
    return then?.participant !== now?.participant.name || then?.workerIndex !== now?.workerIndex;
  });
  return new Set(unseated.map(({ id }) => id));
}
