import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CohortStage, Protocol } from "@tributary/federated";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type SecureAggregationConfig, unmasked } from "../config/secure-aggregation.ts";
import type { LedgerLine } from "../store/ledger-line.ts";
import type { Cohort } from "./cohorts/cohort.ts";
import type { CohortJournal } from "./cohorts/cohort-records.ts";
import { EARLY_LIFE_MS } from "./cohorts/early-cohort.ts";
import { EarlyKeys, type EarlyKeysDeps } from "./early-keys.ts";
import { MemoryJob, type MemoryProcess, participantOf, steadyReport, type WindowTerms } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
const masked: SecureAggregationConfig = {
  protocol: Protocol.Masking,
  minOrganisations: 2,
  threshold: undefined,
  earlyKeys: true,
};
const jobs: MemoryJob[] = [];
afterEach(async () => {
  for (const job of jobs.splice(0)) await job.destroy();
});

async function createJob(secureAggregation: SecureAggregationConfig | undefined = masked): Promise<MemoryJob> {
  const job = await MemoryJob.create({
    parties: 4,
    report: (planned, at) => steadyReport(2 ** -9)(planned, at),
    participants: [participantOf("p", 2, "clinic"), participantOf("q", 2, "lab")],
    secureAggregation,
  });
  jobs.push(job);
  return job;
}

const until = (what: () => void) => vi.waitFor(what, WAIT_MS);
const untilCommitted = ({ engine }: MemoryProcess, rounds: number) =>
  until(() => expect(engine.view.committedRounds).toBe(rounds));

/** The last worker reports once the first has heard this: so long the round is in work. */
function waitFor(job: MemoryJob, ...words: readonly string[]): void {
  const [first] = job.parties;
  let round = 0;
  job.parties[3]!.onStaged = async (segment) => {
    round = Math.max(round, segment.round);
    const word = words[round - 1];
    if (word !== undefined) await until(() => expect(first!.heard).toContain(word));
  };
}

async function modelOf(job: MemoryJob, line: number): Promise<string> {
  const path = join(job.directory, `data/rounds/${String(line).padStart(6, "0")}/line.json`);
  return (JSON.parse(await readFile(path, "utf8")) as LedgerLine).objects.model!;
}

async function journalOf(job: MemoryJob): Promise<CohortJournal> {
  return JSON.parse(await readFile(join(job.directory, "data/open/cohorts.json"), "utf8")) as CohortJournal;
}

/** A job whose first round is in work, and whose second has its keys exchanged; what a test then does lets the round end. */
async function whileEarly(
  terms: WindowTerms = {},
): Promise<{ job: MemoryJob; process: MemoryProcess; end: () => void }> {
  const job = await createJob();
  const held = Promise.withResolvers<void>();
  job.parties[3]!.onStaged = () => held.promise;
  const process = await job.start();
  await job.openWindow(process, 1, terms);
  await until(() => expect(job.parties[0]!.heard).toContain("opened 2"));
  return { job, process, end: held.resolve };
}

