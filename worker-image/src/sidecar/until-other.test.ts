import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, systemClock } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Attestation } from "./gate/attestation.ts";
import { TrainerRegistry } from "./trainer/trainer-registry.ts";
import { isOther, presentWorker, untilOther } from "./until-other.ts";

const trainer = { kinds: ["Train"], capability: undefined };
let directory: string;
let registry: TrainerRegistry;
let attestation: Attestation;
let left: AbortController;
let attesting: Promise<void>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "until-other-"));
  registry = await TrainerRegistry.open(directory);
  left = new AbortController();
  attestation = new Attestation({
    attest: async () => ({ chainDer: [Uint8Array.of(1)], lifetimeSeconds: 300n }),
    readToken: async () => "token",
    sentBytes: () => 0,
    clock: systemClock,
    log: createLogger("test", "silent"),
  });
  attesting = Promise.resolve();
});
afterEach(async () => {
  left.abort(new Error("left"));
  await attesting;
  await rm(directory, { recursive: true, force: true });
});

describe("the aggregator is told of a worker again", () => {
  it("once it has a chain, and once a trainer has registered: each time as it is then", async () => {
    const news = { registry, attestation };
    const none = presentWorker(news);
    const first = untilOther(none, news, left.signal);
    attesting = attestation.keepNew(left.signal);
    const withChain = await first;
    expect([withChain.trainer, withChain.chain?.length]).toEqual([undefined, 1]);
    const second = untilOther(withChain, news, left.signal);
    await registry.register(trainer);
    const withBoth = await second;
    expect([withBoth.trainer?.kinds, withBoth.chain]).toEqual([["Train"], withChain.chain]);
    expect([isOther(none, withBoth), isOther(withBoth, presentWorker(news))]).toEqual([true, false]);
  });

  it("of both at once, where both have come", async () => {
    const news = { registry, attestation };
    const none = presentWorker(news);
    await registry.register(trainer);
    attesting = attestation.keepNew(left.signal);
    await attestation.firstAnswer(5_000, left.signal);
    const told = await untilOther(none, news, left.signal);
    expect([told.trainer?.kinds, told.chain?.length]).toEqual([["Train"], 1]);
  });

  it("of its trainer alone, where no gate attests", async () => {
    const news = { registry, attestation: undefined };
    const waiting = untilOther(presentWorker(news), news, left.signal);
    await registry.register(trainer);
    expect(await waiting).toMatchObject({ trainer: { kinds: ["Train"] }, chain: undefined });
  });

  it("not once it has left", async () => {
    const news = { registry, attestation };
    const waiting = untilOther(presentWorker(news), news, left.signal);
    left.abort(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
  });
});
