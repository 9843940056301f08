import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { strategyRules } from "@tributary/contracts/fields";
import { createState, parseParameters, type ServerState, serverOptimiserByName } from "@tributary/federated";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryJob, steadyReport, type WindowTerms } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
/** A power of two, so that quantising leaves nothing over. */
const UPDATE = 2 ** -9;
const VALUES = 16;
const names = Object.keys(strategyRules);
const pairs = names.flatMap((from) => names.flatMap((to) => (from === to ? [] : [[from, to] as const])));

let job: MemoryJob;
afterEach(() => job.destroy());

async function startJob(strategy: string): Promise<void> {
  job = await MemoryJob.create({
    parties: 2,
    report: steadyReport(UPDATE),
    strategy: { name: strategy, parameters: {} },
  });
}

/** Suspends the job, has a strategy go on with it for so many rounds, and suspends it again. */
async function train(strategy: string, from: number, rounds: number, terms: WindowTerms = {}): Promise<void> {
  job.change({ strategy: { name: strategy, parameters: {} } });
  const process = await job.start();
  await job.openWindow(process, from + rounds - 1, { from, ...terms });
  await vi.waitFor(async () => {
    const { window, round } = process.engine.view;
    const isOver = window === undefined && round === from + rounds;
    expect(await Promise.race([process.ended, isOver])).toBe(true);
  }, WAIT_MS);
  await process.stop();
}

async function floatsOf(round: number, file: string, count: number): Promise<Float32Array> {
  const bytes = await readFile(join(job.directory, "data/rounds", String(round).padStart(6, "0"), file));
  return new Float32Array(new Uint8Array(bytes.subarray(-4 * count)).buffer);
}

const modelOf = (round: number) => floatsOf(round, "objects/model.safetensors", VALUES);

/** The model that a strategy makes of the one after a round, from a state; from its initial one when that is left out. */
async function steppedFrom(strategy: string, round: number, state?: ServerState<Float32Array>): Promise<Float32Array> {
  const optimiser = serverOptimiserByName(strategy);
  const parameters = parseParameters(optimiser, {});
  const fresh = createState(optimiser, parameters, VALUES, (length) => new Float32Array(length));
  const [base, meanUpdate] = [await modelOf(round), new Float32Array(VALUES).fill(UPDATE)];
  return optimiser.step({ base, meanUpdate, state: state ?? fresh, round: round + 1, parameters }).model;
}

async function stateOf(strategy: string, round: number): Promise<ServerState<Float32Array>> {
  const slots = serverOptimiserByName(strategy).stateSlots.map(({ name }) => name);
  const vectors = slots.map(async (name) => [name, await floatsOf(round, `optimiser/${name}.bin`, VALUES)] as const);
  return Object.fromEntries(await Promise.all(vectors));
}

const unusedLines = () => job.lines.filter(({ unused }) => unused !== undefined);

describe("a strategy that is changed while the job is suspended", () => {
  it.each(pairs)("from %s to %s steps as one that begins", async (from, to) => {
    await startJob(from);
    await train(from, 0, 2);
    await train(to, 2, 1);
    expect(await modelOf(2)).toEqual(await steppedFrom(to, 1));
    const hadState = serverOptimiserByName(from).stateSlots.length > 0;
    expect(unusedLines()).toMatchObject(
      hadState ? [{ round: 2, strategy: to, unused: { strategy: from, round: 1 } }] : [],
    );
    // From then on it goes on from its own.
    const state = await stateOf(to, 2);
    await train(to, 3, 1);
    expect(await modelOf(3)).toEqual(await steppedFrom(to, 2, state));
    expect(unusedLines().length).toBe(hadState ? 1 : 0);
  });

  it("and back again goes on from nothing that it left before", async () => {
    await startJob("FedAdam");
    await train("FedAdam", 0, 1);
    await train("FedAvgM", 1, 1);
    await train("FedAdam", 2, 1);
    expect(await modelOf(2)).toEqual(await steppedFrom("FedAdam", 1));
  });

  it("and back before it has trained goes on from what it left, over rounds that only evaluate", async () => {
    await startJob("FedAdam");
    await train("FedAdam", 0, 1);
    await train("FedAvgM", 1, 1, { evaluateOnly: true });
    await train("FedAdam", 2, 1);
    expect(await modelOf(2)).toEqual(await steppedFrom("FedAdam", 0, await stateOf("FedAdam", 0)));
    expect(unusedLines()).toEqual([]);
  });
});

it.each(names)("%s that stays goes on over a restart from what it left", async (strategy) => {
  await startJob(strategy);
  await train(strategy, 0, 2);
  const state = await stateOf(strategy, 1);
  await train(strategy, 2, 1);
  expect(await modelOf(2)).toEqual(await steppedFrom(strategy, 1, state));
});