describe("keys of the next round", () => {
  it("are exchanged once the first report is there; the round starts with them, and its model is that of a job whose keys come late", async () => {
    const [early, plain] = [await createJob(), await createJob({ ...masked, earlyKeys: false })];
    waitFor(early, "opened 2", "opened 3");
    for (const job of [early, plain]) {
      const process = await job.start();
      await job.openWindow(process, 2);
      await untilCommitted(process, 3);
    }
    await until(() => expect(early.parties[0]!.heard.at(-1)).toBe("committed 3"));
    const lived = (setup: number) => [`started ${setup}`, `opened ${setup + 1}`, `committed ${setup}`];
    expect(early.parties[0]!.heard).toEqual(["opened 1", ...lived(1), ...lived(2), "started 3", "committed 3"]);
    expect(await modelOf(early, 2)).toBe(await modelOf(plain, 2));
    expect(plain.parties[0]!.heard).toEqual(
      [1, 2, 3].flatMap((at) => [`opened ${at}`, `started ${at}`, `committed ${at}`]),
    );
  });

  it("are no attempt: status, count of attempts and journal are of the round in work, and its number is used up", async () => {
    const { job, process, end } = await whileEarly();
    expect(process.engine.view).toMatchObject({ round: 0, attempt: 1, failedRounds: 0 });
    expect(await journalOf(job)).toMatchObject({ setup: 2, line: 0, attempt: 1, cohorts: [{ setup: 1, attempt: 1 }] });
    end();
    await untilCommitted(process, 2);
    expect(await journalOf(job)).toMatchObject({ setup: 2, line: 1, attempt: 1, failed: 0 });
  });

  it.each<{ given: string; change: (job: MemoryJob, process: MemoryProcess) => Promise<void> }>([
    {
      given: "a window of other steps is in work by then",
      change: (job, process) => job.openWindow(process, 1, { attempt: 2, localSteps: 2 }),
    },
    { given: "another pod has a seat by then", change: async (job, process) => job.replacePod(process, 3) },
    {
      given: "a worker refused them",
      change: (_, { engine }) =>
        engine.inbox.receiveFailure(2, 2, 1, { code: "GATE_UNREACHABLE", message: "its gate is away" }),
    },
  ])("are closed unused where $given, and no attempt is lost", async ({ change }) => {
    const { job, process, end } = await whileEarly({ quorum: 3 });
    await change(job, process);
    end();
    await untilCommitted(process, 2);
    const { heard } = job.parties[0]!;
    await until(() => expect(heard.at(-1)).toBe("committed 3"));
    expect(heard.slice(heard.indexOf("committed 1"))).toEqual([
      ...["committed 1", "closed 2", "opened 3", "started 3", "committed 3"],
    ]);
    expect(process.engine.view.failedRounds).toBe(0);
    expect(process.directory.list().map(({ problem }) => problem)).toEqual(Array(4).fill(undefined));
  });

  it("are not exchanged beside a round with a worker whose sidecar would leave it for them", async () => {
    const job = await createJob();
    job.parties[1]!.opensBeside = false;
    const process = await job.start();
    await job.openWindow(process, 2);
    await untilCommitted(process, 3);
    await until(() => expect(job.parties[0]!.heard.at(-1)).toBe("committed 3"));
    expect(job.parties[0]!.heard).toEqual(
      [1, 2, 3].flatMap((at) => [`opened ${at}`, `started ${at}`, `committed ${at}`]),
    );
  });

  it("are nothing that a restarted process goes on with; their number is not used again", async () => {
    const { job, process, end } = await whileEarly();
    const stopped = process.stop();
    end();
    await stopped;
    const next = await job.start();
    await untilCommitted(next, 2);
    for (const { heard } of job.parties) expect(heard).not.toContain("started 2");
    expect((await journalOf(job)).setup).toBeGreaterThan(2);
    const plain = await createJob(unmasked);
    const other = await plain.start();
    await plain.openWindow(other, 1);
    await untilCommitted(other, 2);
    expect(await modelOf(job, 1)).toBe(await modelOf(plain, 1));
  });

  it("are asked of a worker that comes back meanwhile, after the round in work", async () => {
    const { job, process, end } = await whileEarly();
    const [, second] = job.parties;
    const before = second!.heard.length;
    process.endStream(2);
    process.join(second!);
    await until(() => expect(second!.heard.slice(before)).toEqual(["opened 1", "started 1", "opened 2"]));
    end();
    await untilCommitted(process, 2);
    await until(() => expect(second!.heard.slice(before + 3)).toEqual(["committed 1", "started 2", "committed 2"]));
  });
});

describe("keys that grow too old before their round starts", () => {
  it("are closed then, though nothing else happens, and exchanged anew with one more report", async () => {
    const job = await createJob();
    const [third, fourth] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    [job.parties[2]!.onStaged, job.parties[3]!.onStaged] = [() => third.promise, () => fourth.promise];
    // Those of the first exchange, and of the pause after it.
    let lives = 0;
    const process = await job.start({ isSkipped: (delayMs) => delayMs === EARLY_LIFE_MS && lives++ < 2 });
    await job.openWindow(process, 1);
    const { heard } = job.parties[0]!;
    await until(() => expect(heard).toEqual(["opened 1", "started 1", "opened 2", "closed 2"]));
    third.resolve();
    await until(() => expect(heard.slice(4)).toEqual(["opened 3"]));
    fourth.resolve();
    await untilCommitted(process, 2);
    await until(() => expect(heard.slice(5)).toEqual(["committed 1", "started 3", "committed 3"]));
    expect(process.engine.view.failedRounds).toBe(0);
  });
});

