import {
  interpolateShares,
  Keystream,
  type MaskKey,
  packedSizeBytes,
  quantise,
  type RingBits,
  splitSecret,
} from "@tributary/federated";
import {
  createKernelPool,
  createKernelRunner,
  createKeystream,
  createNodeCryptoSuite,
  type KernelRequest,
} from "@tributary/worker-image";
import { inverse, pairMask, partyKeys, planDigestOf, selfMask, stepFor, syntheticUpdate } from "./round-keys.ts";
import { actorOptions, serveActor, timesOf } from "./serve-actor.ts";

/** The aggregator of a complete graph: sums the survivors' reports, rebuilds secrets from shares, unmasks and decodes. */
interface AggregatorOptions {
  readonly values: number;
  readonly parties: number;
  readonly valueBits: number;
  readonly ringBits: RingBits;
  readonly threads: number;
}

const CHECKED_VALUES = 4096;

const { values, parties, valueBits, ringBits, threads } = actorOptions<AggregatorOptions>();
const crypto = createNodeCryptoSuite();
const plan = planDigestOf(crypto);
const threshold = Math.floor((2 * parties) / 3) + 1;
const grid = { step: stepFor(valueBits), valueBits };
const keys = Array.from({ length: parties }, (_, party) => ({ party, ...partyKeys(crypto, party) }));
const coefficients = crypto.hkdfSha256(plan, plan, plan, 32 * (threshold - 1));
const sharesOf = (secret: Uint8Array) =>
  splitSecret(secret, coefficients, threshold, parties)
    .map((bytes, rank) => ({ x: rank + 1, bytes }))
    .slice(0, threshold);
const held = keys.map(({ secretKey, selfSeed }) => ({ secretKey: sharesOf(secretKey), selfSeed: sharesOf(selfSeed) }));

const forever = new AbortController().signal;
const runHere = createKernelRunner();
const pool = threads > 1 ? createKernelPool({ threads }) : undefined;
const run = (request: KernelRequest) => (pool === undefined ? runHere(request) : pool.run(request, forever));
const shared = (sizeBytes: number) => new Uint8Array(new SharedArrayBuffer(sizeBytes));
const sizeBytes = packedSizeBytes(values, ringBits);
const x = syntheticUpdate(values, 1);
const expected: Int32Array[] = [];
const reports = keys.map((own) => {
  const roundingKey = crypto.sha256(own.selfSeed);
  const pairs = keys.filter(({ party }) => party !== own.party).map((other) => pairMask(crypto, plan, own, other));
  const masks = [selfMask(crypto, plan, own.party, own.selfSeed), ...pairs];
  const out = shared(sizeBytes);
  runHere({ kind: "Encode", x, grid, ringBits, roundingKey, masks, offset: 0, out });
  expected.push(quantisedHead(roundingKey));
  return out;
});
const sum = shared(sizeBytes);
const opened = new Float32Array(new SharedArrayBuffer(4 * values));

await serveActor(async (request) => {
  const dropouts = Number(request.dropouts);
  if (request.operation === "sum") {
    const inputs = reports.slice(dropouts);
    return timesOf(() => run({ kind: "Sum", inputs, masks: [], ringBits, offset: 0, values, out: sum }));
  }
  const times = await timesOf(() => unmask(dropouts));
  requireSum(dropouts);
  return times;
});
await pool?.close();

/** Takes the survivors' own masks and the dropped parties' masks with each survivor out of the sum. The first parties dropped. */
async function unmask(dropouts: number): Promise<void> {
  const survivors = keys.slice(dropouts);
  const masks: MaskKey[] = survivors.map(({ party }) =>
    inverse(selfMask(crypto, plan, party, interpolateShares(held[party]!.selfSeed, parties))),
  );
  for (const { party } of keys.slice(0, dropouts)) {
    const secretKey = interpolateShares(held[party]!.secretKey, parties);
    // What a survivor added of this pair the dropped party would have cancelled: its own mask does so now.
    masks.push(...survivors.map((survivor) => pairMask(crypto, plan, { party, secretKey }, survivor)));
  }
  await run({
    kind: "Decode",
    packed: sum,
    masks,
    ringBits,
    offset: 0,
    scale: grid.step / survivors.length,
    out: opened,
  });
}

function quantisedHead(roundingKey: Uint8Array): Int32Array {
  const head = x.subarray(0, Math.min(values, CHECKED_VALUES));
  const q = new Int32Array(head.length);
  const rounding = new Uint8Array(2 * head.length);
  createKeystream(Keystream.Aes256Ctr, roundingKey, 0)(rounding);
  quantise(head, grid, rounding, q);
  return q;
}

/** A benchmark of wrong sums would be worth nothing: the first values must be the mean of the survivors' grid values. */
function requireSum(dropouts: number): void {
  const survivors = expected.slice(dropouts);
  for (let i = 0; i < survivors[0]!.length; i++) {
    const total = survivors.reduce((value, q) => value + q[i]!, 0);
    const want = Math.fround(total * (grid.step / survivors.length));
    if (opened[i] !== want) throw new Error(`value ${i} of the opened sum is ${opened[i]}, must be ${want}`);
  }
}
