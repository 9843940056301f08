import { decodeMessage, encodeMessage, MessageType } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type MemoryRoster, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, labelled, valuesOf } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const SEGMENT = 7;
const segments = [{ id: SEGMENT, valueCount: 19, valueBits: 8, ringBits: 12 }];
/** Of seven parties, threshold five, two sign whatever the hub wants: floor((n-1)/3), the most that a complete graph bears. */
const honest = [0, 1, 2, 3, 4];
const colluders = [5, 6];
/** Two lists of survivors, one party apart: the difference of their sums would be that party's update. */
const views = [Uint8Array.of(0b111_1111), Uint8Array.of(0b111_1110)] as const;

describe("a hub that shows two lists of survivors", () => {
  it.each([0, 1, 2, 3, 4, 5].map((shown) => ({ shown })))(
    "one to $shown honest parties, the other to the rest: at most one is opened",
    ({ shown }) => {
      const roster = createRoster(createSeededSuite(`split views ${shown}`), idsOf(7), 2);
      const round = signedRound(roster, shown);
      const answers = views.map((bitmap) => {
        const request = encodeMessage(requestFor(roster, round, bitmap));
        const before = answersIn(round).length;
        for (const rank of honest) round.tellParty(roster.parties[rank]!.id, { type: "receive", message: request });
        return answersIn(round).slice(before);
      });
      const signers = [honest.slice(0, shown), honest.slice(shown)];
      const want = signers.map((ranks) => (ranks.length >= 3 ? ranks.map((rank) => roster.parties[rank]!.id) : []));
      expect(answers).toEqual(want);
      expect(answers.filter((parties) => parties.length > 0)).toHaveLength(1);
    },
  );
});

/** A round in which everybody has signed what it was shown and no share was asked for yet. */
function signedRound(roster: MemoryRoster, shown: number): MemoryRound {
  const setup = aSetup(roster, { segments });
  roster.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
  });
  const round = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties);
  const misled = new Set(honest.slice(shown).map((rank) => roster.parties[rank]!.id));
  round.tamper = (to, bytes) => {
    const message = decodeMessage(bytes);
    if (message.type === MessageType.UnmaskRequest) return null;
    if (message.type !== MessageType.SurvivorBitmaps || !misled.has(to)) return bytes;
    return encodeMessage({ ...message, bitmaps: [{ segment: SEGMENT, bitmap: views[1] }] });
  };
  round.runStages();
  return round;
}

/** The request for one view with every signature that the hub has or that its colluders make. */
function requestFor(roster: MemoryRoster, round: MemoryRound, bitmap: Uint8Array) {
  const planDigest = roster.parties[0]!.state.rounds[0]!.plan!.digest;
  const transcript = labelled("xsa1/con", planDigest, Uint8Array.of(0, 0, 0, SEGMENT), bitmap);
  const made = colluders.map((rank) => {
    const { id, context } = roster.parties[rank]!;
    return { party: id, signature: roster.crypto.signEd25519(context.config.identitySecret, transcript) };
  });
  const given = messagesIn(round)
    .filter((message) => message.type === MessageType.Consistency)
    .map(({ party, signatures }) => ({ party, signature: signatures[0]!.signature }))
    .filter(({ party, signature }) => {
      const rank = roster.parties.findIndex(({ id }) => id === party);
      const isOfView = roster.crypto.verifyEd25519(roster.roster[rank]!.publicKey, transcript, signature);
      return honest.includes(rank) && isOfView;
    });
  const signatures = [...given, ...made].sort((a, b) => a.party - b.party);
  return { type: MessageType.UnmaskRequest, planDigest, segments: [{ segment: SEGMENT, bitmap, signatures }] } as const;
}

function answersIn(round: MemoryRound): number[] {
  return messagesIn(round)
    .filter((message) => message.type === MessageType.UnmaskAnswer)
    .map(({ party }) => party);
}

function messagesIn(round: MemoryRound) {
  return round
    .outcome()
    .partyEffects.flatMap(({ effect }) => (effect.type === "send" ? [decodeMessage(effect.message)] : []));
}