/** Rounds as the exchange sees them: no time passes but what it sleeps and a test says. */
class HeldRounds {
  nowMs = 0;
  readonly slept: number[] = [];
  openings = 0;
  readonly early = new EarlyKeys({
    engine: { config: { secureAggregation: masked }, clock: this.#clock },
    windows: { open: { through: 9 }, whileOpen: async (_: unknown, work: () => Promise<void>) => work() },
    cohorts: { openEarly: async () => void this.openings++ },
    rounds: () => 3,
    choose: () => ({ seats: [], chosen: { parties: [1], minSurvivors: 1 } }),
  } as unknown as EarlyKeysDeps);

  get #clock() {
    const sleep = async (delayMs: number) => {
      this.slept.push(delayMs);
      this.nowMs += delayMs;
    };
    return { monotonicMs: () => this.nowMs, sleep };
  }

  /** A round of which `reports` reports are there, until it has waited so long for the last one. */
  async live(waitedMs: number, reports: number): Promise<void> {
    const [announced, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let counted = 1;
    const reportsBeyond = async (count: number) => {
      if (count === 0) return;
      if (counted === reports) await end.promise;
      counted += 1;
    };
    const run = {
      ...{ reportsBeyond, announced: announced.promise, state: { setup: { roster: [] } } },
      get reports() {
        return counted;
      },
    };
    const view = { stage: CohortStage.Running as CohortStage };
    const startedMs = this.nowMs;
    const cohort = { record: { line: 3 }, view, run } as unknown as Cohort;
    const over = this.early.exchangeBeside(cohort, end.promise, new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.nowMs = startedMs + waitedMs;
    announced.resolve();
    view.stage = CohortStage.Summed;
    end.resolve();
    await over;
  }
}

describe("a job whose last report comes long after the first", () => {
  it("exchanges keys in vain once, and from then on nearer the end", async () => {
    const rounds = new HeldRounds();
    await rounds.live(300_000, 1);
    expect([rounds.openings, rounds.slept]).toEqual([1, [0, EARLY_LIFE_MS]]);
    await rounds.live(320_000, 1);
    expect([rounds.openings, rounds.slept.slice(2)]).toEqual([2, [250_000, EARLY_LIFE_MS]]);
    await rounds.live(4_000, 1);
    await rounds.live(4_000, 1);
    expect(rounds.slept.slice(4)).toEqual([270_000, EARLY_LIFE_MS, 0, EARLY_LIFE_MS]);
  });

  it("exchanges keys anew with reports alone, and not sooner than those of before are too old", async () => {
    const rounds = new HeldRounds();
    await rounds.live(300_000, 3);
    expect([rounds.openings, rounds.slept]).toEqual([3, [0, ...Array(3).fill(EARLY_LIFE_MS)]]);
  });
});

describe("who could be in the next round is not looked for", () => {
  it.each([
    { given: "the job has no early keys", earlyKeys: false, open: { through: 9 } },
    { given: "no window is open", earlyKeys: true, open: undefined },
    { given: "the window ends with the round in work", earlyKeys: true, open: { through: 3 } },
  ])("where $given", async ({ earlyKeys, open }) => {
    const choose = vi.fn();
    const deps = { windows: { open }, cohorts: {}, rounds: () => 3, choose };
    const clock = {
      monotonicMs: () => 0,
      sleep: async (delayMs: number) => (delayMs > 0 ? new Promise(() => {}) : undefined),
    };
    const early = new EarlyKeys({
      ...deps,
      engine: { clock, config: { secureAggregation: { ...masked, earlyKeys } } },
    } as unknown as EarlyKeysDeps);
    const run = { reportsBeyond: async () => {}, announced: new Promise(() => {}) };
    const cohort = { record: { line: 3 }, view: { stage: CohortStage.Running }, run } as unknown as Cohort;
    await early.exchangeBeside(cohort, new Promise((resolve) => setTimeout(resolve, 10)), new AbortController().signal);
    expect(choose).not.toHaveBeenCalled();
  });
});
