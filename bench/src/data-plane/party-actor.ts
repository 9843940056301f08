import { packedSizeBytes, type RingBits } from "@tributary/federated";
import {
  createKernelPool,
  createKernelRunner,
  createNodeCryptoSuite,
  type EncodeRequest,
} from "@tributary/worker-image";
import { pairMask, partyKeys, planDigestOf, selfMask, stepFor, syntheticUpdate } from "./round-keys.ts";
import { actorOptions, serveActor, timesOf } from "./serve-actor.ts";

/** One party: agrees on its masks, quantises, masks and packs one update. */
interface PartyOptions {
  readonly values: number;
  readonly parties: number;
  readonly valueBits: number;
  readonly ringBits: RingBits;
  readonly threads: number;
}

const { values, parties, valueBits, ringBits, threads } = actorOptions<PartyOptions>();
const crypto = createNodeCryptoSuite();
const plan = planDigestOf(crypto);
const keys = Array.from({ length: parties }, (_, party) => ({ party, ...partyKeys(crypto, party) }));
const own = keys[parties >> 1]!;
const x = syntheticUpdate(values, 1);
const out = new Uint8Array(new SharedArrayBuffer(packedSizeBytes(values, ringBits)));
const grid = { step: stepFor(valueBits), valueBits };

const forever = new AbortController().signal;
const runHere = createKernelRunner();
const pool = threads > 1 ? createKernelPool({ threads }) : undefined;

await serveActor(async () => {
  const times = await timesOf(() => {
    const pairs = keys.filter(({ party }) => party !== own.party).map((other) => pairMask(crypto, plan, own, other));
    const masks = [selfMask(crypto, plan, own.party, own.selfSeed), ...pairs];
    const roundingKey = crypto.hkdfSha256(own.selfSeed, plan, new TextEncoder().encode("rounding"), 32);
    const request: EncodeRequest = { kind: "Encode", x, grid, ringBits, roundingKey, masks, offset: 0, out };
    return pool === undefined ? runHere(request) : pool.run(request, forever);
  });
  return { ...times, bytesPerValue: out.length / values };
});
await pool?.close();
