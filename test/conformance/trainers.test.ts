import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { trainerV1 } from "@tributary/contracts";
import { DTYPE_BYTES, type Dtype, float32View, openSafetensors, safetensorsParts } from "@tributary/federated";
import { addService, closeGrpc, createGrpcEndpoint, listenGrpc } from "@tributary/kit";
import { requireTrainer } from "@tributary/worker-image";
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
type TensorSet = MessageInitShape<typeof trainerV1.TensorSetSchema>;
const input = { name: "model", path: "in.safetensors", disclosure: trainerV1.Disclosure.PUBLIC };
const output = { name: "model", path: "out.safetensors", disclosure: trainerV1.Disclosure.SUM_ONLY };
const train = {
  id: "train",
  kind: "Train",
  role: "Trainer",
  round: 3,
  localSteps: 4,
  inputs: [input],
  outputs: [output],
};
const evaluate = {
  id: "evaluate",
  kind: "Evaluate",
  role: "Trainer",
  parameters: { split: "validation" },
  inputs: [input],
};

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
): Promise<{
  registrations: trainerV1.RegisterRequest[];
  outcomes: trainerV1.CompleteTaskRequest[];
  exitCode: number | null;
}> {
  const registrations: trainerV1.RegisterRequest[] = [];
  const outcomes: trainerV1.CompleteTaskRequest[] = [];
  endpoint = createGrpcEndpoint();
  addService(
    endpoint,
    trainerV1.TrainerService,
    {
      register: async (request) => {
        registrations.push(request);
        const seat = { participant: "aws", workerCount: 1, role: "Trainer", paradigm: "Horizontal" };
        return { jobUid: "uid", ...seat, task: "noop", volumePath: volume, ...job };
      },
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
  return { registrations, outcomes, exitCode };
}

/** Writes a tensor set with one tensor of this type into the volume. */
function writeSet(name: string, dtype: Dtype, bytes: Uint8Array, shape: number[]): void {
  writeFileSync(join(volume, name), Buffer.concat(safetensorsParts([{ name: "w", dtype, shape, bytes }])));
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
    const { outputs, facts } = outcomes[0]!.outcome.value as trainerV1.TaskSuccess;
    expect(outputs.map(({ name, path }) => ({ name, path }))).toEqual([{ name: "model", path: "out.safetensors" }]);
    expect(facts).toEqual({ steps: 4, stepSeconds: expect.any(Number) });
    expect(facts.stepSeconds).toBeGreaterThanOrEqual(0);
    const { metrics } = outcomes[1]!.outcome.value as trainerV1.TaskSuccess;
    expect(metrics).toHaveLength(1);
    expect(metrics[0]).toMatchObject({ name: "validation_loss", count: 1n });
    expect(metrics[0]!.sum).toBeCloseTo(1 - (0.25 - 1e6 + 1 / 3) / 4, 2);
    expect(exitCode).toBe(0);
  });

  it("registers with the verbs that it does and what it runs on, as far as it knows", async () => {
    const { registrations } = await runAgainst(trainer, [evaluate]);
    const [{ kinds, capability } = {}] = registrations;
    expect(kinds?.toSorted()).toEqual(["Evaluate", "Train"]);
    expect(requireTrainer({ kinds: kinds!, capability })).toMatchObject({ kinds });
    expect(capability?.backend).not.toBe("");
    expect(capability?.dtypes.toSorted()).toEqual(["F16", "F32", "I32", "U32", "U8"]);
  });

  it.each(["F16", "I32", "U32", "U8"] as const)(
    "reads tensors of %s, and takes none of them for the model, which is F32",
    async (dtype) => {
      writeSet("other.safetensors", dtype, new Uint8Array(2 * DTYPE_BYTES[dtype]), [2]);
      const other = { ...input, path: "other.safetensors" };
      const beside = { ...evaluate, id: "beside", inputs: [input, { ...other, name: "rows" }] };
      const { outcomes } = await runAgainst(trainer, [{ ...evaluate, inputs: [other] }, beside]);
      expect(outcomes.map(({ outcome }) => outcome)).toMatchObject([
        {
          case: "failure",
          value: {
            code: "TRAINER_MODEL_INVALID",
            message: `other.safetensors: tensor w is ${dtype}, expected F32`,
          },
        },
        { case: "success" },
      ]);
    },
  );

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
    writeSet("wide.safetensors", "F64", new Uint8Array(16), [2]);
    writeFileSync(join(volume, "cut.safetensors"), readFileSync(join(volume, "wide.safetensors")).subarray(0, -1));
    const withSet = (change: Partial<TensorSet>) => ({ ...evaluate, inputs: [{ ...input, ...change } as TensorSet] });
    const reserved = "expected none: it is reserved";
    const unset = { ...output, disclosure: trainerV1.Disclosure.UNSPECIFIED };
    const cases: { task: Task; code: string; says: string }[] = [
      ...[
        {
          task: { ...evaluate, parameters: { split: "test" } },
          says: 'parameter split of Evaluate is "test", expected "validation"',
        },
        {
          task: { ...evaluate, parameters: {} },
          says: 'parameter split of Evaluate is absent, expected "validation"',
        },
        {
          task: { ...evaluate, parameters: { split: "validation", rows: "all" } },
          says: "parameter rows of Evaluate is unknown; Evaluate takes split",
        },
        {
          task: { ...train, parameters: { fragment: "1" } },
          says: "parameter fragment of Train is unknown; Train takes none",
        },
        { task: { ...train, iteration: 2 }, says: "the task's iteration is 2, expected 0: loops are reserved" },
        { task: withSet({ disclosure: trainerV1.Disclosure.TO_ROLE }), says: "has the disclosure TO_ROLE, expected" },
        { task: withSet({ disclosure: trainerV1.Disclosure.KEPT }), says: "has the disclosure KEPT, expected" },
        { task: { ...train, outputs: [unset] }, says: "has the disclosure UNSPECIFIED, expected" },
        { task: withSet({ disclosure: 9 as never }), says: "has the disclosure 9, expected SUM_ONLY or PUBLIC" },
        { task: withSet({ toRole: "Coordinator" }), says: `model has to_role "Coordinator", ${reserved}` },
        { task: withSet({ fromParticipant: "gcp" }), says: `model has from_participant "gcp", ${reserved}` },
        { task: withSet({ toParticipant: "gcp" }), says: `model has to_participant "gcp", ${reserved}` },
        { task: withSet({ indexSha256: Uint8Array.of(1, 171) }), says: `model has index_sha256 "01ab", ${reserved}` },
        {
          task: { ...train, outputs: [output, { ...output, name: "logits", path: "logits.safetensors" }] },
          says: "the task's outputs hold tensor set logits, which Train does not make",
        },
      ].map((each) => ({ ...each, code: "TRAINER_TASK_UNKNOWN" })),
      { task: { ...evaluate, inputs: [input, input] }, code: "MESSAGE_INVALID", says: "hold more than one tensor set" },
      { task: { ...evaluate, inputs: [] }, code: "MESSAGE_INVALID", says: "inputs hold no tensor set model" },
      { task: { ...train, outputs: [] }, code: "MESSAGE_INVALID", says: "outputs hold no tensor set model" },
      {
        task: { ...train, outputs: [{ ...output, path: "../out.safetensors" }] },
        code: "MESSAGE_INVALID",
        says: "leaves the shared volume",
      },
      {
        task: { ...evaluate, inputs: [{ ...input, path: "wide.safetensors" }] },
        code: "TRAINER_MODEL_INVALID",
        says: "wide.safetensors: tensor w is F64, expected one of F32, F16, I32, U32, U8",
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
    { name: "an unknown paradigm", job: { paradigm: "Vertical" }, code: "TRAINER_TASK_UNKNOWN", exit: 11 },
    { name: "an unknown role", job: { role: "Assessor" }, code: "TRAINER_TASK_UNKNOWN", exit: 11 },
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
