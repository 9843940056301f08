import { MessageType } from "./messages.ts";
import { Protocol, type RoundSetup } from "./setup.ts";

/** What of a round its messages' sizes follow from. */
export type RoundShape = Pick<RoundSetup, "protocol" | "neighbours"> & {
  readonly roster: { readonly length: number };
  readonly segments: { readonly length: number };
};

/** Version and type before the fields, and the digest that all but the setup begin with. */
const HEAD_BYTES = 2 + 32;
const SIGNATURE_BYTES = 64;
/** Two shares of 32 bytes for each segment, and the tag of their seal. */
const SHARES_BYTES = 2 * 32;
const SEAL_BYTES = 16;

/**
 * Most bytes that a party's message of a type can have in a round; `undefined` for types that no party sends.
 *
 * What is larger, or of another type, is refused before it is decoded: the cost of a message follows from the round, not from its sender.
 */
export function largestMessageBytes(setup: RoundShape, type: number): number | undefined {
  const segments = setup.segments.length;
  const masked = setup.protocol === Protocol.Masking ? 1 : 0;
  // A party is among its own holders.
  const holders = masked * (setup.neighbours === 0 ? setup.roster.length : setup.neighbours + 1);
  switch (type) {
    case MessageType.Advertise:
      return HEAD_BYTES + 4 + (4 + masked * 32) + (4 + masked * 32 * segments) + SIGNATURE_BYTES;
    case MessageType.ShareBundle: {
      const sealed = holders * (4 + 4 + SHARES_BYTES * segments + SEAL_BYTES);
      return HEAD_BYTES + 4 + (4 + masked * 32 * segments) + 4 + sealed + SIGNATURE_BYTES;
    }
    case MessageType.MaskedInput:
      return HEAD_BYTES + 4 + 4 + 32 + 8 + SIGNATURE_BYTES;
    case MessageType.Consistency:
      return HEAD_BYTES + 4 + 4 + segments * (4 + SIGNATURE_BYTES);
    case MessageType.UnmaskAnswer:
      return HEAD_BYTES + 4 + 4 + segments * (4 + 4 + holders * (4 + 1 + 32)) + SIGNATURE_BYTES;
    default:
      return undefined;
  }
}

/** Most bytes that any message of a party can have in a round. */
export function largestPartyMessageBytes(setup: RoundShape): number {
  return Math.max(...Object.values(MessageType).map((type) => largestMessageBytes(setup, type) ?? 0));
}
