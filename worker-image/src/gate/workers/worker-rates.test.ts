import { create } from "@bufbuild/protobuf";
import { gateV1 } from "@tributary/contracts";
import { type CallContext, systemClock } from "@tributary/kit";
import { beforeEach, expect, it } from "vitest";
import { ADMIT_BOUNDS } from "../admission/admit-method.ts";
import type { WorkerCaller } from "./worker-caller.ts";
import type { WorkerMethods } from "./worker-endpoint.ts";
import { boundByWorker } from "./worker-rates.ts";

type Method = keyof WorkerMethods;

let nowMs: number;
let done: Method[];
let methods: Required<WorkerMethods>;

const contexts = ["pod-1", "pod-2"].map((uid): CallContext => {
  return { signal: new AbortController().signal, peerCertificate: Buffer.from(uid) };
});
const [own, other] = contexts as [CallContext, CallContext];

beforeEach(() => {
  [nowMs, done] = [0, []];
  const does = (method: Method) => async () => {
    done.push(method);
    return {};
  };
  methods = boundByWorker(
    { trust: does("trust"), attest: does("attest"), admit: does("admit"), record: does("record") },
    {
      callerOf: ({ peerCertificate }) => ({ podUid: Buffer.from(peerCertificate!).toString() }) as WorkerCaller,
      clock: { ...systemClock, monotonicMs: () => nowMs },
    },
  );
});

const largest = create(gateV1.AdmitRequestSchema, {
  setup: new Uint8Array(ADMIT_BOUNDS.setup),
  terms: new Uint8Array(ADMIT_BOUNDS.terms),
  start: new Uint8Array(ADMIT_BOUNDS.start),
});
const names = create(gateV1.RecordRequestSchema, {
  sections: [{ section: "update", dataNames: Array(65_536).fill(new Uint8Array(36)) }],
});
const asks = {
  trust: (context: CallContext) => methods.trust(create(gateV1.TrustRequestSchema), context),
  attest: (context: CallContext) => methods.attest(create(gateV1.AttestRequestSchema), context),
  admit: (context: CallContext) => methods.admit(largest, context),
  record: (context: CallContext) => methods.record(names, context),
};

/** How often a worker is answered of many times that it asks at once: more than its burst, and no more than that of requests that are large. */
async function answered(method: Method, context: CallContext): Promise<number> {
  const before = done.length;
  const times = method === "trust" ? 3_000 : 100;
  await Promise.allSettled(Array.from({ length: times }, async () => asks[method](context)));
  return done.length - before;
}

it.each<{ method: Method; burst: number; inAMinute: number }>([
  { method: "trust", burst: 2_048, inAMinute: 2_048 },
  { method: "attest", burst: 32, inAMinute: 12 },
  { method: "admit", burst: 1, inAMinute: 1 },
  { method: "record", burst: 7, inAMinute: 7 },
])(
  "a worker that asks $method without end is answered a while, then seldom; others are answered too",
  async (known) => {
    expect(await answered(known.method, own)).toBe(known.burst);
    await expect(asks[known.method](own)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    expect(await answered(known.method, other)).toBe(known.burst);
    nowMs = 60_000;
    expect(await answered(known.method, own)).toBe(known.inAMinute);
  },
);

it("a worker that has asked too much is attested all the same", async () => {
  await answered("trust", own);
  await asks.attest(own);
  expect(done.at(-1)).toBe("attest");
});
