import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { trainerV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createGrpcEndpoint,
  createLogger,
  isTributaryError,
  listenGrpc,
  TributaryError,
} from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openProgram } from "../open-program.ts";
import { runTrainer, type TrainerOptions } from "./run-trainer.ts";
import { readTensors, writeTensors } from "./tensor-file.ts";

const log = createLogger("trainer.test", "silent");
type Task = MessageInitShape<typeof trainerV1.TaskSchema>;

let volume: string;
let endpoint: Server | undefined;
beforeEach(() => {
  volume = mkdtempSync(join(tmpdir(), "trainer-"));
});
afterEach(async () => {
  if (endpoint !== undefined) await closeGrpc(endpoint, 1_000);
  endpoint = undefined;
  rmSync(volume, { recursive: true, force: true });
});

/** A sidecar that serves the real contract: it offers tasks in turn, then says that the job is over. */
async function serveTasks(
  tasks: Task[],
  options: { task?: string; hyperparameters?: Record<string, string>; failFirst?: number } = {},
): Promise<{ outcomes: trainerV1.CompleteTaskRequest[]; registrations: () => number }> {
  const outcomes: trainerV1.CompleteTaskRequest[] = [];
  let next = 0;
  let registered = 0;
  let failures = options.failFirst ?? 0;
  endpoint = createGrpcEndpoint();
  const job = { jobUid: "uid", participant: "aws", workerCount: 1, task: options.task ?? "noop", volumePath: volume };
  addService(
    endpoint,
    trainerV1.TrainerService,
    {
      register: async () => {
        registered++;
        return { ...job, hyperparameters: options.hyperparameters ?? {} };
      },
      nextTask: async () => {
        if (failures-- > 0) throw new TributaryError("QUEUE_FULL", "not now");
        const task = tasks[next];
        return task === undefined ? { finished: true } : { task };
      },
      completeTask: async (request) => {
        outcomes.push(request);
        next++;
        return {};
      },
    },
    () => undefined,
  );
  await listenGrpc(endpoint, `unix:${join(volume, "trainer.sock")}`, ServerCredentials.createInsecure());
  return { outcomes, registrations: () => registered };
}

function work(overrides: Partial<TrainerOptions> = {}): Promise<void> {
  return runTrainer({
    socketPath: join(volume, "trainer.sock"),
    name: "tfjs",
    version: "1",
    openProgram,
    log,
    signal: new AbortController().signal,
    backoff: { initialMs: 1, maxMs: 2 },
    maxAttempts: 4,
    ...overrides,
  });
}

const model = new Map([["w", { shape: [3], values: Float32Array.of(0, 1, 2) }]]);
async function trainTask(change: Task = {}): Promise<Task> {
  await writeTensors(volume, "base.safetensors", model);
  const sha256 = createHash("sha256")
    .update(readFileSync(join(volume, "base.safetensors")))
    .digest();
  const disclosure = trainerV1.Disclosure.SUM_ONLY;
  const base = { name: "model", path: "base.safetensors", disclosure: trainerV1.Disclosure.PUBLIC, sha256 };
  return {
    ...{ id: "r0-train", kind: "Train", role: "Trainer", round: 0, localSteps: 4 },
    inputs: [base],
    outputs: [{ name: "model", path: "trained.safetensors", disclosure }],
    ...change,
  };
}
const evaluateTask = async (change: Task = {}) =>
  trainTask({ id: "r0-evaluate", kind: "Evaluate", outputs: [], split: "validation", ...change });

