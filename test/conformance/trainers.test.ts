import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { trainerV1 } from "@tributary/contracts";
import { float32View, openSafetensors, safetensorsParts } from "@tributary/federated";
import { addService, closeGrpc, createGrpcEndpoint, listenGrpc } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pythonWith } from "./accounting/python-environment.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const trainers = [
  {
    name: "the built-in trainer",
    command: async () => [process.execPath, join(root, "worker-image/src/trainer/main.ts")],
    env: {},
  },
  {
    name: "the Python trainer",
    command: async () => [
      await pythonWith(join(root, "worker-image/trainers/python/requirements.txt")),
      join(root, "worker-image/trainers/python/trainer.py"),
    ],
    env: { PYTHONPATH: join(root, "proto") },
  },
];

type Task = MessageInitShape<typeof trainerV1.TaskSchema>;
const input = { name: "model", path: "in.safetensors", disclosure: trainerV1.Disclosure.PUBLIC };
const output = { name: "model", path: "out.safetensors", disclosure: trainerV1.Disclosure.SUM_ONLY };
const train: Task = {
  id: "train",
  kind: "Train",
  role: "Trainer",
  round: 3,
  localSteps: 4,
  inputs: [input],
  outputs: [output],
};
const evaluate: Task = { id: "evaluate", kind: "Evaluate", role: "Trainer", split: "validation", inputs: [input] };

let volume: string;
let endpoint: Server;
beforeEach(() => {
  volume = mkdtempSync(join(tmpdir(), "trainers-"));
  const values = Float32Array.of(0, 0.25, -1e6, 1 / 3);
  const bytes = new Uint8Array(values.buffer);
  writeFileSync(
    join(volume, "in.safetensors"),
    Buffer.concat(safetensorsParts([{ name: "w", dtype: "F32", shape: [2, 2], bytes }])),
  );
});
afterEach(async () => {
  await closeGrpc(endpoint, 1_000);
  rmSync(volume, { recursive: true, force: true });
});

