import { type Clock, createLogger, type ErrorCode, TributaryError } from "@tributary/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { Attestation, renewAfterMs } from "./attestation.ts";

/** A refusal or fault, or the life of a certificate in seconds. */
type Answer = ErrorCode | number;

let nowMs: number;
let stop: AbortController;
/** When the gate was asked, with which token and count; it answers in turn and stops the worker when nothing is left. */
let asked: { atMs: number; token: string; sentBytes: bigint }[];
let answers: Answer[];
let chains: string[];
let tokens: number;

beforeEach(() => {
  [nowMs, stop, asked, answers, chains, tokens] = [0, new AbortController(), [], [], [], 0];
});

/** Time passes when somebody sleeps. */
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleep: async (delayMs, signal) => {
    signal?.throwIfAborted();
    nowMs += delayMs;
  },
};

function anAttestation(more: Partial<ConstructorParameters<typeof Attestation>[0]> = {}): Attestation {
  return new Attestation({
    attest: async ({ token, sentBytes }) => {
      asked.push({ atMs: nowMs, token, sentBytes });
      const answer = answers.shift();
      if (answers.length === 0) stop.abort(new Error("stopped"));
      if (typeof answer === "string") throw new TributaryError(answer, "as the test says");
      return { chainDer: [Uint8Array.of(asked.length), Uint8Array.of(0)], lifetimeSeconds: BigInt(answer ?? 300) };
    },
    readToken: async () => ` token ${++tokens}\n`,
    sentBytes: () => asked.length * 10,
    clock,
    log: createLogger("test", "silent"),
    ...more,
  });
}

/** Which chain there is, by the call that gave it. */
const numberOf = ({ chain }: Pick<Attestation, "chain">) => chain?.[0]?.[0];

describe("a worker's chain", () => {
  it("is asked for every two minutes, with the token as it is then and the bytes that have left", async () => {
    answers = [300, 300, 300];
    await anAttestation().keepNew(stop.signal);
    expect(asked).toEqual([
      { atMs: 0, token: "token 1", sentBytes: 0n },
      { atMs: 120_000, token: "token 2", sentBytes: 10n },
      { atMs: 240_000, token: "token 3", sentBytes: 20n },
    ]);
  });

  it.each([
    { lifetimeMs: 300_000, want: 120_000 },
    { lifetimeMs: 60_000, want: 24_000 },
    { lifetimeMs: 0, want: 1_000 },
  ])("of $lifetimeMs ms is renewed after $want ms", ({ lifetimeMs, want }) => {
    expect(renewAfterMs(lifetimeMs)).toBe(want);
  });

  it("lasts while the gate is away, to its end and no longer", async () => {
    const seen: (number | undefined)[] = [];
    answers = [300, ...Array<Answer>(40).fill("GATE_UNREACHABLE"), 300];
    const attestation = anAttestation({
      readToken: async () => {
        seen.push(numberOf(attestation));
        if (numberOf(attestation) === undefined && seen.length > 1) expect(nowMs).toBeGreaterThanOrEqual(300_000);
        return "token";
      },
    });
    await attestation.keepNew(stop.signal);
    expect(seen.slice(0, 3)).toEqual([undefined, 1, 1]);
    expect(seen.at(-1)).toBeUndefined();
    expect(numberOf(attestation)).toBe(asked.length);
    const gaps = asked.slice(2).map(({ atMs }, index) => atMs - asked[index + 1]!.atMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000);
  });

  it("counts no more once the gate has refused the pod, which is asked about again", async () => {
    answers = [300, "ENROLMENT_REFUSED", 300];
    const attestation = anAttestation({
      readToken: async () => {
        chains.push(String(numberOf(attestation)));
        return "token";
      },
    });
    await attestation.keepNew(stop.signal);
    expect(chains).toEqual(["undefined", "1", "undefined"]);
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 120_000, 240_000]);
    expect(numberOf(attestation)).toBe(3);
  });

  it("without a certificate in it is none", async () => {
    answers = [300];
    const attest = async () => {
      stop.abort();
      return { chainDer: [], lifetimeSeconds: 300n };
    };
    const attestation = anAttestation({ attest });
    await attestation.keepNew(stop.signal);
    expect(attestation.chain).toBeUndefined();
  });

  it("is not asked for by each new link", async () => {
    answers = [300, 300];
    const attestation = anAttestation();
    const first = new AbortController();
    const read = attestation.otherThan(undefined, first.signal).then(() => first.abort());
    await attestation.keepNew(AbortSignal.any([first.signal, stop.signal]));
    await read;
    const atMs = nowMs;
    await attestation.keepNew(stop.signal);
    expect(asked.map((call) => call.atMs)).toEqual([0, 120_000]);
    expect(atMs).toBeLessThanOrEqual(120_000);
  });

  it("is asked for at once when somebody hurries", async () => {
    answers = [300, 300];
    const attestation = anAttestation({
      clock: { ...clock, sleep: async (_, signal) => void (signal?.aborted || attestation.hurry()) },
    });
    await attestation.keepNew(stop.signal);
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 0]);
  });
});

describe("whoever waits for a chain", () => {
  it("hears of each other one, and of none", async () => {
    answers = [300, "ENROLMENT_REFUSED", 300];
    const attestation = anAttestation();
    const heard: (number | undefined)[] = [];
    const listen = async () => {
      for (let known = attestation.chain; heard.length < 2; ) {
        known = await attestation.otherThan(known, new AbortController().signal);
        heard.push(numberOf({ chain: known }));
      }
    };
    await Promise.all([listen(), attestation.keepNew(stop.signal)]);
    expect([heard.length, heard[0]]).toEqual([2, 1]);
  });

  it("ends with the signal's reason", async () => {
    const reason = new Error("left");
    await expect(anAttestation().otherThan(undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it.each([
    { given: "the first answer", answer: 300 },
    { given: "a refusal", answer: "ENROLMENT_REFUSED" },
  ] as const)("before joining goes on at $given", async ({ answer }) => {
    answers = [answer, 300];
    const never = { ...clock, sleep: () => new Promise<never>(() => {}) };
    const attestation = anAttestation({ clock: never });
    void attestation.keepNew(stop.signal);
    await attestation.firstAnswer(5_000, new AbortController().signal);
    expect(asked).toHaveLength(1);
  });

  it("before joining goes on without one when the gate is away", async () => {
    await anAttestation().firstAnswer(5_000, new AbortController().signal);
    expect(nowMs).toBe(5_000);
  });
});
