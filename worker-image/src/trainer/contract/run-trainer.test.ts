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
import { openProgram, trainerKinds } from "../open-program.ts";
import type { TrainerProgram } from "../program.ts";
import { runTrainer, type TrainerOptions } from "./run-trainer.ts";
import { readTensors, writeTensors } from "./tensor-file.ts";

const log = createLogger("trainer.test", "silent");
type Task = MessageInitShape<typeof trainerV1.TaskSchema>;
type TensorSet = MessageInitShape<typeof trainerV1.TensorSetSchema>;

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
  options: {
    task?: string;
    paradigm?: string;
    role?: string;
    hyperparameters?: Record<string, string>;
    failFirst?: number;
  } = {},
): Promise<{ outcomes: trainerV1.CompleteTaskRequest[]; registrations: trainerV1.RegisterRequest[] }> {
  const registrations: trainerV1.RegisterRequest[] = [];
  const outcomes: trainerV1.CompleteTaskRequest[] = [];
  let next = 0;
  let failures = options.failFirst ?? 0;
  endpoint = createGrpcEndpoint();
  const job = {
    ...{ jobUid: "uid", participant: "aws", workerCount: 1, task: options.task ?? "noop", volumePath: volume },
    ...{ paradigm: options.paradigm ?? "Horizontal", role: options.role ?? "Trainer" },
  };
  addService(
    endpoint,
    trainerV1.TrainerService,
    {
      register: async (request) => {
        registrations.push(request);
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
  return { outcomes, registrations };
}

function work(overrides: Partial<TrainerOptions> = {}): Promise<void> {
  return runTrainer({
    socketPath: join(volume, "trainer.sock"),
    name: "tfjs",
    version: "1",
    kinds: trainerKinds,
    openProgram,
    log,
    signal: new AbortController().signal,
    backoff: { initialMs: 1, maxMs: 2 },
    maxAttempts: 4,
    ...overrides,
  });
}

/** What a test says of a task. */
type TaskChange = Omit<Task, "$typeName" | "inputs" | "outputs"> & {
  readonly inputs?: TensorSet[];
  readonly outputs?: TensorSet[];
};
const model = new Map([["w", { shape: [3], values: Float32Array.of(0, 1, 2) }]]);
async function trainTask(change: TaskChange = {}) {
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
const evaluateTask = async (change: TaskChange = {}) =>
  trainTask({ id: "r0-evaluate", kind: "Evaluate", outputs: [], parameters: { split: "validation" }, ...change });

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
    expect(sidecar.registrations).toHaveLength(3);
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
      const program: TrainerProgram = {
        async Evaluate() {
          await vi.advanceTimersByTimeAsync(3 * 3_600_000);
          return { sets: {} };
        },
      };
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
      change: { kind: "Evaluate", outputs: [], parameters: { split: "train" } },
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
      name: "a set that no training makes",
      change: { outputs: [{ name: "logits", path: "x", disclosure: trainerV1.Disclosure.PUBLIC }] },
      want: "TRAINER_TASK_UNKNOWN",
      retriable: false,
    },
    { name: "an iteration of a loop", change: { iteration: 1 }, want: "TRAINER_TASK_UNKNOWN", retriable: false },
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
    { name: "an unknown paradigm", options: { paradigm: "Vertical" }, want: "TRAINER_TASK_UNKNOWN" },
    { name: "an unknown role", options: { role: "LabelHolder" }, want: "TRAINER_TASK_UNKNOWN" },
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

  it("is registered with the verbs of its program, once with those of all before it knows its job", async () => {
    const { registrations } = await serveTasks([await evaluateTask()]);
    await work({ capability: { backend: "none", memoryBytes: 5n } });
    expect(registrations.map(({ kinds }) => kinds)).toEqual([["Evaluate", "Train"]]);
    expect(registrations[0]!.capability).toMatchObject({ backend: "none", memoryBytes: 5n, flops: 0 });
  });

  it("registers again when the program of the job has other verbs", async () => {
    const { registrations, outcomes } = await serveTasks([await evaluateTask(), await trainTask()]);
    const program: TrainerProgram = { Evaluate: async () => ({ sets: {} }) };
    await work({ openProgram: async () => program });
    expect(registrations.map(({ kinds }) => kinds)).toEqual([["Evaluate", "Train"], ["Evaluate"]]);
    expect(outcomes[1]!.outcome.value).toMatchObject({
      code: "TRAINER_TASK_UNKNOWN",
      message: 'task kind "Train" is unknown; this trainer does Evaluate',
    });
  });

  it("hands in the facts of its program, and whether it ends a loop, as they are", async () => {
    const { outcomes } = await serveTasks([await evaluateTask()]);
    const program: TrainerProgram = {
      Evaluate: async () => ({ sets: {}, facts: { samples: 3 }, endsLoop: true }),
    };
    await work({ openProgram: async () => program });
    expect(outcomes[0]!.outcome.value).toMatchObject({ facts: { samples: 3 }, endsLoop: true });
  });

  it.each([
    { reserved: { disclosure: trainerV1.Disclosure.KEPT }, says: "the disclosure KEPT, expected SUM_ONLY or PUBLIC" },
    { reserved: { disclosure: trainerV1.Disclosure.TO_ROLE }, says: "the disclosure TO_ROLE" },
    { reserved: { toRole: "Coordinator" }, says: 'to_role "Coordinator", expected none: it is reserved' },
    { reserved: { fromParticipant: "gcp" }, says: 'from_participant "gcp", expected none: it is reserved' },
    { reserved: { toParticipant: "gcp" }, says: 'to_participant "gcp", expected none: it is reserved' },
    { reserved: { indexSha256: Uint8Array.of(171) }, says: 'index_sha256 "ab", expected none: it is reserved' },
  ])("refuses what the contract reserves of a tensor set, by name: $says", async ({ reserved, says }) => {
    const { inputs, outputs } = await trainTask();
    const [input, output] = [
      { ...inputs[0]!, ...reserved },
      { ...outputs[0]!, ...reserved },
    ];
    const tasks = [await trainTask({ inputs: [input] }), await trainTask({ outputs: [output] })];
    const { outcomes } = await serveTasks(tasks);
    await work();
    for (const { outcome } of outcomes)
      expect(outcome).toMatchObject({
        case: "failure",
        value: { code: "TRAINER_TASK_UNKNOWN", message: expect.stringContaining(`tensor set model has ${says}`) },
      });
    expect(outcomes).toHaveLength(2);
    expect(existsSync(join(volume, "trained.safetensors"))).toBe(false);
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
