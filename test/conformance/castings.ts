import {
  chooseNeighbourhood,
  completeThreshold,
  Keystream,
  MessageType,
  Protocol,
  type RoundSetup,
  type SetupSegment,
} from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { type Casting, MixedRound } from "./mixed-round.ts";
import type { PythonReference } from "./python-reference.ts";

const crypto = createNodeCryptoSuite();
/** Where a party may drop out. */
export const stages = [
  MessageType.Advertise,
  MessageType.ShareBundle,
  MessageType.MaskedInput,
  MessageType.Consistency,
  MessageType.UnmaskAnswer,
];

/** Plays a round of both implementations: what was refused, the sums that were opened and those that are right, by segment. */
export async function playCasting(python: PythonReference, casting: Casting) {
  const round = new MixedRound(crypto, python, casting);
  await round.run();
  const right = new Map(casting.setup.segments.map((segment) => [segment.id, rightSum(casting, segment)]));
  return { refusals: round.refusals, opened: round.opened, right };
}

/** Parties gone before their input counts are not in the sum; whoever goes later is. */
function rightSum({ setup, drops, values }: Casting, segment: SetupSegment): Int32Array {
  const counted = setup.roster.filter(({ id }) => (drops.get(id) ?? MessageType.Result) > MessageType.MaskedInput);
  const at = (place: number) => counted.reduce((sum, { id }) => sum + values.get(id)!.get(segment.id)![place]!, 0);
  return Int32Array.from({ length: segment.valueCount }, (_, place) => at(place));
}

/** Every choice of a run follows from its number. */
export function aCasting(seed: number): Casting {
  const next = chooser(`xsa1 conformance ${seed}`);
  const parties = 3 + next(5);
  const protocol = next(6) === 0 ? Protocol.None : Protocol.Masking;
  const ids = [...new Set(Array.from({ length: parties }, (_, rank) => rank * 300_000_000 + next(100_000_000)))];
  const carry = Math.ceil(Math.log2(parties));
  const segments = Array.from({ length: 1 + next(2) }, (_, index): SetupSegment => {
    const ringBits = [8, 10, 12, 16, 20, 24, 28, 32][next(8)]!;
    return { id: 7 + 1000 * index, valueCount: 1 + next(20), valueBits: 2 + next(ringBits - carry - 1), ringBits };
  });
  const threshold = protocol === Protocol.None ? 2 : completeThreshold(parties);
  const first = next(parties);
  const rotated = [...ids.slice(first), ...ids.slice(0, first)];
  const drops = new Map(rotated.slice(threshold + (next(4) === 0 ? 1 : 0)).map((id) => [id, stages[next(5)]!]));
  const isPythonAggregator = seed % 2 === 0;
  const pythonParties = new Set(ids.filter(() => next(2) === 0));
  if (pythonParties.size === 0 && !isPythonAggregator) pythonParties.add(ids[0]!);
  const keystream = next(2) === 0 ? Keystream.Aes256Ctr : Keystream.ChaCha20;
  const shape = {
    protocol,
    keystream,
    segments,
    threshold,
    minSurvivors: threshold,
    minOrganisations: 2,
    neighbours: 0,
  };
  return cast({ seed, ids, shape, drops, pythonParties, isPythonAggregator }, next);
}

/** A sparse graph, whose neighbours both implementations must draw alike. */
export function aSparseCasting(isPythonAggregator: boolean): Casting {
  const next = chooser(`xsa1 sparse ${isPythonAggregator}`);
  const ids = Array.from({ length: 70 }, (_, rank) => 5 + 3 * rank);
  const chosen = chooseNeighbourhood(70, { corruptRatio: 0.05, dropRatio: 0.05, splitViews: true })!;
  const segments = [{ id: 1, valueCount: 9, valueBits: 8, ringBits: 16 }];
  const shape = {
    protocol: Protocol.Masking,
    keystream: Keystream.Aes256Ctr,
    segments,
    ...chosen,
    minSurvivors: 50,
    minOrganisations: 2,
  };
  const drops = new Map([
    [5, MessageType.MaskedInput],
    [50, MessageType.MaskedInput],
    [101, MessageType.Consistency],
  ]);
  const pythonParties = new Set(ids.filter((_, rank) => rank % 10 === 3));
  return cast({ seed: 1000, ids, shape, drops, pythonParties, isPythonAggregator }, next);
}

