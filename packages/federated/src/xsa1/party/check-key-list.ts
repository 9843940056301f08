import { equalBytes, toHex } from "../bytes.ts";
import { allKeys, checkAdvertisedKeys } from "../check-advertise.ts";
import { decodeMessage } from "../decode-message.ts";
import { keysDigest } from "../mask-graph.ts";
import { type AdvertiseMessage, type KeyListMessage, MessageType } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { bitmapOfParties, checkPresence, entriesOf, entryOf, isMasked } from "../roster.ts";
import { isAscending } from "../setup.ts";
import { checkGraphOfMembers } from "./check-setup.ts";
import { graphOf } from "./party-round.ts";
import type { AcceptedKeys, PartyRound, PeerKeys } from "./party-state.ts";
import type { PartyContext } from "./party-types.ts";

/** The keys of a list that passes every check, or why it does not. `own` is this party's encoded Advertise message. */
export function checkKeyList(
  context: PartyContext,
  round: PartyRound,
  list: KeyListMessage,
  own: Uint8Array,
): AcceptedKeys | Refusal {
  const members = list.members.map((member) => member.party);
  const stranger = members.find((party) => entryOf(round.setup, party) === undefined);
  if (stranger !== undefined) return refusal(RefusalReason.UnknownParty, `party ${stranger} is not in the roster`);
  const listedOwn = list.members.find((member) => member.party === round.party);
  if (listedOwn === undefined || !equalBytes(listedOwn.sha256, context.crypto.sha256(own))) {
    return refusal(RefusalReason.OwnKeyMissing, "the key list lacks this party's keys or shows others");
  }
  const present = entriesOf(round.setup, bitmapOfParties(round.setup, members));
  const few = checkPresence(round.setup, present, RefusalReason.TooFewParties);
  if (few !== null) return few;
  const digest = keysDigest(context.crypto, round.setupDigest, list.members);
  return collectPeers(context, round, list, { digest, members, peers: new Map() });
}

function collectPeers(
  context: PartyContext,
  round: PartyRound,
  list: KeyListMessage,
  accepted: AcceptedKeys,
): AcceptedKeys | Refusal {
  if (!isMasked(round.setup)) return accepted;
  const sparse = checkGraphOfMembers(round.setup, accepted.members.length, context.config.policy);
  if (sparse !== null) return sparse;
  const graph = graphOf(context, round.setup, accepted);
  const holders = graph.signersOf(round.party).length;
  if (holders < round.setup.threshold) {
    return refusal(
      RefusalReason.TooFewParties,
      `${holders} holders of own shares, threshold is ${round.setup.threshold}`,
    );
  }
  const advertised = new Map<number, AdvertiseMessage>();
  for (const bytes of list.advertised) {
    const message = tryAdvertise(bytes);
    if (message === null) return refusal(RefusalReason.MalformedMessage, "the key list holds something else than keys");
    const wrong = checkAdvertise(context, round, list, message, bytes);
    if (wrong !== null) return wrong;
    advertised.set(message.party, message);
  }
  if (!isAscending([...advertised.keys()]) || advertised.size !== list.advertised.length) {
    return refusal(RefusalReason.MalformedMessage, "the keys are not in ascending order of their parties, each once");
  }
  const missing = [round.party, ...graph.neighboursOf(round.party)].find((party) => !advertised.has(party));
  if (missing !== undefined) return refusal(RefusalReason.UnknownParty, `the keys of neighbour ${missing} are missing`);
  const twice = findDuplicate([...advertised.values()]);
  if (twice !== null) return refusal(RefusalReason.DuplicateKey, `key ${twice} is advertised twice`);
  return { ...accepted, peers: peersOf(advertised, graph.neighboursOf(round.party)) };
}

function checkAdvertise(
  { crypto }: PartyContext,
  round: PartyRound,
  list: KeyListMessage,
  message: AdvertiseMessage,
  bytes: Uint8Array,
): Refusal | null {
  const { party } = message;
  const listed = list.members.find((member) => member.party === party);
  const entry = entryOf(round.setup, party);
  if (listed === undefined || entry === undefined || !equalBytes(listed.sha256, crypto.sha256(bytes))) {
    return refusal(RefusalReason.UnknownParty, `the keys of party ${party} are not the listed ones`);
  }
  return checkAdvertisedKeys(crypto, round.setup, round.setupDigest, entry, message);
}

function findDuplicate(messages: readonly AdvertiseMessage[]): string | null {
  const seen = new Set<string>();
  for (const key of messages.flatMap(allKeys).map(toHex)) {
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
}

function peersOf(
  advertised: ReadonlyMap<number, AdvertiseMessage>,
  neighbours: readonly number[],
): Map<number, PeerKeys> {
  return new Map(
    neighbours.map((party) => {
      const { shareKey, maskKeys } = advertised.get(party)!;
      return [party, { shareKey, maskKeys }];
    }),
  );
}

function tryAdvertise(bytes: Uint8Array): AdvertiseMessage | null {
  try {
    const message = decodeMessage(bytes);
    return message.type === MessageType.Advertise ? message : null;
  } catch {
    return null;
  }
}