describe("runTrainer", () => {
  it("trains, evaluates, hands in what it made and ends when the job is over", async () => {
    const { outcomes } = await serveTasks([await trainTask(), await evaluateTask()]);
    await work();
    expect(outcomes.map(({ taskId, outcome }) => [taskId, outcome.case])).toEqual([
      ["r0-train", "success"],
      ["r0-evaluate", "success"],
    ]);
    const [trained, evaluated] = outcomes.map(({ outcome }) => outcome.value as trainerV1.TaskSuccess);
    expect(trained!.outputs.map(({ path }) => path)).toEqual(["trained.safetensors"]);
    const { values } = (await readTensors(volume, "trained.safetensors", new Uint8Array())).get("w")!;
    expect([...values]).toEqual([0, 1, 2].map((value) => value + 4 * 2 ** -10));
    expect(evaluated!.metrics).toMatchObject([{ name: "validation_loss", sum: 0, count: 1n }]);
  });

  it("asks again, and registers again, when the sidecar answers with a passing error", async () => {
    const sidecar = await serveTasks([await evaluateTask()], { failFirst: 2 });
    await work();
    expect(sidecar.outcomes).toHaveLength(1);
    expect(sidecar.registrations()).toBe(3);
  });

  it("keeps its connection through a task of hours: one that is closed would count as its end", async () => {
    const { outcomes } = await serveTasks([await evaluateTask()]);
    let connections = 0;
    const counting = createServer((socket) => {
      connections += 1;
      socket.pipe(connect(join(volume, "trainer.sock"))).pipe(socket);
    });
    const socketPath = join(volume, "counted.sock");
    await new Promise<void>((resolve) => counting.listen(socketPath, resolve));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
    try {
      const evaluate = async () => {
        await vi.advanceTimersByTimeAsync(3 * 3_600_000);
        return [];
      };
      const program = { evaluate, train: () => Promise.reject(new Error("no task says so")) };
      await work({ socketPath, openProgram: async () => program });
    } finally {
      vi.useRealTimers();
      counting.close();
    }
    expect(outcomes).toHaveLength(1);
    expect(connections).toBe(1);
  });

  it.each([
    { name: "an unknown kind", change: { kind: "Generate" }, want: "TRAINER_TASK_UNKNOWN", retriable: false },
    {
      name: "an unknown split",
      change: { kind: "Evaluate", split: "train" },
      want: "TRAINER_TASK_UNKNOWN",
      retriable: false,
    },
    {
      name: "a deadline that has passed",
      change: { remainingMs: 0n },
      want: "DEADLINE_EXCEEDED",
      retriable: true,
    },
    { name: "no model to start from", change: { inputs: [] }, want: "MESSAGE_INVALID", retriable: false },
    { name: "nowhere to write", change: { outputs: [] }, want: "MESSAGE_INVALID", retriable: false },
    {
      name: "a disclosure that is not set",
      change: { outputs: [{ name: "model", path: "x" }] },
      want: "TRAINER_TASK_UNKNOWN",
      retriable: false,
    },
  ])("reports $name and takes the next task", async ({ change, want, retriable }) => {
    const { outcomes } = await serveTasks([await trainTask(change), await evaluateTask()]);
    await work();
    expect(outcomes[0]!.outcome).toMatchObject({ case: "failure", value: { code: want, retriable } });
    expect(outcomes[1]!.outcome.case).toBe("success");
    expect(existsSync(join(volume, "trained.safetensors"))).toBe(false);
  });

  it.each([
    { name: "an unknown task", options: { task: "vision" }, want: "TRAINER_TASK_UNKNOWN" },
    {
      name: "a wrong hyperparameter",
      options: { hyperparameters: { increment: "x" } },
      want: "TRAINER_HYPERPARAMETER_INVALID",
    },
    { name: "no base model", options: { task: "language-modeling" }, want: "TRAINER_MODEL_INVALID" },
  ] as const)("reports $name as the outcome of the first task and ends with its code", async ({ options, want }) => {
    const { outcomes } = await serveTasks([await trainTask()], options);
    const error: unknown = await work().catch((caught) => caught);
    expect(isTributaryError(error, want)).toBe(true);
    expect(outcomes[0]!.outcome).toMatchObject({ case: "failure", value: { code: want, retriable: false } });
  });

  it("ends with TRAINER_SIDECAR_LOST when nobody listens", async () => {
    const error: unknown = await work().catch((caught) => caught);
    expect(isTributaryError(error, "TRAINER_SIDECAR_LOST")).toBe(true);
  });

  it("stops at once when it is told to", async () => {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const promise = work({ signal: stop.signal, maxAttempts: 1_000_000 });
    stop.abort(reason);
    await expect(promise).rejects.toBe(reason);
  });
});
