import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { Keystream, type MaskKey, maskChunk, Protocol, safetensorsParts } from "@tributary/federated";
import { createLogger, nameVolumes } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { type HonestOptions, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import type { TrainerDesk, TrainerTask } from "../trainer/trainer-desk.ts";
import type { TensorClient } from "../wire/tensor-client.ts";
import { checkOpened } from "./check-opened.ts";
import { checkStarted } from "./check-started.ts";
import { HeldIntegers } from "./held-integers.ts";
import { makeReport, maskSegment, rebuildSegment, segmentPath, type WorkDeps, type WorkRequest } from "./round-work.ts";
import { volumePaths } from "./volume-paths.ts";

const PARAMETERS = 16;
const crypto = createNodeCryptoSuite();

let directory: string;
let done: string[];
let ids: string[];
let attempts = 0;
let begun: string[];
let asked: TrainerTask[];
/** Facts that the trainer tells of a task, by kind. */
let factsOf: Record<string, Record<string, number>>;
/** What the trainer does in place of training, when it does not train. */
let insteadOfTraining: (() => void) | undefined;
let failure: { code: string; message: string } | undefined;
let metrics: { name: string; sum: number; count: bigint }[];
let trainMetrics: typeof metrics;
let deps: WorkDeps;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "round-work-"));
  for (const name of ["models", "tasks", "reports", "memory"]) await mkdir(join(directory, name));
  done = [];
  ids = [];
  begun = [];
  asked = [];
  factsOf = {};
  insteadOfTraining = undefined;
  failure = undefined;
  [metrics, trainMetrics] = [[], []];
  const tensors = {
    fetch: async ({ sha256 }: { sha256: string }, to: string) => {
      done.push("fetch");
      await writeFile(to, [model(1), model(2)].find((bytes) => hex(digestOf(bytes)) === sha256)!);
    },
  } as unknown as TensorClient;
  const desk = {
    isBegun: (id: string) => begun.includes(id),
    run: async (task: TrainerTask) => {
      const { id, kind = "", inputs = [], outputs = [] } = task;
      asked.push(task);
      done.push(kind);
      ids.push(id);
      if (failure !== undefined) return { case: "failure", value: failure };
      if (kind === "Train" && insteadOfTraining !== undefined) insteadOfTraining();
      else if (kind === "Train") await copyFile(join(directory, inputs[0]!.path!), join(directory, outputs[0]!.path!));
      const said = { outputs, metrics: kind === "Train" ? trainMetrics : metrics, facts: factsOf[kind] ?? {} };
      return { case: "success", value: create(trainerV1.TaskSuccessSchema, said) };
    },
  } as unknown as TrainerDesk;
  deps = {
    desk,
    crypto,
    log: createLogger("test", "silent"),
    crash: () => {},
    volumeDirectory: directory,
    memoryDirectory: join(directory, "memory"),
    held: new HeldIntegers(),
    tensors: () => tensors,
  };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function model(value: number): Buffer {
  const bytes = new Uint8Array(new Float32Array(PARAMETERS).fill(value).buffer);
  return Buffer.concat(safetensorsParts([{ name: "w", dtype: "F32", shape: [PARAMETERS], bytes }]));
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

interface Round extends HonestOptions {
  readonly base?: Buffer;
  readonly parameters?: number;
}

/** A round that an honest aggregator opened and started. */
function aRound({ base = model(1), parameters = PARAMETERS, ...options }: Round = {}): WorkRequest {
  const tensors = [{ name: "w", shape: [parameters] }];
  const said = { tensors, modelSha256: digestOf(base), ...options };
  const { setup, plan, opened, started } = speakRound(said);
  const trust = trustOfParty1(said);
  const round = checkStarted(trust, checkOpened(trust, setup, opened), plan, started);
  const planDigest = new Uint8Array(32).fill((options.round ?? 0) + 1);
  const { signal } = new AbortController();
  return { round, planDigest, seed: new Uint8Array(32), expiresMs: Number.POSITIVE_INFINITY, signal };
}

/** The same round opened again: another plan of the same work. */
function anotherAttempt<T extends { readonly planDigest: Uint8Array }>(round: T): T {
  attempts += 1;
  return { ...round, planDigest: new Uint8Array(32).fill(100 + attempts) };
}

async function trainedPaths(): Promise<string[]> {
  return (await readdir(join(directory, "tasks"))).map((name) => join("tasks", name));
}

describe("makeReport", () => {
  it("trains the model that the plan names, and reports every segment", async () => {
    const segments = await makeReport(deps, aRound());
    expect(segments.map(({ segment }) => segment)).toEqual([0, 0xffff, 0xfffe]);
    expect(done).toEqual(["fetch", "Evaluate", "Train"]);
  });

  it("asks each step with the parameters of the signed script, outside of any loop", async () => {
    await makeReport(deps, aRound());
    expect(asked.map(({ kind, parameters, iteration }) => ({ kind, parameters, iteration }))).toEqual([
      { kind: "Evaluate", parameters: { split: "validation" }, iteration: 0 },
      { kind: "Train", parameters: {}, iteration: 0 },
    ]);
  });

  it("logs how many steps the trainer took and how long, and no fact that follows from its data", async () => {
    const lines: string[] = [];
    const log = createLogger("test", "info", { write: (line: string) => void lines.push(line) });
    factsOf = { Train: { steps: 2, stepSeconds: 0.5, samples: 12_345_678 } };
    await makeReport({ ...deps, log }, aRound());
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ task: ids[1], steps: 2, stepSeconds: 0.5 });
    expect(lines.join("")).not.toContain("12345678");
  });

  it("refuses a task of which a fact cannot be, and asks for it again", async () => {
    factsOf = { Train: { steps: 3 } };
    await expect(makeReport(deps, aRound())).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: expect.stringMatching(/Train: fact steps is out of its bounds, must be a whole number from 0 to 2$/u),
    });
    factsOf = {};
    done = [];
    await makeReport(deps, aRound());
    expect(done).toEqual(["Train"]);
  });

  it("says which metrics a task's report cannot carry in its own log alone, and not without end", async () => {
    const lines: string[] = [];
    const log = createLogger("test", "warn", { write: (line: string) => void lines.push(line) });
    metrics = ["val_loss", ...Array(20).fill("patient Jane Roe ".repeat(1_000))].map((name) => ({
      name,
      sum: 1,
      count: 1n,
    }));
    const refused = await makeReport({ ...deps, log }, aRound()).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: "MESSAGE_INVALID", message: expect.not.stringMatching(/val_loss|Jane/u) });
    const [line] = lines.map((each) => JSON.parse(each));
    expect(line).toMatchObject({ known: ["validation_loss"], task: ids[0] });
    expect(line.metrics[0]).toBe("val_loss");
    expect(lines.join("").length).toBeLessThan(1_500);
    // What was evaluated counts for nothing: a trainer put right is asked again.
    metrics = [{ name: "validation_loss", sum: 1, count: 1n }];
    done = [];
    await makeReport(deps, aRound());
    expect(done).toEqual(["Evaluate", "Train"]);
  });

  it("takes of each task the metrics that its step feeds, and else refuses them by name and asks for it again", async () => {
    trainMetrics = [{ name: "validation_loss", sum: 1, count: 1n }];
    await expect(makeReport(deps, aRound())).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: expect.stringMatching(/^task .*\/Train: 1 of 1 metrics have another name than training_loss\. /u),
    });
    done = [];
    trainMetrics = [{ name: "training_loss", sum: 1, count: 1n }];
    await makeReport(deps, aRound());
    expect(done).toEqual(["Train"]);
  });

  it.each([
    { name: "w", shape: [PARAMETERS - 8], says: "w [8] where the model has w [16]" },
    { name: "w", shape: [PARAMETERS + 8], says: "w [24] where the model has w [16]" },
    { name: "v", shape: [PARAMETERS], says: "v [16] where the model has w [16]" },
  ])("refuses a report of other tensors than the model's before anything is trained: $says", async (tensor) => {
    const refused = makeReport(deps, aRound({ tensors: [tensor] }));
    await expect(refused).rejects.toMatchObject({
      code: "TERMS_REFUSED",
      message: `LayoutChanged: the report sums ${tensor.says}`,
    });
    expect(done).toEqual(["fetch"]);
  });

  it("names the volume that the trainer found full, and how it gets room", async () => {
    nameVolumes([{ path: directory, name: "the volume that both share", remedy: "give it more" }]);
    failure = { code: "STORAGE_FULL", message: "no room" };
    const failed = await makeReport(deps, aRound()).catch((error: Error) => error);
    nameVolumes([]);
    expect(failed).toMatchObject({
      code: "STORAGE_FULL",
      message: expect.stringMatching(/^the volume that both share is full: .*; give it more$/u),
    });
  });

  it("names no volume that the trainer could not use: it may be the data set's", async () => {
    nameVolumes([{ path: directory, name: "the volume that both share", remedy: "give it more" }]);
    failure = { code: "STORAGE_UNAVAILABLE", message: "the volume of the data set denies access" };
    const failed = await makeReport(deps, aRound()).catch((error: Error) => error);
    nameVolumes([]);
    expect(failed).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(/^task round-0-.*: A volume cannot be used. The log of the worker's sidecar has/u),
    });
  });

  it("passes on no word of the trainer's, which may quote data", async () => {
    failure = { code: "TRAINER_DATA_MISSING", message: "patient Jane Roe, born 1970: no such column" };
    const failed = await makeReport(deps, aRound()).catch((error: Error) => error);
    expect(failed).toMatchObject({ code: "TRAINER_DATA_MISSING" });
    expect((failed as Error).message).not.toContain("Jane");
    expect((failed as Error).message).toContain("The data set holds no usable samples.");
  });

  it.each(["KIND_MISSING", "TRAINER_LOST", "no code"])(
    "takes the trainer's claim %s for no code of a task",
    async (code) => {
      failure = { code, message: "" };
      await expect(makeReport(deps, aRound())).rejects.toMatchObject({ code: "WORKER_FAILED" });
    },
  );

  it.each([
    { name: "the model did not change: what was before counts on", base: model(1), want: "before" },
    { name: "the model changed: what the sum may hold is not sent again", base: model(2), want: "left over" },
  ])("settles a report whose result was missed: $name", async ({ base, want }) => {
    const first = aRound();
    await makeReport(deps, first);
    const left = await readFile(join(directory, volumePaths.pendingResidual(first.planDigest, 0)));
    await mkdir(join(directory, "residuals"));
    // A residual of the same shape, all of it another value.
    const before = Buffer.from(left).fill(0);
    await writeFile(join(directory, volumePaths.residual(0)), before);
    await writeFile(join(directory, volumePaths.pendingResidual(first.planDigest, 0)), left);
    await makeReport(deps, aRound({ round: 1, base }));
    const kept = await readFile(join(directory, volumePaths.residual(0)));
    expect(kept).toEqual(want === "before" ? before : left);
    await expect(readFile(join(directory, volumePaths.pendingResidual(first.planDigest, 0)))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("uses what was trained again for another attempt at the round, on the same terms", async () => {
    const other = { ...aRound(), planDigest: new Uint8Array(32).fill(77) };
    await makeReport(deps, aRound());
    done = [];
    await makeReport(deps, other);
    expect(done).toEqual([]);
  });

  it("goes on from what was evaluated when an attempt ends in mid-training, with the very same task", async () => {
    insteadOfTraining = () => {
      throw new Error("the attempt ended");
    };
    await expect(makeReport(deps, aRound())).rejects.toThrow("the attempt ended");
    insteadOfTraining = undefined;
    await makeReport(deps, anotherAttempt(aRound()));
    expect(done).toEqual(["fetch", "Evaluate", "Train", "Train"]);
    expect(ids[2]).toBe(ids[1]);
  });

  it("takes what a trainer made of the same task for an earlier attempt, and else what lies there away", async () => {
    const round = aRound();
    await makeReport(deps, round);
    const path = join(directory, (await trainedPaths())[0]!);
    const found: unknown[] = [];
    insteadOfTraining = () => void found.push(existsSync(path));
    for (const isBegun of [true, false]) {
      await rm(join(directory, "memory"), { recursive: true });
      await mkdir(join(directory, "memory"));
      await writeFile(path, model(1));
      begun = isBegun ? [ids[1]!] : [];
      await makeReport(deps, anotherAttempt(round)).catch(() => {});
    }
    // Without a file the training is done once more.
    expect(found).toEqual([true, false, false]);
  });

  it("gives every other work another name", async () => {
    await makeReport(deps, aRound());
    await makeReport(deps, aRound({ round: 1 }));
    await makeReport(deps, anotherAttempt(aRound({ base: model(2) })));
    await makeReport(deps, anotherAttempt(aRound({ seed: 2n })));
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
    expect(new Set(await trainedPaths()).size).toBe(4);
  });

  it.each([
    ["other hyperparameters", { hyperparameters: { a: "2" } }],
    ["another seed", { seed: 2n }],
    ["another task", { task: "language-modeling" }],
  ])("trains anew under %s, also when a former process trained the same model as many steps", async (_, change) => {
    await makeReport(deps, aRound());
    done = [];
    await makeReport(deps, { ...aRound(change), planDigest: new Uint8Array(32).fill(78) });
    expect(done).toEqual(["Evaluate", "Train"]);
  });

  it("trains anew in another round, also when the model is the same", async () => {
    await makeReport(deps, aRound());
    done = [];
    await makeReport(deps, aRound({ round: 1 }));
    expect(done).toEqual(["Evaluate", "Train"]);
  });

  it("uses the report of a former process again as it is", async () => {
    const first = await makeReport(deps, aRound());
    done = [];
    expect(await makeReport(deps, aRound())).toEqual(first);
    expect(done).toEqual([]);
  });
});

describe("rebuildSegment", () => {
  it.each([0, 0xffff, 0xfffe])(
    "makes the same bytes of segment %i again, without another task, and leaves all else",
    async (id) => {
      const segments = await makeReport(deps, aRound());
      const reports = async () =>
        Promise.all(
          (await readdir(join(directory, "reports"))).sort().map((name) => readFile(join(directory, "reports", name))),
        );
      const before = await reports();
      done = [];
      const damaged = segments.find(({ segment }) => segment === id)!;
      await writeFile(segmentPath(deps, aRound(), id), "damaged");
      await rebuildSegment(deps, aRound(), damaged);
      expect(await reports()).toEqual(before);
      expect(done).toEqual([]);
    },
  );

  it("leaves a file alone that comes out with other bytes than were promised", async () => {
    const [damaged] = await makeReport(deps, aRound());
    const path = segmentPath(deps, aRound(), damaged!.segment);
    await writeFile(path, "damaged");
    await writeFile(join(directory, (await trainedPaths())[0]!), model(3));
    await expect(rebuildSegment(deps, aRound(), damaged!)).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
    expect(await readFile(path, "utf8")).toBe("damaged");
    expect((await readdir(join(directory, "reports"))).filter((name) => name.includes("again"))).toEqual([]);
  });
});

describe("maskSegment", () => {
  const keys: MaskKey[] = [
    { keystream: Keystream.Aes256Ctr, key: new Uint8Array(32).fill(1), sign: 1 },
    { keystream: Keystream.Aes256Ctr, key: new Uint8Array(32).fill(2), sign: -1 },
  ];
  const masked = () => aRound({ protocol: Protocol.Masking, parameters: PARAMETERS });

  beforeEach(() => {
    const values = Float32Array.from({ length: PARAMETERS }, (_, index) => 1 + (index - 7) * 0.3);
    const trained = safetensorsParts([
      { name: "w", dtype: "F32", shape: [PARAMETERS], bytes: new Uint8Array(values.buffer) },
    ]);
    insteadOfTraining = () => writeFileSync(join(directory, asked.at(-1)!.outputs![0]!.path!), Buffer.concat(trained));
    metrics = [{ name: "validation_loss", sum: 2.5, count: 10n }];
    trainMetrics = [{ name: "training_loss", sum: 3.5, count: 10n }];
  });

  /** Files whose bytes hold these, in the volume that trainer and node see. */
  async function filesWith(bytes: Uint8Array): Promise<string[]> {
    const names = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
    const inVolume = files.filter((path) => !path.startsWith(join(directory, "memory")));
    const found = await Promise.all(
      inVolume.map(async (path) => ((await readFile(path)).includes(Buffer.from(bytes)) ? [path] : [])),
    );
    return found.flat();
  }

  it.each([0, 0xffff, 0xfffe])(
    "sends segment %i as its integers and the masks, which alone lie in the volume",
    async (id) => {
      const inClear = await makeReport(deps, aRound());
      const plain = await readFile(segmentPath(deps, aRound(), id));
      await rm(join(directory, "reports"), { recursive: true });
      await mkdir(join(directory, "reports"));
      const round = { ...masked(), planDigest: aRound().planDigest };
      await rm(join(directory, "memory"), { recursive: true });
      await mkdir(join(directory, "memory"));
      const segments = await makeReport(deps, round);
      expect(segments).toEqual(inClear);
      const reported = segments.find(({ segment }) => segment === id)!;
      done = [];
      const sent = await maskSegment(deps, round, reported, keys);
      const bytes = await readFile(segmentPath(deps, round, id));
      const { ringBits } = round.round.setup.segments.find((segment) => segment.id === id)!;
      const wanted = maskChunk(crypto, { bytes: new Uint8Array(plain), offsetBytes: 0, ringBits }, keys);
      expect(new Uint8Array(bytes)).toEqual(wanted);
      expect(sent).toEqual({ sizeBytes: bytes.length, sha256: digestOf(bytes) });
      expect(await filesWith(plain)).toEqual([]);
      expect(done).toEqual([]);
      expect(await maskSegment(deps, round, reported, keys)).toEqual(sent);
    },
  );

  it("makes integers again that another process held, and gives the same bytes", async () => {
    const round = masked();
    const [reported] = await makeReport(deps, round);
    const first = await maskSegment(deps, round, reported!, keys);
    await rm(segmentPath(deps, round, reported!.segment));
    const another = { ...deps, held: new HeldIntegers() };
    expect(await maskSegment(another, round, reported!, keys)).toEqual(first);
  });

  it("sends what was promised though the trainer's file is another by then, as long as this process lives", async () => {
    const round = masked();
    const [reported] = await makeReport(deps, round);
    const want = await maskSegment({ ...deps, held: new HeldIntegers() }, round, reported!, keys);
    await writeFile(join(directory, (await trainedPaths())[0]!), model(3));
    expect(await maskSegment(deps, round, reported!, keys)).toEqual(want);
  });

  it("makes metrics again that memory has lost, and gives the same bytes", async () => {
    const round = masked();
    const segments = await makeReport(deps, round);
    const reported = segments.find(({ segment }) => segment === 0xfffe)!;
    const first = await maskSegment(deps, round, reported, keys);
    await rm(join(directory, "memory", `metrics-${0xfffe}.bin`));
    expect(await maskSegment(deps, round, reported, keys)).toEqual(first);
  });

  it("puts nothing there to be sent when other integers come out than were promised", async () => {
    const round = masked();
    const [reported] = await makeReport(deps, round);
    await writeFile(join(directory, (await trainedPaths())[0]!), model(3));
    const another = { ...deps, held: new HeldIntegers() };
    await expect(maskSegment(another, round, reported!, keys)).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
    expect(await readdir(join(directory, "reports"))).not.toContainEqual(expect.stringMatching(/-0(\.again)?\.bin$/));
  });

  it("uses the report of a former process again: its digests are what the keys are given for", async () => {
    const round = masked();
    const first = await makeReport(deps, round);
    done = [];
    expect(await makeReport(deps, round)).toEqual(first);
    expect(done).toEqual([]);
  });
});
