import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { planDigest as digestOfPlan, safetensorsParts, setupDigest } from "@tributary/federated";
import { createLogger, type ErrorCode, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { trustingMember } from "../gate/testing/trusting-member.ts";
import { TrainerDesk } from "../trainer/trainer-desk.ts";
import type { RemoteFile, TensorClient } from "../wire/tensor-client.ts";
import { Agreements } from "./agreements.ts";
import { HeldIntegers } from "./held-integers.ts";
import type { PartyMachine } from "./party-machine.ts";
import { RoundDesk } from "./round-desk.ts";
import { volumePaths } from "./volume-paths.ts";

const crypto = createNodeCryptoSuite();
const log = createLogger("round-desk.faults.test", "silent");
const attempt = { round: 3, attempt: 1 };
/** The segment of a round that only evaluates. */
const EVALUATION = 0xffff;
const SEGMENTS = [0, 1, 2, 3, 4, 5];

let volume: string;
let desk: RoundDesk;
let failed: { code: string; message: string }[];
/** Segments of which the aggregator has all bytes, in order; what a try of a segment ends with, by turns. */
let stored: number[];
let answers: Map<number, (ErrorCode | "lost")[]>;
let digests: Map<number, Set<string>>;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "desk-faults-"));
  await mkdir(join(volume, "reports"));
  [failed, stored, answers, digests] = [[], [], new Map(), new Map()];
  const post = async ({ type, ...event }: { type: string; segment?: number }) => {
    if (type === "receive") desk.take({ type: "planAccepted", planDigest, setup: spoken.setup, plan: spoken.plan });
    if (type === "inputStored") stored.push(event.segment!);
  };
  const machine = { post, isOpen: () => false, seedOf: () => new Uint8Array(32) } as unknown as PartyMachine;
  const tensors = { send: (path: string, file: RemoteFile) => upload(path, file), fetch } as unknown as TensorClient;
  const trainer = new TrainerDesk(log, 1_000, async () => {});
  trainer.run = async () => ({ case: "success", value: create(trainerV1.TaskSuccessSchema) });
  desk = new RoundDesk({
    member: trustingMember,
    desk: trainer,
    crypto,
    log,
    crash: () => {},
    volumeDirectory: volume,
    memoryDirectory: volume,
    held: new HeldIntegers(),
    tensors: () => tensors,
    trust: trustOfParty1(),
    agreements: await Agreements.open(volume, crypto),
    jobUid: "job",
    partyId: 1,
    machine: () => machine,
    fail: async (_, why) => void failed.push(why),
  });
});
afterEach(() => rm(volume, { recursive: true, force: true }));

/** An aggregator that takes the digest of a segment that is named first, and no other; an answer may get lost on its way. */
async function upload(from: string, { path, sha256 }: RemoteFile): Promise<void> {
  const segment = Number(/segments\/(\d+)/u.exec(path)![1]);
  const answer = answers.get(segment)?.shift();
  if (answer !== undefined && answer !== "lost")
    throw new TributaryError(answer, `${path} was answered with ${answer}`);
  const bytes = await readFile(from).catch(() => undefined);
  if (bytes === undefined) throw new TributaryError("STORAGE_UNAVAILABLE", "it is gone");
  if (sha256Of(bytes) !== sha256) throw new TributaryError("CHECKSUM_MISMATCH", "other bytes came");
  digests.set(segment, (digests.get(segment) ?? new Set()).add(sha256));
  if (digests.get(segment)!.size > 1) throw new TributaryError("MESSAGE_CONFLICT", "other bytes");
  if (answer === "lost") throw new TributaryError("AGGREGATOR_UNREACHABLE", "socket hang up");
}

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const model = Buffer.concat(safetensorsParts([{ name: "w", dtype: "F32", shape: [8], bytes: new Uint8Array(32) }]));

/** The model of the round is on its volume or nowhere. */
async function fetch(): Promise<void> {
  throw new TributaryError("ROUND_NOT_OPEN", "no such model any more");
}

const modelSha256 = new Uint8Array(createHash("sha256").update(model).digest());
const spoken = speakRound({ ...attempt, isEvaluateOnly: true, modelSha256 });
const planDigest = digestOfPlan(crypto, setupDigest(crypto, spoken.setup), spoken.plan);

/** Opens a round for which this worker's report lies on the volume. */
async function openRound(): Promise<void> {
  await layReport();
  await openAttempt();
}

async function layReport(): Promise<void> {
  const segments = SEGMENTS.map((segment) => {
    const bytes = Buffer.from(`segment ${segment}`);
    return {
      segment,
      path: join(volume, volumePaths.segment(planDigest, segment)),
      sizeBytes: bytes.length,
      sha256: sha256Of(bytes),
    };
  });
  for (const { segment, path } of segments) await writeFile(path, `segment ${segment}`);
  const digest = Buffer.from(planDigest).toString("hex");
  await writeFile(join(volume, "report.json"), JSON.stringify({ planDigest: digest, startSha256: "", segments }));
}

