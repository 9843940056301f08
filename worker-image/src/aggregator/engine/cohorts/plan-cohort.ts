import type { controlV1 } from "@tributary/contracts";
import { type CohortPlan, equalBytes, Protocol } from "@tributary/federated";
import type { PartyEntry } from "../../party/party-directory.ts";
import type { EngineDeps } from "../engine-deps.ts";
import type { AttemptPlan, CohortRecord } from "./cohort-records.ts";
import { nextSetup } from "./next-setup.ts";
import { type RosterHolder, type SignedTerms, signedTerms } from "./round-terms.ts";

/** What a cohort takes from the window that is open. */
export type WindowTerms = Pick<controlV1.WindowPlan, "deadlineMs" | "localSteps" | "evaluateOnly">;

/** Where a cohort stands among all of its job. */
export interface CohortPlace {
  /** Ledger line that it may become. */
  readonly line: number;
  readonly attempt: number;
  /** Number of the newest setup before it. */
  readonly lastSetup: number;
  /** Threshold of the spent sum that it repeats; absent where it repeats none. */
  readonly spentThreshold?: number | undefined;
  /** How workers were known to each other when keys were exchanged: whoever is still there is known so. */
  readonly known?: readonly RosterHolder[];
}

/** A cohort before it is opened. */
export interface PlannedCohort extends Pick<SignedTerms, "setup" | "plan"> {
  /** Its parties, as the terms show them to each other. */
  readonly holders: readonly RosterHolder[];
  readonly record: Omit<CohortRecord, "startedMs">;
}

/** What a new cohort is about, as it is signed and remembered: its parties are those of the plan whose workers are there. */
export function planCohort(
  { config, crypto, identity, models, parties: directory }: EngineDeps,
  { line, attempt, lastSetup, spentThreshold, known = [] }: CohortPlace,
  terms: WindowTerms,
  { parties, minSurvivors }: CohortPlan,
): PlannedCohort {
  const all = directory.list();
  const chosen = new Set(parties);
  const isMasked = config.secureAggregation.protocol === Protocol.Masking;
  // Since it was chosen a worker may have gone, or its chain grown old.
  const isThere = ({ holder, attested }: PartyEntry) => holder !== undefined && (attested !== undefined || !isMasked);
  const members = all.filter((entry) => chosen.has(entry.seat.partyId) && isThere(entry));
  const job = { config, crypto, aggregatorKey: identity.publicKey, models, seats: all.map(({ seat }) => seat) };
  const plan = attemptPlan(terms, minSurvivors);
  const taken = members.map(({ seat, lastSetup: last }) => {
    return { organisation: seat.participant.organisation, lastSetup: last };
  });
  const setup = nextSetup(lastSetup, taken);
  const holders = members.map((member) => rosterHolder(member, isMasked, known));
  const signed = signedTerms(job, { line, setup, attempt, ...plan, spentThreshold, holders });
  const names = members.map(({ seat: { partyId, participant, workerIndex } }) => {
    return [partyId, { participant: participant.name, workerIndex }] as const;
  });
  const papers = { terms: base64(signed.terms), start: base64(signed.start) };
  return {
    setup: signed.setup,
    plan: signed.plan,
    holders,
    record: { line, setup, attempt, parties: Object.fromEntries(names), plan, papers },
  };
}

/** Under masks a worker is known by the certificate of its chain, whose key is that of the one for TLS. */
function rosterHolder(
  { holder, attested }: Pick<PartyEntry, "holder" | "attested">,
  isMasked: boolean,
  known: readonly RosterHolder[],
): RosterHolder {
  const { seat, publicKey, certificateSha256 } = holder!;
  const before = known.find((one) => one.seat.partyId === seat.partyId && equalBytes(one.publicKey, publicKey));
  if (before !== undefined) return { ...before, seat };
  return isMasked ? { seat, publicKey, ...attested! } : { seat, publicKey, certificateSha256, chainDer: [] };
}

function attemptPlan({ deadlineMs, localSteps, evaluateOnly }: WindowTerms, quorum: number): AttemptPlan {
  return { quorum, deadlineMs: Number(deadlineMs), localSteps: evaluateOnly ? 0 : localSteps, evaluateOnly };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