/** Shares of 257 holders are in the 16-bit field: one party's are made, and all others' are held, in Python. */
export function aWideCasting(): Casting {
  const ids = Array.from({ length: 257 }, (_, rank) => 5 + 3 * rank);
  const threshold = completeThreshold(ids.length);
  const shape = {
    protocol: Protocol.Masking,
    keystream: Keystream.Aes256Ctr,
    segments: [{ id: 1, valueCount: 9, valueBits: 8, ringBits: 20 }],
    threshold,
    minSurvivors: threshold,
    minOrganisations: 2,
    neighbours: 0,
  };
  const drops = new Map([
    [ids[3]!, MessageType.MaskedInput],
    [ids[200]!, MessageType.Consistency],
    [ids[256]!, MessageType.UnmaskAnswer],
  ]);
  const cast257 = { seed: 2000, ids, shape, drops, pythonParties: new Set([ids[0]!]), isPythonAggregator: false };
  return cast(cast257, chooser("xsa1 wide"));
}

type Shape = Pick<
  RoundSetup,
  "protocol" | "keystream" | "segments" | "threshold" | "minSurvivors" | "minOrganisations" | "neighbours"
>;
type Cast = Pick<Casting, "seed" | "drops" | "pythonParties" | "isPythonAggregator"> & {
  readonly ids: readonly number[];
  readonly shape: Shape;
};

function cast({ ids, shape, ...rest }: Cast, next: (below: number) => number): Casting {
  const signingSecret = crypto.sha256(Uint8Array.of(1, rest.seed % 256, rest.seed >> 8));
  const identities = new Map(ids.map((id) => [id, crypto.sha256(new TextEncoder().encode(`${rest.seed}/${id}`))]));
  const roster = ids.map((id, rank) => {
    const publicKey = crypto.ed25519PublicKey(identities.get(id)!);
    return { id, organisation: `organisation ${rank}`, publicKey, certificateSha256: crypto.sha256(publicKey) };
  });
  const values = new Map(
    ids.map((id) => [id, new Map(shape.segments.map((segment) => [segment.id, someValues(segment, next)]))]),
  );
  const setup: RoundSetup = {
    ...shape,
    jobUid: "3c2b9d1e-5a0f-4a64-9f0e-52d9f2a1b7aa",
    round: 1 + rest.seed,
    attempt: rest.seed % 3,
    aggregatorKey: crypto.ed25519PublicKey(signingSecret),
    contextSha256: crypto.sha256(Uint8Array.of(9)),
    roster,
  };
  const stepExponents = shape.segments.map(() => [-20]);
  const plan = { modelSha256: crypto.sha256(new TextEncoder().encode(`model ${rest.seed}`)), stepExponents };
  return { ...rest, setup, plan, aggregator: { crypto, signingSecret }, identities, values };
}

function someValues({ valueCount, valueBits }: SetupSegment, next: (below: number) => number): Int32Array {
  const largest = 2 ** (valueBits - 1) - 1;
  return Int32Array.from({ length: valueCount }, () => next(2 * largest + 1) - largest);
}

/** Numbers below a bound, from a stream that follows from a label. */
function chooser(label: string): (below: number) => number {
  const key = crypto.sha256(new TextEncoder().encode(label));
  let offset = 0;
  return (below) => {
    offset += 4;
    const bytes = crypto.keystream(Keystream.Aes256Ctr, key, offset - 4, 4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % below;
  };
}
