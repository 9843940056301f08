import { createHash } from "node:crypto";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { createLogger, type Disk, namingDisk, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { LedgerLine } from "../store/ledger-line.ts";
import { RoundStore } from "../store/round-store.ts";
import { JobModels } from "./job-models.ts";
import { JobOutput } from "./job-output.ts";
import { LedgerView } from "./ledger-view.ts";

const modelOf = (commits: number) => Buffer.alloc(2_000, `model of ${commits} rounds`);
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const shaOf = (commits: number) => digest(modelOf(commits));
const ruleOf = (mode: string) =>
  create(controlV1.ConvergenceRuleSchema, { metric: "validation_loss", mode, maxRounds: 1_000 });
const lowest = ruleOf("Min");

/** An output volume of another file system than the data, which a test fills, takes away or brings back. */
class OutputVolume {
  failsWith: "ENOSPC" | "EIO" | undefined;
  readonly disk: Disk = namingDisk({
    ...nodeDisk,
    open: (path, flags) => this.#call(flags !== "r" && flags !== "r+", () => nodeDisk.open(path, flags)),
    readFile: (path) => this.#call(false, () => nodeDisk.readFile(path)),
    mkdir: (path) => this.#call(true, () => nodeDisk.mkdir(path)),
    link: async () => Promise.reject(new Error("EXDEV")),
    copy: (from, to) => this.#call(true, () => nodeDisk.copy(from, to)),
    sizeOf: (path) => this.#call(false, () => nodeDisk.sizeOf(path)),
  });

  async #call<T>(needsRoom: boolean, call: () => Promise<T>): Promise<T> {
    const { failsWith } = this;
    if (failsWith === "EIO" || (needsRoom && failsWith === "ENOSPC"))
      throw Object.assign(new Error(`${failsWith}: injected`), { code: failsWith });
    return call();
  }
}

/** A process of the aggregator, as much of it as the output has to do with. */
class OutputJob {
  readonly output: JobOutput;
  readonly store: RoundStore;
  rule = lowest;
  /** Makes the model of so many rounds. */
  makeModel = modelOf;

  private constructor(store: RoundStore, volume: OutputVolume) {
    this.store = store;
    const pinned = {
      sourceSha256: "",
      sourceSizeBytes: 1,
      initialSha256: shaOf(0),
      initialPath: join(folder, "initial"),
    };
    const models = new JobModels({} as JobConfig, pinned, store, {
      tensors: [{ name: "w", shape: [1] }],
      sizeBytes: 1,
    });
    const ledger = new LedgerView(store, models);
    const log = createLogger("test", "silent");
    const options = { disk: volume.disk, backoff: { initialMs: 0, maxMs: 0 } };
    this.output = new JobOutput(outputFolder(), { ledger, models, log, onSettled: () => {} }, options);
  }

  static async start(volume: OutputVolume): Promise<OutputJob> {
    return new OutputJob(await RoundStore.open(join(folder, "data"), "job-1", shaOf(0)), volume);
  }

  /** Runs rounds one after another as the engine does; each evaluates the model that it starts from. */
  async run(...losses: readonly number[]): Promise<void> {
    for (const loss of losses) {
      this.output.catchUp(this.rule);
      await this.output.settled();
      this.output.willCommit();
      await this.#commit(loss);
    }
  }

  /** No round is open, as between two windows and after the last. */
  async rest(): Promise<void> {
    this.output.settle(this.rule);
    await this.output.settled();
  }

  /** What the output says of itself. */
  get says() {
    const { isPending, problem, shown } = this.output;
    return { isPending, code: problem?.code, best: shown.best?.round, last: shown.last?.round };
  }

  async #commit(loss: number): Promise<void> {
    const round = this.store.rounds.length;
    const prepared = await this.store.prepareCommit();
    const [base, model] = [this.makeModel(round), this.makeModel(round + 1)];
    await writeFile(prepared.objectPath("model"), model);
    const digests = { reads: { model: digest(base) }, objects: { model: digest(model) }, optimiser: {} };
    const metrics = { validation_loss: { sum: loss, count: 1 } };
    const line = {
      ...{ version: 2, jobUid: "job-1", round, outcome: "Committed", cohorts: [] },
      previous: this.store.head,
    };
    await this.store.commit(prepared, { ...line, ...digests, metrics } as unknown as LedgerLine);
  }
}

