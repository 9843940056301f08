import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { termsV1 } from "@tributary/contracts";
import { lastingTerms, sectionAgreements } from "@tributary/federated";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../crypto/node-crypto-suite.ts";
import { decodeStart, encodeStart } from "./start-message.ts";
import { decodeTerms, encodeTerms } from "./terms-message.ts";
import { speakRound } from "./testing/honest-round.ts";

const { terms } = speakRound({
  adapterJson: '{"type":"LoRA","rank":4,"alpha":8,"targets":["q_proj"],"rule":"FreezeA"}',
  hyperparameters: { b: "2", a: "1" },
});

const crypto = createNodeCryptoSuite();

function seatsWith(chain: readonly (readonly number[])[]) {
  const chainDer = chain.map((bytes) => Uint8Array.from(bytes));
  return { seats: terms.seats.map((seat) => ({ ...seat, chainDer })) };
}

describe("terms as they travel", () => {
  it("come out as they went in", () => {
    expect(decodeTerms(encodeTerms(terms))).toEqual(terms);
    const alone = speakRound({ isEvaluateOnly: true }).terms;
    expect(decodeTerms(encodeTerms(alone))).toEqual(alone);
  });

  it("carry the whole certificate chain of a seat, which is no part of what lasts on a start", () => {
    const chainDer = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const chained = { ...terms, line: 7, seats: terms.seats.map((seat) => ({ ...seat, chainDer })) };
    expect(decodeTerms(encodeTerms(chained))).toEqual(chained);
    expect(encodeTerms(lastingTerms(chained))).toEqual(encodeTerms({ ...terms, line: 0 }));
    expect(sectionAgreements(crypto, chained, new Uint8Array(32))).toEqual(
      sectionAgreements(crypto, terms, new Uint8Array(32)),
    );
  });

  it("have the same bytes in whatever order maps were made", () => {
    const work = { localSteps: 2, rank: 0, hyperparameters: { a: "1", b: "2" } };
    const other = { ...work, hyperparameters: { b: "2", a: "1" } };
    expect(encodeTerms({ ...terms, works: [work] })).toEqual(encodeTerms({ ...terms, works: [other] }));
  });

  it.each([
    { given: "no seat", change: { seats: [] }, says: "seats is a list of 0" },
    { given: "seats out of order", change: { seats: terms.seats.toReversed() }, says: "seats.party is 2" },
    { given: "a seat twice", change: { seats: [terms.seats[0]!, terms.seats[0]!] }, says: "seats.party is 1" },
    { given: "a work that is not there", change: { works: [] }, says: "seats.1.work is 0" },
    { given: "a chain that is too long", change: seatsWith([[1], [2], [3]]), says: "at most 2 certificates" },
    {
      given: "a certificate that is too large",
      change: seatsWith([Array.from({ length: 4_097 }, () => 1)]),
      says: "at most 4096 bytes",
    },
    { given: "no section", change: { sections: [] }, says: "sections is a list of 0" },
    { given: "no step", change: { steps: [] }, says: "steps is a list of 0" },
    {
      given: "a source that has no digest",
      change: { context: { ...terms.context, sourceSha256: new Uint8Array(4) } },
      says: "must be 32 bytes",
    },
  ])("are refused by name: $given", ({ change, says }) => {
    const bytes = encodeTerms({ ...terms, ...change });
    expect(() => decodeTerms(bytes)).toThrow(expect.objectContaining({ code: "TERMS_REFUSED" }));
    expect(() => decodeTerms(bytes)).toThrow(says);
  });

  it.each([
    {
      given: "another disclosure",
      change: (message: termsV1.RoundTerms) => (message.steps[1]!.outputs[0]!.disclosure = "Public"),
      says: "outputs.model.disclosure",
    },
    {
      given: "another weighting",
      change: (message: termsV1.RoundTerms) => (message.sections[0]!.weighting = "Party"),
      says: "sections.update.weighting",
    },
    {
      given: "tensors and metrics in one section",
      change: (message: termsV1.RoundTerms) => (message.sections[0]!.metrics = ["loss"]),
      says: "tensors or metrics",
    },
    {
      given: "an input from nowhere",
      change: (message: termsV1.RoundTerms) => (message.steps[0]!.inputs[0]!.from = { case: undefined }),
      says: "an object of the start",
    },
    {
      given: "what a section of metrics has no use for",
      change: (message: termsV1.RoundTerms) => (message.sections[1]!.weighting = "Party"),
      says: "field for field",
    },
    {
      given: "an input with more than its object",
      change: (message: termsV1.RoundTerms) => (message.steps[0]!.inputs[0]!.set = "no such set!"),
      says: "steps.0.sets",
    },
    {
      given: "a work that no seat has",
      change: (message: termsV1.RoundTerms) =>
        message.works.push(...Array.from({ length: 3 }, () => create(termsV1.WorkSchema, { localSteps: 1 }))),
      says: "at most one for each seat",
    },
    {
      given: "no strategy",
      change: (message: termsV1.RoundTerms) => delete message.strategy,
      says: "strategy is undefined",
    },
  ])("are refused by name: $given", ({ change, says }) => {
    const message = fromBinary(termsV1.RoundTermsSchema, encodeTerms(terms));
    change(message);
    expect(() => decodeTerms(toBinary(termsV1.RoundTermsSchema, message))).toThrow(says);
  });

  it.each([4, 6, 8, 10, 99])("are refused with a field %i that this version does not know", (field) => {
    const more = Uint8Array.of(...varint((field << 3) | 2), 1, 7);
    const bytes = new Uint8Array([...encodeTerms(terms), ...more]);
    expect(() => decodeTerms(bytes)).toThrow("field for field");
  });

  it("have one encoding: any other bytes are refused, also where they say the same", () => {
    const honest = encodeTerms(terms);
    const change = fc.tuple(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }));
    const property = fc.property(change, ([at, by]) => {
      const bytes = honest.with(at, honest[at]! ^ by);
      let read: ReturnType<typeof decodeTerms> | undefined;
      try {
        read = decodeTerms(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: "TERMS_REFUSED" });
      }
      if (read !== undefined) expect(encodeTerms(read)).toEqual(bytes);
    });
    fc.assert(property, { numRuns: 2_000, seed: 20_261_202 });
  });

  it.each<{ given: string; change: (message: termsV1.RoundTerms) => void }>([
    {
      given: "inputs",
      change: ({ steps }) => {
        steps[0]!.inputs = Array.from({ length: 100_000 }, () => steps[0]!.inputs[0]!);
      },
    },
    {
      given: "sections",
      change: (message) => {
        message.sections = Array.from({ length: 100_000 }, () => message.sections[1]!);
      },
    },
    {
      given: "steps",
      change: (message) => {
        message.steps = Array.from({ length: 100_000 }, () => message.steps[0]!);
      },
    },
    {
      given: "seats",
      change: (message) => {
        const seat = message.seats[0]!;
        message.seats = Array.from({ length: 100_000 }, (_, index) => ({ ...seat, party: index + 1 }));
      },
    },
  ])("are refused in one short sentence with a hundred thousand $given", ({ change }) => {
    const message = fromBinary(termsV1.RoundTermsSchema, encodeTerms(terms));
    change(message);
    const bytes = toBinary(termsV1.RoundTermsSchema, message);
    const refused = expect.objectContaining({ code: "TERMS_REFUSED", message: expect.stringMatching(/^.{20,200}$/u) });
    expect(() => decodeTerms(bytes)).toThrow(refused);
  });

  it("of the largest job fit into the message that a worker takes", () => {
    const seat = { ...terms.seats[0]!, participant: "p".repeat(20), organisation: "o".repeat(63), workerCount: 256 };
    const seats = Array.from({ length: 25_600 }, (_, index) => ({
      ...seat,
      party: index + 1,
      workerIndex: index % 256,
    }));
    const largest = { ...terms, seats };
    const bytes = encodeTerms(largest);
    expect(decodeTerms(bytes)).toEqual(largest);
    expect(bytes.length).toBeLessThan(4 * 2 ** 20);
  });
});

/** A number below 2^14 as protobuf writes it. */
function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

describe("a start as it travels", () => {
  const object = { name: "model", resource: "/m", sha256: new Uint8Array(32), sizeBytes: 5, format: "safetensors" };

  it("comes out as it went in", () => {
    expect(decodeStart(encodeStart([object]))).toEqual([object]);
  });

  it("is refused for bytes that are none", () => {
    const bytes = toBinary(
      termsV1.RoundStartSchema,
      create(termsV1.RoundStartSchema, { objects: [{ ...object, sizeBytes: 5n }] }),
    );
    expect(() => decodeStart(bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: "TERMS_REFUSED" }));
  });
});
