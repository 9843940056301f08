import { ranksOf, toHex } from "@tributary/federated";
import type { LedgerCohort, LedgerParty, LedgerSegment } from "../../store/ledger-line.ts";
import type { RoundRun } from "../run/round-run.ts";
import type { SummedCohort } from "./summed-cohort.ts";

/** Ids of the parties whose input is in the sum of a segment. */
export function partiesOf({ state }: RoundRun, segment: number): number[] {
  const bitmap = segmentOf(state, segment)?.survivors;
  return bitmap ? ranksOf(bitmap).map((rank) => state.setup.roster[rank]!.id) : [];
}

/** Digest of a segment's sum as it was recorded before its survivors were announced. */
export function recordedSha256({ state }: RoundRun, segment: number): Uint8Array {
  return segmentOf(state, segment)!.sumSha256!;
}

/** A cohort whose sums are open as the ledger holds it. */
export function ledgerCohort({ run, layout, record }: SummedCohort): LedgerCohort {
  const { setup, setupDigest, plan } = run.state;
  // The last metrics tell of all the work of the round.
  const survivors = partiesOf(run, layout.metrics.at(-1)!.segment.id);
  return {
    round: setup.round,
    attempt: setup.attempt,
    baseRound: record.line,
    weight: 1,
    roster: setup.roster.map(({ id }) => id),
    survivors: survivors.map((party) => nameOf(record.parties, party)),
    dropOuts: setup.roster.length - survivors.length,
    setupSha256: toHex(setupDigest),
    termsSha256: toHex(setup.contextSha256),
    startSha256: toHex(plan!.plan.modelSha256),
    planSha256: toHex(plan!.digest),
    segments: Object.fromEntries(setup.segments.map(({ id }) => [id, ledgerSegment(run, id)])),
  };
}

function ledgerSegment({ state }: RoundRun, segment: number): LedgerSegment {
  const { survivors, sumSha256 } = segmentOf(state, segment)!;
  return { survivors: toHex(survivors!), sumSha256: toHex(sumSha256!) };
}

function segmentOf({ setup, segments }: RoundRun["state"], segment: number) {
  return segments[setup.segments.findIndex(({ id }) => id === segment)];
}

function nameOf(parties: SummedCohort["record"]["parties"], party: number): LedgerParty {
  return parties[party] ?? { participant: "", workerIndex: party };
}
