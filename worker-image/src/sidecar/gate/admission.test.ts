import { createLogger, systemClock, TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import { type AdmissionQuestion, admitByGate } from "./admission.ts";

const question: AdmissionQuestion = {
  setup: Uint8Array.of(1),
  terms: Uint8Array.of(2),
  start: Uint8Array.of(3),
  line: 4,
  attempt: 1,
  signature: Uint8Array.of(5),
};
const NEVER = new AbortController().signal;
const PATIENCE_MS = 50;

type Answer = "yes" | "away" | { readonly refusal: string } | TributaryError;

/** A gate that gives these answers one after the other, the last one again and again. */
function gateThatSays(...answers: Answer[]) {
  const asked: AdmissionQuestion[] = [];
  const admit = admitByGate({
    ask: async (asking) => {
      asked.push(asking);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === "yes") return { policySha256: new Uint8Array(32), refusal: "" } as never;
      if (typeof answer === "object" && "refusal" in answer)
        return { policySha256: new Uint8Array(32), ...answer } as never;
      throw answer === "away" ? new TributaryError("GATE_UNREACHABLE", "away") : answer;
    },
    clock: systemClock,
    log: createLogger("test", "silent"),
  });
  return { asked, admit: (of = question, patienceMs = PATIENCE_MS) => admit(of, patienceMs, NEVER) };
}

const no = { refusal: "PolicyRefuses: policy.maxLocalSteps is 100, the terms ask seat 1 for 500" };

it("asks over exactly the bytes that came, and goes on after a yes", async () => {
  const { asked, admit } = gateThatSays("yes");
  await admit();
  expect(asked).toEqual([question]);
});

it("waits for a gate that is away for a moment", async () => {
  const { asked, admit } = gateThatSays("away", "yes");
  await admit(question, 60_000);
  expect(asked).toEqual([question, question]);
});

it.each([
  { given: "the member's no", answer: no, code: "TERMS_REFUSED" },
  {
    given: "a gate whose peer list contradicts itself",
    answer: new TributaryError("PEERS_INVALID", "peers of lab"),
    code: "PEERS_INVALID",
  },
  {
    given: "a gate that knows the worker's pod no more",
    answer: new TributaryError("ENROLMENT_REFUSED", "pod jobs/w-0 is gone"),
    code: "ENROLMENT_REFUSED",
  },
  { given: "a gate that stays away", answer: "away", code: "GATE_UNREACHABLE" },
  {
    given: "a gate that cannot be understood",
    answer: new TributaryError("INVARIANT_BROKEN", "it has no such method"),
    code: "GATE_UNREACHABLE",
  },
] as const)("$given keeps the worker out: $code", async ({ answer, code }) => {
  await expect(gateThatSays(answer).admit()).rejects.toMatchObject({ code });
});

it("keeps a yes for the very same question alone while the gate is away", async () => {
  const { admit } = gateThatSays("yes", "away");
  await admit();
  await admit();
  for (const changed of [
    { ...question, setup: Uint8Array.of(9) },
    { ...question, terms: Uint8Array.of(9) },
    { ...question, start: Uint8Array.of(9) },
    { ...question, signature: Uint8Array.of(9) },
    { ...question, line: 5 },
    { ...question, attempt: 2 },
  ]) {
    const other = gateThatSays("yes", "away");
    await other.admit();
    await expect(other.admit(changed)).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
  }
});

it("takes bytes that moved from one field to the next for another question", async () => {
  const { admit } = gateThatSays("yes", "away");
  await admit({ ...question, setup: Uint8Array.of(1, 2), terms: Uint8Array.of(3) });
  const moved = { ...question, setup: Uint8Array.of(1), terms: Uint8Array.of(2, 3) };
  await expect(admit(moved)).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
});

it("asks a gate that is there again, and believes its no: a yes before is spent", async () => {
  const { admit } = gateThatSays("yes", no, "away");
  await admit();
  await expect(admit()).rejects.toMatchObject({ code: "TERMS_REFUSED", message: no.refusal });
  await expect(admit()).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
});

it("believes a gate that knows the pod no more, whatever it admitted before", async () => {
  const { admit } = gateThatSays("yes", new TributaryError("ENROLMENT_REFUSED", "pod jobs/w-0 is gone"), "away");
  await admit();
  await expect(admit()).rejects.toMatchObject({ code: "ENROLMENT_REFUSED", message: "pod jobs/w-0 is gone" });
  await expect(admit()).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
});

it("ends with the signal's reason when the worker is told to stop", async () => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  const admit = admitByGate({
    ask: async () => {
      throw new TributaryError("GATE_UNREACHABLE", "away");
    },
    clock: systemClock,
    log: createLogger("test", "silent"),
  });
  await expect(admit(question, PATIENCE_MS, stopped)).rejects.toThrow("stopped");
});