let folder: string;
const outputFolder = () => join(folder, "output");
let volume: OutputVolume;
beforeEach(async () => {
  folder = await trialFolder("job-output");
  await writeFile(join(folder, "initial"), modelOf(0));
  volume = new OutputVolume();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What lies on the output volume: the file and its note must be of the same model. */
async function expectOnVolume(name: "best" | "last", commits: number): Promise<void> {
  expect(await readFile(join(outputFolder(), name, "model.safetensors"))).toEqual(modelOf(commits));
  const note = JSON.parse(await readFile(join(outputFolder(), name, "round.json"), "utf8"));
  expect(note).toMatchObject({ round: commits, sha256: shaOf(commits) });
}

const whole = { isPending: false, code: undefined };

describe("the best model", () => {
  it.each(["ENOSPC", "EIO"] as const)("outlives an output volume that says %s for many rounds", async (failsWith) => {
    const job = await OutputJob.start(volume);
    await job.run(9, 8);
    volume.failsWith = failsWith;
    // The model of three rounds is the best.
    await job.run(7, 3, 5, 6, 7);
    await job.rest();
    expect(job.says).toMatchObject({ isPending: true, code: expect.stringContaining("STORAGE") });
    expect(job.says.best).not.toBe(3);
    volume.failsWith = undefined;
    await job.rest();
    expect(job.says).toEqual({ ...whole, best: 3, last: 7 });
    await expectOnVolume("best", 3);
    await expectOnVolume("last", 7);
    await job.run(8);
    expect(job.store.modelRounds).toEqual([6, 7]);
  });

  it("costs the aggregator's disk one copy when rounds change nothing, and any copy serves", async () => {
    const job = await OutputJob.start(volume);
    // Rounds 3 to 5 make the model of two rounds again.
    job.makeModel = (commits) => modelOf(commits < 6 ? Math.min(commits, 2) : commits);
    volume.failsWith = "EIO";
    await job.run(9, 8, 3, 3, 3, 3);
    expect(job.store.modelRounds).toEqual([4, 5]);
    await job.run(5, 6, 7);
    expect(job.store.modelRounds).toEqual([4, 7, 8]);
    volume.failsWith = undefined;
    await job.rest();
    expect(job.says).toEqual({ ...whole, best: 2, last: 9 });
    await expectOnVolume("best", 2);
  });

  it("outlives such a volume over restarts of the aggregator", async () => {
    volume.failsWith = "EIO";
    await (await OutputJob.start(volume)).run(9, 8, 3, 5, 6, 7);
    const second = await OutputJob.start(volume);
    // As after trouble with the aggregator's own disk, before any round.
    await second.store.reload();
    await second.rest();
    await second.run(8);
    expect(second.says.isPending).toBe(true);
    volume.failsWith = undefined;
    const third = await OutputJob.start(volume);
    await third.rest();
    expect(third.says).toEqual({ ...whole, best: 2, last: 7 });
    await expectOnVolume("best", 2);
  });

  it("stays on the aggregator's disk until the output volume has it for good", async () => {
    const job = await OutputJob.start(volume);
    await job.run(9, 8, 3, 5, 6);
    expect(job.store.modelRounds).toEqual([1, 3, 4]);
    // A power cut takes what was not synced.
    await truncate(join(outputFolder(), "best/model.safetensors"), 1_000);
    const restarted = await OutputJob.start(volume);
    await restarted.rest();
    expect(restarted.says).toEqual({ ...whole, best: 2, last: 5 });
    await expectOnVolume("best", 2);
    await restarted.run(7);
    expect(restarted.store.modelRounds).toEqual([4, 5]);
  });

  it("is written again where somebody removes it before it is durable", async () => {
    const job = await OutputJob.start(volume);
    await job.run(9, 8, 3, 5, 6);
    await rm(join(outputFolder(), "best"), { recursive: true });
    await job.rest();
    await job.rest();
    expect(job.says).toEqual({ ...whole, best: 2, last: 5 });
    await expectOnVolume("best", 2);
  });

  it("costs the aggregator's disk nothing while each model is better than the one before", async () => {
    const job = await OutputJob.start(volume);
    await job.run(9, 8, 7, 6, 5);
    expect(job.store.modelRounds).toEqual([3, 4]);
    await job.rest();
    expect(job.says).toEqual({ ...whole, best: 4, last: 5 });
  });
});

describe("under a rule that came later", () => {
  it("is the best of those that are there still, and what is shown is what lies there", async () => {
    const before = await OutputJob.start(volume);
    await before.run(1, 2, 9, 3, 4, 5, 6);
    await before.rest();
    expect(before.says.best).toBe(0);
    const after = await OutputJob.start(volume);
    // The largest was that of the model of two rounds, which is gone.
    after.rule = ruleOf("Max");
    await after.rest();
    expect(after.says).toEqual({ ...whole, best: 6, last: 7 });
    await expectOnVolume("best", 6);
    await after.run(8, 5);
    await after.rest();
    expect(after.says).toEqual({ ...whole, best: 7, last: 9 });
    await after.run(5, 5, 5);
    await after.rest();
    await expectOnVolume("best", 7);
    expect(after.says).toEqual({ ...whole, best: 7, last: 12 });
  });

  it("may be the one that lies on the output volume alone", async () => {
    const before = await OutputJob.start(volume);
    await before.run(1, 2, 9, 3, 4, 5, 6);
    before.rule = ruleOf("Max");
    await before.rest();
    await before.run(2, 2, 2);
    await before.rest();
    await before.run(2);
    const chosen = before.says.best!;
    expect(before.store.modelRounds).not.toContain(chosen - 1);
    const after = await OutputJob.start(volume);
    after.rule = ruleOf("Max");
    volume.failsWith = "EIO";
    await after.rest();
    expect(after.says).toMatchObject({ isPending: true, code: "STORAGE_UNAVAILABLE", best: undefined });
    volume.failsWith = undefined;
    await after.rest();
    expect(after.says).toEqual({ ...whole, best: chosen, last: 11 });
    await expectOnVolume("best", chosen);
  });

  it("takes no model of another job for its own", async () => {
    const foreign = Buffer.from("a model of another job");
    const first = await OutputJob.start(volume);
    await first.run(9, 8, 7, 3, 5, 6, 7);
    await first.rest();
    await first.run(7);
    await writeFile(join(outputFolder(), "best/model.safetensors"), foreign);
    await writeFile(
      join(outputFolder(), "best/round.json"),
      JSON.stringify({ round: 3, sha256: digest(foreign), metricValue: "0" }),
    );
    const job = await OutputJob.start(volume);
    volume.failsWith = "ENOSPC";
    await job.rest();
    expect(job.says).toMatchObject({ isPending: true, code: "STORAGE_FULL", best: undefined });
    volume.failsWith = undefined;
    await job.rest();
    // The model of three rounds was there alone.
    expect(job.says).toEqual({ ...whole, best: 7, last: 8 });
    await expectOnVolume("best", 7);
  });
});