/** Serves the contract as a sidecar does, runs a trainer against it and gives what it handed in and its exit code. */
async function runAgainst(
  trainer: (typeof trainers)[number],
  tasks: Task[],
  job: MessageInitShape<typeof trainerV1.RegisterResponseSchema> = {},
  whenAsked: (trainer: ChildProcess) => void = () => undefined,
): Promise<{ outcomes: trainerV1.CompleteTaskRequest[]; exitCode: number | null }> {
  const outcomes: trainerV1.CompleteTaskRequest[] = [];
  endpoint = createGrpcEndpoint();
  addService(
    endpoint,
    trainerV1.TrainerService,
    {
      register: async () => ({
        jobUid: "uid",
        participant: "aws",
        workerCount: 1,
        task: "noop",
        volumePath: volume,
        ...job,
      }),
      nextTask: async () => {
        whenAsked(child);
        return outcomes.length < tasks.length ? { task: tasks[outcomes.length]! } : { finished: true };
      },
      completeTask: async (request) => {
        outcomes.push(request);
        return {};
      },
    },
    () => undefined,
  );
  const socket = join(volume, "trainer.sock");
  await listenGrpc(endpoint, `unix:${socket}`, ServerCredentials.createInsecure());
  const [program, ...args] = await trainer.command();
  const env = { ...process.env, ...trainer.env, TRIBUTARY_TRAINER_SOCKET: socket };
  const child: ChildProcess = spawn(program!, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  const [exitCode] = (await once(child, "exit")) as [number | null];
  return { outcomes, exitCode };
}

describe.each(trainers)("$name", (trainer) => {
  it("trains, evaluates and ends with 0 when the job is over", async () => {
    const { outcomes, exitCode } = await runAgainst(trainer, [train, evaluate], {
      hyperparameters: { increment: "0.125" },
    });
    expect(outcomes.map(({ taskId, outcome }) => [taskId, outcome.case])).toEqual([
      ["train", "success"],
      ["evaluate", "success"],
    ]);
    const [tensor] = openSafetensors(readFileSync(join(volume, "out.safetensors"))).tensors;
    expect([tensor!.name, tensor!.shape]).toEqual(["w", [2, 2]]);
    expect(float32View(tensor!)).toEqual(Float32Array.of(0.5, 0.75, -1e6 + 0.5, Math.fround(1 / 3) + 0.5));
    const { metrics } = outcomes[1]!.outcome.value as trainerV1.TaskSuccess;
    expect(metrics).toHaveLength(1);
    expect(metrics[0]).toMatchObject({ name: "validation_loss", count: 1n });
    expect(metrics[0]!.sum).toBeCloseTo(1 - (0.25 - 1e6 + 1 / 3) / 4, 2);
    expect(exitCode).toBe(0);
  });

  it("refuses a kind that it does not know, a wrong digest and a task that comes too late, and goes on", async () => {
    const wrong = { ...input, sha256: new Uint8Array(32) };
    const tasks = [
      { ...train, id: "kind", kind: "Generate" },
      { ...train, id: "digest", inputs: [wrong] },
      { ...train, id: "late", remainingMs: 0n },
      evaluate,
    ];
    const { outcomes, exitCode } = await runAgainst(trainer, tasks);
    const codes = outcomes.map(({ outcome }) => (outcome.case === "failure" ? outcome.value.code : outcome.case));
    expect(codes).toEqual(["TRAINER_TASK_UNKNOWN", "CHECKSUM_MISMATCH", "DEADLINE_EXCEEDED", "success"]);
    expect(outcomes.map(({ outcome }) => outcome.case === "failure" && outcome.value.retriable)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(exitCode).toBe(0);
  });

  it("refuses what it would pass over otherwise, by name, and goes on", async () => {
    const half = Buffer.concat(safetensorsParts([{ name: "w", dtype: "F16", shape: [2], bytes: new Uint8Array(4) }]));
    writeFileSync(join(volume, "half.safetensors"), half);
    writeFileSync(join(volume, "cut.safetensors"), half.subarray(0, -1));
    const reserved = { ...input, disclosure: trainerV1.Disclosure.TO_ROLE };
    const unset = { ...output, disclosure: trainerV1.Disclosure.UNSPECIFIED };
    const cases: { task: Task; code: string; says: string }[] = [
      { task: { ...evaluate, split: "test" }, code: "TRAINER_TASK_UNKNOWN", says: "this trainer evaluates validation" },
      { task: { ...evaluate, split: "" }, code: "TRAINER_TASK_UNKNOWN", says: "this trainer evaluates validation" },
      { task: { ...evaluate, inputs: [reserved] }, code: "TRAINER_TASK_UNKNOWN", says: "has the disclosure 2" },
      { task: { ...train, outputs: [unset] }, code: "TRAINER_TASK_UNKNOWN", says: "has the disclosure 0" },
      { task: { ...evaluate, inputs: [] }, code: "MESSAGE_INVALID", says: "inputs hold no tensor set model" },
      { task: { ...train, outputs: [] }, code: "MESSAGE_INVALID", says: "outputs hold no tensor set model" },
      {
        task: { ...train, outputs: [{ ...output, path: "../out.safetensors" }] },
        code: "MESSAGE_INVALID",
        says: "leaves the shared volume",
      },
      {
        task: { ...evaluate, inputs: [{ ...input, path: "half.safetensors" }] },
        code: "TRAINER_MODEL_INVALID",
        says: "half.safetensors: tensor w is F16, expected F32",
      },
      {
        task: { ...evaluate, inputs: [{ ...input, path: "cut.safetensors" }] },
        code: "TRAINER_MODEL_INVALID",
        says: "cut.safetensors: ",
      },
    ];
    const { outcomes, exitCode } = await runAgainst(trainer, [...cases.map(({ task }) => task), evaluate]);
    expect(outcomes.slice(0, -1).map(({ outcome }) => outcome.value)).toMatchObject(
      cases.map(({ code, says }) => ({ code, retriable: false, message: expect.stringContaining(says) })),
    );
    expect(outcomes.at(-1)!.outcome.case).toBe("success");
    expect(exitCode).toBe(0);
  });

  it("fails the round that a job names as if its loss were NaN, and trains the next", async () => {
    const rounds = [
      { ...train, round: 3 },
      { ...train, round: 4 },
    ];
    const { outcomes } = await runAgainst(trainer, rounds, { hyperparameters: { simulateNaNAtRound: "3" } });
    expect(outcomes[0]!.outcome).toMatchObject({
      case: "failure",
      value: { code: "TRAINER_LOSS_NOT_FINITE", retriable: false, message: expect.stringContaining("round 3") },
    });
    expect(outcomes[1]!.outcome.case).toBe("success");
  });

  it("fails a task by name when the volume takes no more, leaves nothing half-written, and goes on", async () => {
    // What a file may hold is bounded for this process alone: the same error as on a full volume, without one.
    const full = {
      ...trainer,
      command: async () => ["bash", "-c", `trap "" XFSZ; ulimit -f 0; exec "$0" "$@"`, ...(await trainer.command())],
    };
    const { outcomes, exitCode } = await runAgainst(full, [train, evaluate]);
    expect(outcomes.map(({ outcome }) => (outcome.case === "failure" ? outcome.value : outcome.case))).toMatchObject([
      { code: "STORAGE_FULL", retriable: true, message: expect.stringContaining("sidecar and trainer") },
      "success",
    ]);
    expect(readdirSync(volume).sort()).toEqual(["in.safetensors", "trainer.sock"]);
    expect(exitCode).toBe(0);
  });

  it.each([
    { name: "an unknown task", job: { task: "vision" }, code: "TRAINER_TASK_UNKNOWN", exit: 11 },
    ...[
      { increment: "x" },
      { increment: "nan" },
      { increment: " 1" },
      { increment: "2" },
      { simulateStepMs: "0.5" },
      { simulateNaNAtRound: "-2" },
      { learningRate: "0.1" },
    ].map((hyperparameters) => ({
      name: `the hyperparameter ${JSON.stringify(hyperparameters)}`,
      job: { hyperparameters: hyperparameters as Record<string, string> },
      code: "TRAINER_HYPERPARAMETER_INVALID",
      exit: 14,
    })),
  ])("says why it cannot do $name and ends with the catalogue's exit code", async ({ job, code, exit }) => {
    const { outcomes, exitCode } = await runAgainst(trainer, [train], job);
    expect(outcomes[0]!.outcome).toMatchObject({ case: "failure", value: { code, retriable: false } });
    expect(exitCode).toBe(exit);
  });

  it("ends with another code than 0 when it is stopped in a task, so that its Job makes another pod", async () => {
    const { outcomes, exitCode } = await runAgainst(
      trainer,
      [train],
      { hyperparameters: { simulateStepMs: "60000" } },
      (child) => child.kill("SIGTERM"),
    );
    expect(outcomes).toEqual([]);
    expect(exitCode).toBe(1);
  });
});
