import { createLogger, systemClock, TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import { recordAtGate, recordNowhere } from "./record-sums.ts";

const sum = {
  ...{ line: 4, attempt: 2, threshold: 3, sentBytes: 70 },
  startSha256: new Uint8Array(32).fill(1),
  workSha256: new Uint8Array(32).fill(2),
  sections: [{ section: "update", dataNames: [new Uint8Array(36).fill(3)] }],
};
const NEVER = new AbortController().signal;
const away = new TributaryError("GATE_UNREACHABLE", "away");

/** A gate that gives these answers one after the other, the last one again and again; an empty text is a yes. */
function gateThatSays(...answers: (string | TributaryError)[]) {
  const asked: unknown[] = [];
  const record = recordAtGate({
    ask: async (asking) => {
      asked.push(asking);
      const answer = answers[Math.min(asked.length, answers.length) - 1]!;
      if (answer instanceof TributaryError) throw answer;
      return { refusal: answer };
    },
    clock: { ...systemClock, sleep: async (_, signal) => signal?.throwIfAborted() },
    log: createLogger("test", "silent"),
  });
  return { asked, record: (signal = NEVER) => record(sum, signal) };
}

it("has the gate remember the sum as it is to be signed", async () => {
  const { asked, record } = gateThatSays("");
  await record();
  expect(asked).toEqual([{ ...sum, sentBytes: 70n }]);
});

it.each([
  { given: "that is away", fault: away },
  { given: "that is slow", fault: new TributaryError("DEADLINE_EXCEEDED", "slow") },
  { given: "whose volume is full", fault: new TributaryError("STORAGE_FULL", "full") },
  { given: "that takes the next certificate alone", fault: new TributaryError("IDENTITY_REJECTED", "old") },
])("waits for a gate $given as long as it takes", async ({ fault }) => {
  const { asked, record } = gateThatSays(...Array(50).fill(fault), "");
  await record();
  expect(asked).toHaveLength(51);
});

it.each([
  { given: "the gate's no", answer: 'section "update": too near', code: "DIFFERENCE_OF_JOBS", says: /too near/u },
  {
    given: "a gate that has no room",
    answer: new TributaryError("GATE_MEMORY_FULL", "Record at 10.0.0.1:8446: full"),
    code: "GATE_MEMORY_FULL",
    says: /^GATE_MEMORY_FULL|^The gate remembers/u,
  },
  {
    given: "a gate that knows the worker's pod no more",
    answer: new TributaryError("ENROLMENT_REFUSED", "pod jobs/w-0 is gone"),
    code: "ENROLMENT_REFUSED",
    says: /refused to enrol/u,
  },
  {
    given: "a gate that cannot be understood",
    answer: new TributaryError("MESSAGE_INVALID", "it has no such method"),
    code: "GATE_UNREACHABLE",
    says: /may be signed/u,
  },
])("$given is told as $code", async ({ answer, code, says }) => {
  const asking = gateThatSays(away, answer).record();
  await expect(asking).rejects.toMatchObject({ code });
  await expect(asking).rejects.toThrow(says);
});

it("ends with the reason of an attempt that is over", async () => {
  const over = new AbortController();
  const { record } = gateThatSays(away);
  setTimeout(() => over.abort(new Error("over")), 5);
  const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  const patient = recordAtGate({ ask: async () => Promise.reject(away), clock, log: createLogger("test", "silent") });
  await expect(patient(sum, over.signal)).rejects.toThrow("over");
  await expect(record(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});

it("is refused where nobody remembers", async () => {
  await expect(recordNowhere(sum, NEVER)).rejects.toMatchObject({ details: { refusal: "TrustMissing" } });
});
