import {
  completeThreshold,
  decodeMessage,
  type EnrolledParty,
  encodeMessage,
  Keystream,
  type Message,
  MessageType,
  type PartyState,
  Protocol,
  planDigest,
  type RoundPlan,
  type RoundSetup,
  type SetupSegment,
  setupDigest,
} from "@tributary/federated";
import { enrolledParties } from "./enrolled-parties.ts";
import { createRoster, type DropStage, type MemoryParty, type MemoryRoster, MemoryRound } from "./memory-round.ts";

/** Two small segments: one that ends in the middle of a group, one of metrics. */
export const twoSegments: readonly SetupSegment[] = [
  { id: 7, valueCount: 19, valueBits: 8, ringBits: 12 },
  { id: 9, valueCount: 3, valueBits: 16, ringBits: 32 },
];

/** A masked setup for the whole roster with the thresholds of the design; fields may be replaced. */
export function aSetup(roster: MemoryRoster, changes: Partial<RoundSetup> = {}): RoundSetup {
  const isMasked = (changes.protocol ?? Protocol.Masking) === Protocol.Masking;
  const parties = (changes.roster ?? roster.roster).length;
  const threshold = isMasked ? completeThreshold(parties) : 1;
  return {
    protocol: Protocol.Masking,
    keystream: Keystream.Aes256Ctr,
    jobUid: roster.jobUid,
    round: 1,
    attempt: 0,
    aggregatorKey: roster.aggregatorKey,
    contextSha256: new Uint8Array(32),
    minOrganisations: 2,
    threshold,
    minSurvivors: changes.threshold ?? threshold,
    neighbours: 0,
    roster: roster.roster,
    segments: twoSegments,
    ...changes,
  };
}

/** A plan whose model digest follows from a name. */
export function aPlan(roster: MemoryRoster, setup: RoundSetup, model = "model"): RoundPlan {
  const modelSha256 = roster.crypto.sha256(new TextEncoder().encode(model));
  return { modelSha256, stepExponents: setup.segments.map(() => [-20]) };
}

/** Integers of every segment of a party that follow from its rank: the golden vector's. */
export function valuesOf(setup: RoundSetup, rank: number): Map<number, Int32Array> {
  const value = (j: number) => ((37 * rank + 11 * j) % 255) - 127;
  return new Map(
    setup.segments.map(({ id, valueCount }) => [id, Int32Array.from({ length: valueCount }, (_, j) => value(j))]),
  );
}

/** The integer sum of some parties' values in a segment. */
export function plainSum(parties: readonly MemoryParty[], segment: SetupSegment): Int32Array {
  const at = (j: number) => parties.reduce((sum, party) => sum + party.values.get(segment.id)![j]!, 0);
  return Int32Array.from({ length: segment.valueCount }, (_, j) => at(j));
}

/** Party ids beyond 16 bits, ascending. */
export function idsOf(parties: number): number[] {
  return Array.from({ length: parties }, (_, rank) => 70_000 + 11 * rank);
}

/** A message on its way to the victim, and the victim's state just before it. */
export interface Recorded {
  readonly state: PartyState;
  readonly message: Message;
}

/** An honest round, recorded from the side of its first party. */
export interface RecordedRound {
  readonly roster: MemoryRoster;
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
  readonly victim: MemoryParty;
  readonly enrolled: readonly EnrolledParty[];
  readonly messages: ReadonlyMap<MessageType, Recorded>;
  /** The victim's state when the round had ended. */
  readonly last: PartyState;
}

/** Plays an honest round with some drop-outs (by rank) and keeps every message to the first party with its state before. */
export function recordRound(
  roster: MemoryRoster,
  setup: RoundSetup,
  plan: RoundPlan,
  drops: Readonly<Record<number, DropStage>> = {},
): RecordedRound {
  const victim = roster.parties[0]!;
  const messages = new Map<MessageType, Recorded>();
  roster.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
    party.dropAt = drops[rank] ?? null;
    party.alive = true;
  });
  const members = roster.parties.filter((party) => setup.roster.some(({ id }) => id === party.id));
  const round = new MemoryRound(roster.aggregator, setup, plan, members);
  round.tamper = (to, bytes) => {
    const message = decodeMessage(bytes);
    if (to === victim.id && !messages.has(message.type)) messages.set(message.type, { state: victim.state, message });
    return bytes;
  };
  round.run();
  const enrolled = enrolledParties(roster.roster);
  return { roster, setup, plan, victim, enrolled, messages, last: victim.state };
}

/** An honest round of `parties` parties in two organisations. */
export function anHonestRound(
  seeded: Parameters<typeof createRoster>[0],
  parties = 4,
  drops: Record<number, DropStage> = {},
): RecordedRound {
  const roster = createRoster(seeded, idsOf(parties), 2);
  const setup = aSetup(roster);
  return recordRound(roster, setup, aPlan(roster, setup), drops);
}

/** A setup signed by the aggregator: a malicious hub can sign whatever it likes. */
export function signedSetup(roster: MemoryRoster, setup: RoundSetup): Uint8Array {
  const { crypto, signingSecret } = roster.aggregator;
  const transcript = labelled("xsa1/set", setupDigest(crypto, setup));
  return encodeMessage({ type: MessageType.Setup, setup, signature: crypto.signEd25519(signingSecret, transcript) });
}

/** A plan signed by the aggregator. */
export function signedPlan(roster: MemoryRoster, setup: RoundSetup, plan: RoundPlan): Uint8Array {
  const { crypto, signingSecret } = roster.aggregator;
  const digest = setupDigest(crypto, setup);
  const transcript = labelled("xsa1/pln", planDigest(crypto, digest, plan));
  const signature = crypto.signEd25519(signingSecret, transcript);
  return encodeMessage({ type: MessageType.Plan, setupDigest: digest, plan, signature });
}

/** A label followed by bytes: what protocol signatures are made over. */
export function labelled(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(label), ...parts.flatMap((part) => [...part])]);
}
