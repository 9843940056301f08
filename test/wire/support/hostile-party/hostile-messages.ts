import { encodeMessage, type Message, MessageType, type RoundSetup, segmentSizeBytes } from "@tributary/federated";
import type { SeededRandom } from "../../../support/chaos/seeded-random.ts";
import type { HostileRound } from "./hostile-round.ts";

/** Every type of message of the protocol, and two that it does not have. */
export const SENT_TYPES: readonly number[] = [...Object.values(MessageType), 0, 255];

/** A message of a type for the round in work: well-formed at first, then left so or changed in one of many ways. */
export function hostileMessage(round: HostileRound, type: number, party: number, random: SeededRandom): Uint8Array {
  return changed(plainMessage(round, type, party, random), random);
}

function plainMessage(round: HostileRound, type: number, party: number, random: SeededRandom): Uint8Array {
  const due = round.due.find((message) => message[1] === type);
  if (due !== undefined && random.next() < 0.5) return due;
  const { setup } = round;
  if (setup === undefined) return Uint8Array.of(1, type, ...new Uint8Array(32));
  const message = messageOf(round, setup, type, random.next() < 0.8 ? party : random.below(9));
  return message === undefined ? randomBytes(random, 2 + random.below(200), type) : encodeMessage(message);
}

function messageOf(round: HostileRound, setup: RoundSetup, type: number, party: number): Message | undefined {
  const { setupDigest, planDigest } = round;
  const [signature, none] = [new Uint8Array(64), new Uint8Array(0)];
  const segments = setup.segments.map(({ id }) => id);
  const bitmap = new Uint8Array(Math.ceil(setup.roster.length / 8)).fill(0xff);
  switch (type) {
    case MessageType.Setup:
      return { type, setup, signature };
    case MessageType.Advertise:
      return { type, setupDigest, party, shareKey: none, maskKeys: none, signature };
    case MessageType.KeyList:
      return {
        type,
        setupDigest,
        members: setup.roster.map(({ id }) => ({ party: id, sha256: planDigest })),
        advertised: [],
      };
    case MessageType.ShareBundle:
      return { type, setupDigest, party, commitments: none, sealed: [], signature };
    case MessageType.ShareDelivery:
      return { type, setupDigest, senders: bitmap, sealed: [] };
    case MessageType.Plan:
      return {
        type,
        setupDigest,
        plan: { modelSha256: planDigest, stepExponents: segments.map(() => [0]) },
        signature,
      };
    case MessageType.MaskedInput:
      return lieAboutInput(round, setup, party);
    case MessageType.SurvivorBitmaps:
      return { type, planDigest, bitmaps: segments.map((segment) => ({ segment, bitmap })) };
    case MessageType.Consistency:
      return { type, planDigest, party, signatures: segments.map((segment) => ({ segment, signature })) };
    case MessageType.UnmaskRequest:
      return { type, planDigest, segments: segments.map((segment) => ({ segment, bitmap, signatures: [] })) };
    case MessageType.UnmaskAnswer:
      return { type, planDigest, party, segments: segments.map((segment) => ({ segment, shares: [] })), signature };
    case MessageType.Result:
      return { type, planDigest, segments: segments.map((segment) => ({ segment, opened: null })), signature };
    default:
      return undefined;
  }
}

/** Signed by the party itself: bytes of which it never stages any, of the right size or of a wrong one. */
function lieAboutInput(round: HostileRound, setup: RoundSetup, party: number): Message {
  const segment = setup.segments[round.due.length % setup.segments.length]!;
  const message = {
    type: MessageType.MaskedInput,
    planDigest: round.planDigest,
    party,
    segment: segment.id,
    sha256: new Uint8Array(32).fill(round.due.length),
    sizeBytes: segmentSizeBytes(segment) + (round.round % 2),
    signature: new Uint8Array(64),
  };
  const signed = new Uint8Array([...new TextEncoder().encode("xsa1/inp"), ...encodeMessage(message).slice(2, -64)]);
  return { ...message, signature: round.crypto.signEd25519(round.identitySecret, signed) };
}

function changed(message: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = message.slice();
  switch (random.below(7)) {
    case 0:
      for (let flips = 1 + random.below(4); flips > 0; flips--)
        bytes[2 + random.below(Math.max(1, bytes.length - 2))] = random.below(256);
      return bytes;
    case 1:
      return bytes.slice(0, 2 + random.below(Math.max(1, bytes.length - 2)));
    case 2:
      return longer(bytes, 1 + random.below(1_000));
    case 3:
      return longer(bytes, [6_000, 60_000, 400_000, 5_000_000][random.below(4)]!);
    default:
      return bytes;
  }
}

function longer(bytes: Uint8Array, more: number): Uint8Array {
  const grown = new Uint8Array(bytes.length + more);
  grown.set(bytes);
  return grown;
}

function randomBytes(random: SeededRandom, length: number, type: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, () => random.below(256));
  bytes[0] = 1;
  bytes[1] = type;
  return bytes;
}
