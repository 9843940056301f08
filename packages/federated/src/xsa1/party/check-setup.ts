import { isRingBits } from "../../encoding/ring.ts";
import { COMPLETE_GRAPH_PARTIES, completeThreshold, keepsPrivacy } from "../../graph/neighbourhoods.ts";
import { equalBytes, toHex } from "../bytes.ts";
import { firstRefusal, type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { countOrganisations, isMasked } from "../roster.ts";
import { Protocol, type RosterEntry, type RoundSetup } from "../setup.ts";
import type { EnrolledParty, PartyContext, PartyPolicy } from "./party-types.ts";
import { DATA_NAME_BYTES } from "./sum-history.ts";

const MAX_HOLDERS = 65_535;

/** Why a party would not join a round with this setup, or `null`: roster, organisations, thresholds, graph and segments. */
export function checkSetup(
  context: PartyContext,
  setup: RoundSetup,
  enrolled: readonly EnrolledParty[],
): Refusal | null {
  const { policy, jobUid } = context.config;
  return firstRefusal(
    () =>
      unless(setup.jobUid === jobUid, RefusalReason.JobMismatch, `job ${setup.jobUid}, this party serves ${jobUid}`),
    () =>
      unless(policy.allowUnmasked || setup.protocol === Protocol.Masking, RefusalReason.ProtocolNotAllowed, "no masks"),
    () => checkRoster(context, setup.roster, enrolled),
    () => checkDataNames(setup, enrolled),
    () => checkOrganisations(setup, policy),
    () => checkThresholds(setup),
    () => checkGraph(setup, policy),
    () => checkSegments(setup),
  );
}

function checkRoster(
  context: PartyContext,
  roster: readonly RosterEntry[],
  enrolled: readonly EnrolledParty[],
): Refusal | null {
  const keys = roster.map((entry) => toHex(entry.publicKey));
  const isEnrolled = (entry: RosterEntry) => enrolled.some((worker) => isSameWorker(worker, entry));
  const stranger = roster.find((entry) => !isEnrolled(entry));
  return firstRefusal(
    () =>
      unless(
        keys.includes(toHex(context.publicKey)),
        RefusalReason.OwnIdentityMissing,
        "own identity key not in the roster",
      ),
    () =>
      unless(new Set(keys).size === keys.length, RefusalReason.DuplicateKey, "an identity key is in the roster twice"),
    () =>
      unless(
        stranger === undefined,
        RefusalReason.PartyNotEnrolled,
        `party ${stranger?.id} has no verified certificate`,
      ),
  );
}

/** The data names of the parties of a roster whose workers are all enrolled, in its order. */
export function dataNamesOf({ roster }: RoundSetup, enrolled: readonly EnrolledParty[]): Uint8Array[] {
  return roster.flatMap((entry) => enrolled.find((worker) => isSameWorker(worker, entry))?.dataName ?? []);
}

/** Sets of survivors are sets of data names: two parties of one name would count as one, and hide one. */
function checkDataNames(setup: RoundSetup, enrolled: readonly EnrolledParty[]): Refusal | null {
  if (!isMasked(setup)) return null;
  const names = dataNamesOf(setup, enrolled);
  const nameless = setup.roster.find((_, rank) => names[rank]!.length !== DATA_NAME_BYTES);
  if (nameless !== undefined) return refusal(RefusalReason.PartyNotEnrolled, `party ${nameless.id} has no data name`);
  const owners = new Map<string, number>();
  for (const [rank, { id }] of setup.roster.entries()) {
    const name = toHex(names[rank]!);
    const owner = owners.get(name);
    if (owner !== undefined)
      return refusal(RefusalReason.DuplicateData, `parties ${owner} and ${id} train on the same data`);
    owners.set(name, id);
  }
  return null;
}

function isSameWorker(worker: EnrolledParty, entry: RosterEntry): boolean {
  return (
    worker.organisation === entry.organisation &&
    equalBytes(worker.publicKey, entry.publicKey) &&
    equalBytes(worker.certificateSha256, entry.certificateSha256)
  );
}

function checkOrganisations(setup: RoundSetup, policy: PartyPolicy): Refusal | null {
  const { minOrganisations, roster } = setup;
  const count = countOrganisations(roster);
  const low = `minOrganisations is ${minOrganisations}, this member asks for ${policy.minOrganisations}`;
  const few = `${count} organisations in the roster, must be at least ${minOrganisations}`;
  return firstRefusal(
    () => unless(minOrganisations >= policy.minOrganisations, RefusalReason.MinOrganisationsTooLow, low),
    () => unless(count >= minOrganisations, RefusalReason.TooFewOrganisations, few),
  );
}

function checkThresholds(setup: RoundSetup): Refusal | null {
  const { threshold, minSurvivors, neighbours } = setup;
  const parties = setup.roster.length;
  const isMasked = setup.protocol === Protocol.Masking;
  const floor = isMasked ? 3 : 1;
  const holders = neighbours === 0 ? parties : neighbours;
  const lowest = isMasked && neighbours === 0 ? completeThreshold(parties) : floor;
  const survivors = Math.max(floor, threshold);
  return firstRefusal(
    () => unless(parties >= floor, RefusalReason.TooFewParties, `${parties} parties, must be at least ${floor}`),
    () =>
      unless(threshold >= lowest, RefusalReason.ThresholdTooLow, `threshold ${threshold}, must be at least ${lowest}`),
    () =>
      unless(
        threshold <= holders,
        RefusalReason.ThresholdTooHigh,
        `threshold ${threshold}, must be at most ${holders}`,
      ),
    () =>
      unless(
        minSurvivors >= survivors,
        RefusalReason.MinSurvivorsTooLow,
        `${minSurvivors}, must be at least ${survivors}`,
      ),
    () =>
      unless(
        parties >= minSurvivors,
        RefusalReason.TooFewParties,
        `${parties} parties, minSurvivors is ${minSurvivors}`,
      ),
  );
}

function checkGraph(setup: RoundSetup, policy: PartyPolicy): Refusal | null {
  const { neighbours, threshold } = setup;
  const parties = setup.roster.length;
  if (setup.protocol === Protocol.None || neighbours === 0) {
    return unless(parties <= MAX_HOLDERS, RefusalReason.GraphTooSparse, `${parties} parties cannot all hold shares`);
  }
  const isLarge = parties > COMPLETE_GRAPH_PARTIES && neighbours % 2 === 0 && neighbours < parties;
  const detail = `${neighbours} neighbours and threshold ${threshold} for ${parties} parties`;
  return isLarge ? checkGraphOfMembers(setup, parties, policy) : refusal(RefusalReason.GraphTooSparse, detail);
}

/**
 * Why a sparse graph over the parties that advertised keys is not private, or `null`.
 *
 * The hub chooses who is left out, so all corrupt parties of the roster count among the members. With so few members that everybody is a
 * neighbour, the threshold must be that of a complete graph.
 */
export function checkGraphOfMembers(setup: RoundSetup, members: number, policy: PartyPolicy): Refusal | null {
  const { neighbours, threshold, roster } = setup;
  if (neighbours === 0) return null;
  const corruptRatio = Math.min(1, (policy.corruptRatio * roster.length) / members);
  const bounds = { corruptRatio, dropRatio: policy.dropRatio, splitViews: true };
  const isComplete = neighbours >= members - 1;
  const isSafe = isComplete
    ? threshold >= completeThreshold(members)
    : keepsPrivacy(members, { neighbours, threshold }, bounds);
  const detail = `${neighbours} neighbours and threshold ${threshold} for ${members} members, ${corruptRatio} of them corrupt`;
  return unless(isSafe, RefusalReason.GraphTooSparse, detail);
}

function checkSegments(setup: RoundSetup): Refusal | null {
  const carryBits = Math.ceil(Math.log2(setup.roster.length));
  const bad = setup.segments.find(
    ({ valueCount, valueBits, ringBits }) =>
      valueCount < 1 || valueBits < 1 || !isRingBits(ringBits) || ringBits < valueBits + carryBits,
  );
  const detail =
    bad === undefined
      ? "no segment"
      : `segment ${bad.id}: ${bad.valueCount} values of ${bad.valueBits} bits in a ring of ${bad.ringBits}, ${carryBits} bits of carry`;
  return unless(bad === undefined && setup.segments.length > 0, RefusalReason.SegmentTableInvalid, detail);
}

function unless(accepted: boolean, reason: RefusalReason, detail: string): Refusal | null {
  return accepted ? null : refusal(reason, detail);
}
