import { create, toBinary } from "@bufbuild/protobuf";
import { termsV1 } from "@tributary/contracts";
import { decodeMessage, encodeMessage, type Message, type MessageType, type RoundSetup } from "@tributary/federated";
import { createLogger, TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { decodeStart, encodeStart } from "../../shared/terms/start-message.ts";
import { encodeTerms } from "../../shared/terms/terms-message.ts";
import { type HonestOptions, type Lies, speakRound } from "../../shared/terms/testing/honest-round.ts";
import { judgeTrust } from "../trust/trust.ts";
import { ADMIT_BOUNDS, type AdmitAnswer, type AdmitDeps, admitMethod } from "./admit-method.ts";
import type { AdmitBytes } from "./read-round.ts";
import { askAbout, caller } from "./testing/asked-round.ts";

const own = { organisation: "Clinic", member: "clinic", publicKeys: [new Uint8Array(32)] };
const trustOf = (policy: string) =>
  judgeTrust(own, { policy, peers: '{"version":1,"peers":[]}', trustedPeers: undefined });
const anyTrust = trustOf('{"version":1,"protocols":["None"]}');

function gate(deps: Partial<AdmitDeps> = {}) {
  const answers: AdmitAnswer[] = [];
  const admit = admitMethod({
    crypto: createNodeCryptoSuite(),
    trust: { forRounds: () => anyTrust },
    describeWorker: async () => ({ runtime: "noop", dataset: undefined, trainerImages: [] }),
    audit: async (answer) => void answers.push(answer),
    log: createLogger("test", "silent"),
    ...deps,
  });
  const ask = (bytes: AdmitBytes, by = caller) => admit(bytes, by, new AbortController().signal);
  return { ask, answers };
}

const speak = (options: HonestOptions = {}, lies: Lies = {}) =>
  speakRound({ publicKey: caller.publicKey, ...options }, lies);
const question = (options: HonestOptions = {}, lies: Lies = {}) => askAbout(speak(options, lies));
const honest = question();

/** A setup that nobody signed anew. */
function changeSetup(bytes: Uint8Array, change: Partial<RoundSetup>): Uint8Array {
  const message = decodeMessage(bytes) as Extract<Message, { type: typeof MessageType.Setup }>;
  return encodeMessage({ ...message, setup: { ...message.setup, ...change } });
}

describe("the gate's yes", () => {
  it("is for a round as its aggregator opened and started it, and holds while the policy is the same", async () => {
    const { ask, answers } = gate();
    for (const options of [
      {},
      { isEvaluateOnly: true },
      { adapterJson: '{"type":"LoRA","rank":4,"alpha":8,"targets":["q_proj"],"rule":"FreezeA"}' },
      { line: 7, attempt: 2 },
    ])
      expect(await ask(question(options))).toEqual({ policySha256: anyTrust.policySha256, refusal: "" });
    expect(answers).toHaveLength(4);
    expect(answers[3]).toMatchObject({
      jobUid: "job",
      line: 7,
      attempt: 2,
      worker: "tributary://clinic/tributary-jobs/job/p0/0",
    });
    expect(answers[3]).not.toHaveProperty("refusal");
  });

  it("is written down before it is given", async () => {
    const audit = async () => {
      throw new TributaryError("STORAGE_FULL", "the volume is full");
    };
    await expect(gate({ audit }).ask(honest)).rejects.toMatchObject({ code: "STORAGE_FULL" });
  });

  it("is not given while peers and policy cannot be read, nor for a pod that is gone", async () => {
    const invalid = new TributaryError("PEERS_INVALID", "policy.json is missing");
    const forRounds = () => {
      throw invalid;
    };
    await expect(gate({ trust: { forRounds } }).ask(honest)).rejects.toBe(invalid);
    const gone = new TributaryError("ENROLMENT_REFUSED", "pod a/b is gone");
    await expect(gate({ describeWorker: () => Promise.reject(gone) }).ask(honest)).rejects.toBe(gone);
  });
});

describe("the gate's no", () => {
  it("names the line of the policy, in the answer and in the trail", async () => {
    const trust = trustOf('{"version":1,"protocols":["None"],"maxLocalSteps":1}');
    const { ask, answers } = gate({ trust: { forRounds: () => trust } });
    const message = "PolicyRefuses: policy.maxLocalSteps is 1, the terms ask seat 1 for 2";
    expect(await ask(honest)).toEqual({ policySha256: trust.policySha256, refusal: message });
    expect(answers).toMatchObject([{ refusal: message, startSha256: expect.stringMatching(/^[0-9a-f]{64}$/u) }]);
  });

  const otherLine = question({ line: 1 });
  it.each<{ attack: string; bytes: AdmitBytes; says: string }>([
    {
      attack: "terms of another round",
      bytes: { ...honest, terms: question({ localSteps: 1 }).terms },
      says: "TermsAltered",
    },
    {
      attack: "another setup for the same terms",
      bytes: { ...honest, setup: changeSetup(honest.setup, { minOrganisations: 2 }) },
      says: "SignatureInvalid",
    },
    {
      attack: "a setup of an aggregator that signed nothing",
      bytes: { ...honest, setup: changeSetup(honest.setup, { aggregatorKey: caller.publicKey }) },
      says: "SignatureInvalid",
    },
    {
      attack: "a setup with a tail",
      bytes: { ...honest, setup: new Uint8Array([...honest.setup, 0]) },
      says: "TermsAltered: the setup cannot be read",
    },
    {
      attack: "another message in place of the setup",
      bytes: { ...honest, setup: speak().started.plan },
      says: "TermsAltered: the setup is another message",
    },
    {
      attack: "terms encoded anew with a field that says nothing",
      bytes: { ...honest, terms: new Uint8Array([...honest.terms, 0x68, 0]) },
      says: "TermsAltered",
    },
    {
      attack: "terms encoded anew under a setup that names them",
      bytes: reencoded(),
      says: "TermsUnreadable",
    },
    {
      attack: "a start of another model",
      bytes: { ...honest, start: startOf({ sha256: new Uint8Array(32) }) },
      says: "SignatureInvalid",
    },
    {
      attack: "a start whose model has another name",
      bytes: { ...honest, start: startOf({ name: "base" }) },
      says: "SignatureInvalid",
    },
    { attack: "a start without objects", bytes: { ...honest, start: Uint8Array.of(10, 0) }, says: "StartChanged" },
    { attack: "a start that is no message", bytes: { ...honest, start: Uint8Array.of(255) }, says: "StartUnreadable" },
    {
      attack: "a start encoded anew",
      bytes: { ...honest, start: new Uint8Array([...honest.start, 0x50, 0]) },
      says: "StartUnreadable",
    },
    { attack: "another line", bytes: { ...honest, line: 1 }, says: "SignatureInvalid" },
    {
      attack: "the signature of another line",
      bytes: { ...honest, signature: otherLine.signature },
      says: "SignatureInvalid",
    },
    {
      attack: "the opening's signature",
      bytes: { ...honest, signature: speak().opened.signature },
      says: "SignatureInvalid",
    },
    {
      attack: "a line that is signed and not the terms'",
      bytes: question({}, { line: 5 }),
      says: "TermsChanged: line 5",
    },
    { attack: "another attempt", bytes: { ...honest, attempt: 2 }, says: "TermsChanged: attempt 2" },
    {
      attack: "an aggregator that signs a setup which names other terms",
      bytes: question({}, { setup: (setup) => ({ ...setup, contextSha256: new Uint8Array(32) }) }),
      says: "TermsAltered",
    },
    {
      attack: "a setup of another job",
      bytes: question({}, { setup: (setup) => ({ ...setup, jobUid: "other" }) }),
      says: "TermsChanged: the setup is of job other, the worker is of job job",
    },
    {
      attack: "terms of another job",
      bytes: question({}, { terms: (terms) => ({ ...terms, jobUid: "other" }) }),
      says: "TermsChanged: the terms are of job other",
    },
    {
      attack: "no seat of the worker",
      bytes: question({}, { terms: (terms) => ({ ...terms, seats: terms.seats.slice(1) }) }),
      says: "TermsChanged: worker 0 of participant p0 has 0 seats",
    },
    {
      attack: "two seats of the worker, one with less work",
      bytes: question(
        {},
        { terms: (terms) => ({ ...terms, seats: [...terms.seats, { ...terms.seats[0]!, party: 9 }] }) },
      ),
      says: "TermsChanged: worker 0 of participant p0 has 2 seats",
    },
    {
      attack: "somebody else's key on the worker's seat",
      bytes: question({ publicKey: new Uint8Array(32).fill(7) }),
      says: "TermsChanged: party 1 of the roster is not worker 0 of participant p0",
    },
    {
      attack: "a roster without the worker",
      bytes: question({}, { setup: (setup) => ({ ...setup, roster: setup.roster.slice(1) }) }),
      says: "TermsChanged: party 1 of the roster is not",
    },
  ])("is what the bytes get: $attack", async ({ bytes, says }) => {
    const { ask, answers } = gate();
    expect(await ask(bytes)).toMatchObject({ refusal: expect.stringContaining(says) });
    expect(answers).toMatchObject([{ refusal: expect.stringContaining(says) }]);
    expect(answers[0]).not.toHaveProperty("startSha256");
  });

  it("is what each single byte that is changed gets, but those that say where an object is fetched and how large it is", async () => {
    const { ask } = gate();
    // The digests in the start pin what is fetched; the setup message's own signature is needless under one over everything.
    const fetched = [...fieldsOf(honest.start)].filter(([field]) => field === "resource" || field === "sizeBytes");
    const isFree = (part: string, at: number) =>
      (part === "start" && fetched.some(([, from, to]) => at >= from && at < to)) ||
      (part === "setup" && at >= honest.setup.length - 64);
    for (const part of ["setup", "terms", "start", "signature"] as const)
      for (let at = 0; at < honest[part].length; at++) {
        if (isFree(part, at)) continue;
        const bytes = { ...honest, [part]: honest[part].with(at, honest[part][at]! ^ 1) };
        expect((await ask(bytes)).refusal, `${part} at ${at}`).not.toBe("");
      }
  });

  it.each([
    { who: "another participant", identity: { participant: "p1" } },
    { who: "another index", identity: { workerIndex: 1 } },
    { who: "another job", identity: { jobUid: "other" } },
  ])("is what a worker of $who gets", async ({ identity }) => {
    const by = { ...caller, identity: { ...caller.identity, ...identity } };
    expect((await gate().ask(honest, by)).refusal).toMatch(/^Terms/u);
  });

  it.each([
    { given: "no setup", bytes: { ...honest, setup: new Uint8Array() } },
    { given: "a very long start", bytes: { ...honest, start: new Uint8Array(ADMIT_BOUNDS.start + 1) } },
    { given: "half a signature", bytes: { ...honest, signature: honest.signature.subarray(32) } },
  ])("is MESSAGE_INVALID for $given, and no answer", async ({ bytes }) => {
    const { ask, answers } = gate();
    await expect(ask(bytes)).rejects.toMatchObject({ code: "MESSAGE_INVALID" });
    expect(answers).toEqual([]);
  });
});

/** The start of the honest round with one object changed. */
function startOf(change: object): Uint8Array {
  return encodeStart(decodeStart(honest.start).map((object) => ({ ...object, ...change })));
}

/** Where the values of the start's one object stand in its bytes: lengths and digests of the honest round fit into one byte each. */
function* fieldsOf(start: Uint8Array): Generator<readonly [field: string, from: number, to: number]> {
  const names = ["", "name", "resource", "sha256", "sizeBytes", "format"];
  for (let at = 2; at < start.length; ) {
    const tag = start[at]!;
    const isNumber = (tag & 7) === 0;
    const from = at + (isNumber ? 1 : 2);
    const to = isNumber ? start.findIndex((byte, index) => index >= from && byte < 0x80) + 1 : from + start[at + 1]!;
    yield [names[tag >> 3]!, from, to];
    at = to;
  }
}

/** Terms whose parts stand in another order, which mean the same to a reader of protobuf, under a setup and signature of their own. */
function reencoded(): AdmitBytes {
  const { terms } = speak();
  const whole = encodeTerms(terms);
  const jobUid = toBinary(termsV1.RoundTermsSchema, create(termsV1.RoundTermsSchema, { jobUid: terms.jobUid }));
  const moved = new Uint8Array([...whole.subarray(jobUid.length), ...jobUid]);
  return question({}, { termsBytes: () => moved });
}
