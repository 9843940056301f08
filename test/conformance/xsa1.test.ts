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
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonWith } from "./accounting/python-environment.ts";
import { type Casting, MixedRound } from "./mixed-round.ts";
import { PythonReference, referenceRequirements } from "./python-reference.ts";

const RUNS = 200;
const crypto = createNodeCryptoSuite();

describe("XSA1 against the Python reference", () => {
  let python: PythonReference;
  beforeAll(async () => {
    python = new PythonReference(await pythonWith(referenceRequirements));
  });
  afterAll(() => python?.close());

  it.each(Array.from({ length: RUNS / 20 }, (_, part) => ({ first: 20 * part, last: 20 * part + 19 })))(
    "opens the integer sum in random mixtures $first to $last",
    async ({ first, last }) => {
      for (let seed = first; seed <= last; seed++) await play(python, aCasting(seed));
    },
  );

  it.each([false, true])(
    "opens the integer sum over a sparse graph of 70, aggregator in Python: %s",
    async (isPythonAggregator) => {
      await play(python, aSparseCasting(isPythonAggregator));
    },
  );
});

async function play(python: PythonReference, casting: Casting): Promise<void> {
  const round = new MixedRound(crypto, python, casting);
  await round.run();
  const label = `seed ${casting.seed}`;
  expect(round.refusals, label).toEqual([]);
  for (const segment of casting.setup.segments)
    expect(round.opened.get(segment.id), label).toEqual(wantedSum(casting, segment));
}

/** Parties gone before their input counts are not in the sum; whoever goes later is. */
function wantedSum({ setup, drops, values }: Casting, segment: SetupSegment): Int32Array {
  const counted = setup.roster.filter(({ id }) => (drops.get(id) ?? MessageType.Result) > MessageType.MaskedInput);
  const at = (place: number) => counted.reduce((sum, { id }) => sum + values.get(id)!.get(segment.id)![place]!, 0);
  return Int32Array.from({ length: segment.valueCount }, (_, place) => at(place));
}

/** Every choice of a run follows from its number. */
function aCasting(seed: number): Casting {
  const next = chooser(`xsa1 conformance ${seed}`);
  const parties = 3 + next(4);
  const protocol = next(6) === 0 ? Protocol.None : Protocol.Masking;
  const ids = [...new Set(Array.from({ length: parties }, (_, rank) => rank * 300_000_000 + next(100_000_000)))];
  const carry = Math.ceil(Math.log2(parties));
  const segments = Array.from({ length: 1 + next(2) }, (_, index): SetupSegment => {
    const ringBits = [8, 10, 12, 16, 20, 24, 28, 32][next(8)]!;
    return { id: 7 + 1000 * index, valueCount: 1 + next(20), valueBits: 2 + next(ringBits - carry - 1), ringBits };
  });
  const threshold = protocol === Protocol.None ? 2 : completeThreshold(parties);
  const stages = [
    MessageType.Advertise,
    MessageType.ShareBundle,
    MessageType.MaskedInput,
    MessageType.Consistency,
    MessageType.UnmaskAnswer,
  ];
  const drops = new Map(ids.slice(threshold + next(parties)).map((id) => [id, stages[next(5)]!]));
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

function aSparseCasting(isPythonAggregator: boolean): Casting {
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
