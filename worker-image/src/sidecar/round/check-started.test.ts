import type { RoundPlan } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import type { ObjectRef } from "../../shared/terms/start-message.ts";
import { type HonestOptions, type Lies, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { checkOpened } from "./check-opened.ts";
import { checkStarted } from "./check-started.ts";

const adapted: HonestOptions = {
  adapterJson: '{"type":"LoRA","rank":4,"alpha":8,"targets":["q_proj"],"rule":"FreezeA"}',
};
const _crypto = createNodeCryptoSuite();

function start(
  options: HonestOptions,
  lies: Lies = {},
  change: { readonly start?: Uint8Array; readonly signature?: Uint8Array } = {},
) {
  const { setup, plan, opened, started } = speakRound(options, lies);
  const trust = trustOfParty1(options);
  return checkStarted(trust, checkOpened(trust, setup, opened), plan, { ...started, ...change });
}

const refusal = (name: string, says = "") =>
  expect.objectContaining({
    code: "TERMS_REFUSED",
    message: expect.stringMatching(new RegExp(`^${name}: .*${says}`, "u")),
  });
const altered = (name: string, change: Partial<ObjectRef>) => (objects: readonly ObjectRef[]) =>
  objects.map((object) => (object.name === name ? { ...object, ...change } : object));

describe("the start of an honest aggregator", () => {
  it.each<{ given: string; options: HonestOptions }>([
    { given: "a whole model", options: {} },
    { given: "an adapter", options: adapted },
    { given: "a round that only evaluates", options: { ...adapted, isEvaluateOnly: true } },
  ])("is taken: $given", ({ options }) => {
    const { model, layout, startSha256, plan } = start(options);
    expect(model).toMatchObject({ name: "model", sha256: new Uint8Array(32).fill(1) });
    expect(layout.updates).toHaveLength(options.isEvaluateOnly === true ? 0 : 1);
    expect(startSha256).toEqual(plan.modelSha256);
  });
});

describe("a lying aggregator is refused by name before anything is fetched", () => {
  it.each<{ given: string; options?: HonestOptions; lies: Lies; says: string }>([
    { given: "objects in another order", lies: { objects: (all) => all.toReversed() }, says: "ascending by name" },
    {
      given: "an object more",
      lies: { objects: (all) => [...all, { ...all[2]!, name: "zeta" }] },
      says: "adapter, base, model, zeta",
    },
    { given: "an object less", lies: { objects: (all) => all.slice(1) }, says: "the start holds base, model" },
    {
      given: "a name that no object has",
      options: {},
      lies: { objects: altered("model", { name: "Model" }), plan: (plan) => plan },
      says: "lower-case letters",
    },
    {
      given: "another base",
      lies: { objects: altered("base", { sha256: new Uint8Array(32) }) },
      says: "the frozen base",
    },
    {
      given: "a base of another format",
      lies: { objects: altered("base", { format: "safetensors" }) },
      says: "the frozen base",
    },
    {
      given: "another adapter",
      lies: { objects: altered("adapter", { sha256: new Uint8Array(32) }) },
      says: "the adapter",
    },
    {
      given: "a model of another format",
      lies: { objects: altered("model", { format: "gguf" }) },
      says: "must be safetensors",
    },
    {
      given: "a model of another size",
      lies: { objects: altered("model", { sizeBytes: 2 ** 52 }) },
      says: "its tensors take",
    },
    {
      given: "a plan of another start",
      lies: { plan: (plan: RoundPlan) => ({ ...plan, modelSha256: new Uint8Array(32) }) },
      says: "not those that the signed plan names",
    },
  ])("$given", ({ options = adapted, lies, says }) => {
    let refused: unknown;
    try {
      start(options, lies);
    } catch (error) {
      refused = error;
    }
    expect(refused).toEqual(refusal("StartChanged", says));
  });

  it("a start that was altered, or swapped for that of another round", () => {
    const other = speakRound({ modelSha256: new Uint8Array(32).fill(2) }).started;
    expect(() => start({}, {}, { start: other.start })).toThrow(refusal("StartChanged"));
    expect(() => start({}, {}, { start: Uint8Array.of(1, 2, 3) })).toThrow(refusal("StartUnreadable"));
    expect(() => start({}, {}, { signature: other.signature })).toThrow(refusal("SignatureInvalid"));
    expect(() => start({}, {}, { signature: speakRound({ attempt: 2 }).started.signature })).toThrow(
      refusal("SignatureInvalid"),
    );
    expect(() => start({}, {}, { signature: speakRound().opened.signature })).toThrow(refusal("SignatureInvalid"));
  });

  it.each<{ given: string; lie: (plan: RoundPlan) => RoundPlan }>([
    {
      given: "another step of a metric",
      lie: (plan) => ({
        ...plan,
        stepExponents: plan.stepExponents.map((list, index) => (index === 1 ? list.with(0, 5) : list)),
      }),
    },
  ])("$given", ({ lie }) => {
    expect(() => start({}, { plan: lie })).toThrow(refusal("LayoutChanged"));
  });
});
