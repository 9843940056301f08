import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { type HonestOptions, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { Agreements } from "./agreements.ts";
import { checkOpened } from "./check-opened.ts";
import { type CheckedRound, checkStarted } from "./check-started.ts";

const crypto = createNodeCryptoSuite();
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agreements-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function aRound(options: HonestOptions = {}): CheckedRound {
  const { setup, plan, opened, started } = speakRound(options);
  const trust = trustOfParty1(options);
  return checkStarted(trust, checkOpened(trust, setup, opened), plan, started);
}

const train: HonestOptions = {};
const evaluate: HonestOptions = { isEvaluateOnly: true };
const changed = expect.objectContaining({
  code: "TERMS_REFUSED",
  message: expect.stringMatching(/^TermsChanged: section /u),
});

describe("what a worker agreed to on one start", () => {
  it.each<{ given: string; first: HonestOptions; later: HonestOptions }>([
    { given: "the same round again", first: train, later: train },
    { given: "a later attempt at the round", first: train, later: { attempt: 2 } },
    { given: "a later line on the same model", first: evaluate, later: { round: 1, isEvaluateOnly: true } },
    {
      given: "training for a later line after a round that left the model as it was",
      first: train,
      later: { line: 1 },
    },
    { given: "an evaluation after an attempt that failed", first: train, later: { round: 1, isEvaluateOnly: true } },
    { given: "training after an evaluation", first: evaluate, later: { round: 1 } },
    {
      given: "other terms on another model",
      first: train,
      later: { localSteps: 9, modelSha256: new Uint8Array(32).fill(2) },
    },
  ])("does not stand in the way of $given", async ({ first, later }) => {
    const agreements = await Agreements.open(directory, crypto);
    await agreements.keep(aRound(first));
    await agreements.keep(aRound(later));
    await (await Agreements.open(directory, crypto)).keep(aRound(later));
  });

  it.each<{ given: string; first: HonestOptions; later: HonestOptions; section: string }>([
    { given: "other local steps", first: train, later: { localSteps: 3 }, section: "update" },
    { given: "other hyperparameters", first: train, later: { hyperparameters: { a: "2" } }, section: "update" },
    {
      given: "an evaluation under other hyperparameters",
      first: evaluate,
      later: { ...evaluate, hyperparameters: { a: "2" } },
      section: "evaluation",
    },
    { given: "an evaluation of another task", first: evaluate, later: { task: "quadratic" }, section: "evaluation" },
  ])("is refused under $given, also after a restart of the sidecar", async ({ first, later, section }) => {
    const agreements = await Agreements.open(directory, crypto);
    await agreements.keep(aRound(first));
    const restarted = await Agreements.open(directory, crypto);
    for (const each of [agreements, restarted]) {
      expect(() => each.require(aRound(later))).toThrow(changed);
      await expect(each.keep(aRound(later))).rejects.toThrow(`section ${section} `);
    }
  });

  it("is forgotten once another model is the start, which the caller has entered for good", async () => {
    const agreements = await Agreements.open(directory, crypto);
    await agreements.keep(aRound(train));
    await agreements.keep(aRound({ round: 1, modelSha256: new Uint8Array(32).fill(2) }));
    expect(() => agreements.require(aRound({ localSteps: 3 }))).not.toThrow();
  });

  it("is not taken from a damaged file: nothing says then what was agreed to", async () => {
    await writeFile(join(directory, "agreements.json"), "{");
    await expect(Agreements.open(directory, crypto)).rejects.toMatchObject({ code: "SIDECAR_STATE_LOST" });
  });
});