async function openAttempt(): Promise<void> {
  await desk.open(attempt, spoken.opened);
  await desk.start(attempt, spoken.started);
}

const askForAll = () => {
  for (const segment of SEGMENTS) desk.take({ type: "upload", planDigest, segment, keys: [] } as never);
};

describe("a file of the report that is damaged", () => {
  it.each([
    { name: "changed", damage: (path: string) => writeFile(path, "segment X") },
    { name: "gone", damage: (path: string) => rm(path) },
  ])("and cannot be made again is told once, by its volume, and the rest is not sent: $name", async ({ damage }) => {
    await layReport();
    // The digests that were promised count from the upload on: a report that is damaged before is made anew.
    answers.set(0, ["QUEUE_FULL"]);
    await openAttempt();
    desk.take({ type: "upload", planDigest, segment: 0, keys: [] } as never);
    await vi.waitFor(() => expect(answers.get(0)).toEqual([]), 10_000);
    for (const segment of [0, 1]) await damage(join(volume, volumePaths.segment(planDigest, segment)));
    askForAll();
    await vi.waitFor(() => expect(failed).toHaveLength(1), 10_000);
    expect(failed).toMatchObject([
      { code: "STORAGE_UNAVAILABLE", message: expect.stringMatching(/-[01]\.bin is not what was written there: /u) },
    ]);
    desk.take({ type: "upload", planDigest, segment: 5, keys: [] } as never);
    await new Promise((resolve) => setImmediate(resolve));
    expect([failed.length, stored.includes(4), stored.includes(5)]).toEqual([1, false, false]);
  });

  it("is made again from what is there, without a restart, and nobody is told of a failure", async () => {
    await mkdir(join(volume, "models"));
    await writeFile(join(volume, volumePaths.model(sha256Of(model))), model);
    answers.set(EVALUATION, ["QUEUE_FULL"]);
    await openAttempt();
    desk.take({ type: "upload", planDigest, segment: EVALUATION, keys: [] } as never);
    await vi.waitFor(() => expect(answers.get(EVALUATION)).toEqual([]), 10_000);
    await writeFile(join(volume, volumePaths.segment(planDigest, EVALUATION)), "damaged");
    await vi.waitFor(() => expect(stored).toEqual([EVALUATION]), 10_000);
    expect(failed).toEqual([]);
  });
});

describe("a segment that the aggregator refuses", () => {
  it.each(["MESSAGE_CONFLICT", "REPORT_REFUSED"] as const)(
    "for good is told once, and what is left of the report is not sent: %s",
    async (code) => {
      for (const segment of [0, 1]) answers.set(segment, [code, code]);
      await openRound();
      askForAll();
      await vi.waitFor(() => expect(failed).toHaveLength(1), 10_000);
      expect(failed).toMatchObject([
        { code, message: expect.stringMatching(/^segment [01] of the report was refused/u) },
      ]);
      desk.take({ type: "upload", planDigest, segment: 5, keys: [] } as never);
      await new Promise((resolve) => setImmediate(resolve));
      expect([failed.length, stored.includes(4), stored.includes(5)]).toEqual([1, false, false]);
    },
  );

  it("because its answer was lost is sent again with the same digest, and nobody is told of a failure", async () => {
    for (const segment of SEGMENTS) answers.set(segment, ["lost"]);
    await openRound();
    askForAll();
    askForAll();
    await vi.waitFor(() => expect(stored).toHaveLength(2 * SEGMENTS.length), 10_000);
    expect(failed).toEqual([]);
  });

  it("for a digest that its own file does not have is told after a few tries, and what is left is not sent", async () => {
    answers.set(0, Array(20).fill("CHECKSUM_MISMATCH"));
    await openRound();
    askForAll();
    await vi.waitFor(() => expect(failed).toHaveLength(1), 20_000);
    expect(failed).toMatchObject([
      { code: "CHECKSUM_MISMATCH", message: expect.stringMatching(/^segment 0 of the report was refused/u) },
    ]);
    expect([answers.get(0)!.length, stored.includes(4)]).toEqual([16, false]);
  });

  it.each([
    "QUEUE_FULL",
    "ROUND_CONFLICT",
    "CHECKSUM_MISMATCH",
    "AGGREGATOR_UNREACHABLE",
    "IDENTITY_REJECTED",
  ] as const)("for now is tried again: %s", async (code) => {
    answers.set(2, [code]);
    await openRound();
    askForAll();
    await vi.waitFor(() => expect(stored).toHaveLength(SEGMENTS.length), 10_000);
    expect(failed).toEqual([]);
  });
});
