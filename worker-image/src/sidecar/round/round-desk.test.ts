import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planDigest as digestOfPlan, SegmentOutcome, safetensorsParts, setupDigest } from "@tributary/federated";
import { createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { type HonestOptions, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { trustingMember } from "../gate/testing/trusting-member.ts";
import { TrainerDesk } from "../trainer/trainer-desk.ts";
import type { TensorClient } from "../wire/tensor-client.ts";
import { Agreements } from "./agreements.ts";
import { HeldIntegers } from "./held-integers.ts";
import type { PartyMachine } from "./party-machine.ts";
import { RoundDesk } from "./round-desk.ts";
import { volumePaths } from "./volume-paths.ts";

const planDigest = new Uint8Array(32).fill(5);
const log = createLogger("round-desk.test", "silent");
const crypto = createNodeCryptoSuite();
const attempt = { round: 3, attempt: 1 };
let volume: string;
let desk: RoundDesk;
let trainer: TrainerDesk;
let failed: object[];
let told: string[];
let machine: () => PartyMachine;
let tensors: () => TensorClient;

beforeEach(async () => {
  failed = [];
  told = [];
  volume = await mkdtemp(join(tmpdir(), "desk-"));
  for (const directory of ["reports", "residuals"]) await mkdir(join(volume, directory));
  const unused = () => {
    throw new Error("no work is open");
  };
  machine = unused;
  tensors = unused;
  trainer = new TrainerDesk(log, 1_000, async () => {});
  const trust = trustOfParty1();
  desk = new RoundDesk({
    member: trustingMember,
    desk: trainer,
    crypto,
    log,
    crash: () => {},
    volumeDirectory: volume,
    memoryDirectory: volume,
    held: new HeldIntegers(),
    tensors: () => tensors(),
    trust,
    agreements: await Agreements.open(volume, crypto),
    jobUid: "job",
    partyId: 1,
    machine: () => machine(),
    fail: async ({ round, attempt }, { code, message }) => {
      failed.push({ round, attempt, code });
      told.push(message);
    },
  });
});
afterEach(() => rm(volume, { recursive: true, force: true }));

const put = (path: string, text: string) => writeFile(join(volume, path), text);
const kept = (segment: number) => readFile(join(volume, volumePaths.residual(segment)), "utf8");

/** Puts the model of a round where it was fetched to. */
async function putModel(): Promise<Uint8Array> {
  const bytes = new Uint8Array(16 * 4);
  const model = Buffer.concat(safetensorsParts([{ name: "w", dtype: "F32", shape: [16], bytes }]));
  const sha256 = crypto.sha256(model);
  await mkdir(join(volume, "models"));
  await writeFile(join(volume, volumePaths.model(Buffer.from(sha256).toString("hex"))), model);
  return sha256;
}

/** A machine that takes every setup and plan. */
function yieldingMachine(options: HonestOptions): { posted: string[] } {
  const posted: string[] = [];
  const { setup, plan } = speakRound(options);
  const digest = digestOfPlan(crypto, setupDigest(crypto, setup), plan);
  const post = async ({ type }: { type: string }) => {
    posted.push(type);
    if (type === "receive") desk.take({ type: "planAccepted", planDigest: digest, setup, plan });
  };
  machine = () => ({ post, isOpen: () => false, seedOf: () => new Uint8Array(32) }) as unknown as PartyMachine;
  return { posted };
}

describe("RoundDesk", () => {
  it("keeps what rounding left over of the segments whose sum holds this party, and of the others what was before", async () => {
    for (const segment of [0, 1, 2]) {
      await put(volumePaths.residual(segment), `before ${segment}`);
      await put(volumePaths.pendingResidual(planDigest, segment), `after ${segment}`);
    }
    await put(volumePaths.segment(planDigest, 0), "a report of the round");
    const segments = [
      { segment: 0, outcome: SegmentOutcome.Included },
      { segment: 1, outcome: SegmentOutcome.Excluded },
      { segment: 2, outcome: SegmentOutcome.Empty },
      { segment: 0xffff, outcome: SegmentOutcome.Included },
    ];
    desk.take({ type: "closed", planDigest, segments });
    const report = join(volume, volumePaths.segment(planDigest, 0));
    await vi.waitFor(() => expect(access(report)).rejects.toMatchObject({ code: "ENOENT" }), 10_000);
    expect(await Promise.all([0, 1, 2].map(kept))).toEqual(["after 0", "before 1", "before 2"]);
    expect(await readdir(join(volume, "reports"))).toEqual([]);
    expect((await readdir(join(volume, "residuals"))).length).toBe(3);
  });

  it("says so when a round is opened with something that is no setup", async () => {
    await desk.open({ round: 3, attempt: 1 }, { setup: new Uint8Array([1, 2, 3]), remainingMs: 1n } as never);
    expect(failed).toMatchObject([{ round: 3, attempt: 1, code: "PROTOCOL_REFUSED" }]);
  });

  it("tells of the volume that its state cannot be written to, and not of the plan that came after", async () => {
    let posts = 0;
    const post = async () => {
      posts++;
      throw new TributaryError("STORAGE_FULL", "the memory volume is full");
    };
    machine = () => ({ post, isOpen: () => false }) as unknown as PartyMachine;
    const { opened, started } = speakRound(attempt);
    await desk.open(attempt, opened);
    await desk.start(attempt, started);
    expect({ posts, failed }).toEqual({ posts: 1, failed: [{ ...attempt, code: "STORAGE_FULL" }] });
  });

  it.each([
    { thrown: new Error("no such file: '/volume/patients.csv'"), want: "Internal error." },
    { thrown: new TributaryError("TRAINER_LOST", "the trainer is gone"), want: "the trainer is gone" },
  ])("tells the hub what may be public of a failure, of a defect that it is one: $want", async ({ thrown, want }) => {
    const said = { ...attempt, modelSha256: await putModel() };
    yieldingMachine(said);
    trainer.run = () => Promise.reject(thrown);
    const { opened, started } = speakRound(said);
    await desk.open(attempt, opened);
    await desk.start(attempt, started);
    await vi.waitFor(() => expect(told).toEqual([want]), 10_000);
  });

  it("hands no setup and no plan to the machine that came without terms and start", async () => {
    const { posted } = yieldingMachine(attempt);
    const { opened, started } = speakRound(attempt);
    for (const message of [opened.setup, started.plan]) await desk.receive(attempt, message);
    await desk.start(attempt, started);
    expect({ posted, failed }).toEqual({ posted: [], failed: [] });
  });

  it("refuses terms and starts that do not hold by name, and trains nothing", async () => {
    const { posted } = yieldingMachine(attempt);
    const lie = speakRound(attempt, { terms: (terms) => ({ ...terms, jobUid: "another" }) });
    await desk.open(attempt, lie.opened);
    await desk.start(attempt, lie.started);
    expect(posted).toEqual([]);
    const honest = speakRound(attempt);
    await desk.open(attempt, honest.opened);
    const other = speakRound({ ...attempt, modelSha256: new Uint8Array(32).fill(7) });
    await desk.start(attempt, { ...honest.started, start: other.started.start });
    expect(posted).toEqual(["open"]);
    expect(told.map((message) => message.split(":")[0])).toEqual(["TermsChanged", "StartChanged"]);
  });

  it("settles a result that comes twice once", async () => {
    const places = Array.from({ length: 100 }, (_, segment) => segment);
    const fence = new Uint8Array(32).fill(6);
    for (const segment of places) await put(volumePaths.pendingResidual(planDigest, segment), `after ${segment}`);
    await put(volumePaths.pendingResidual(fence, 100), "last");
    const segments = places.map((segment) => ({ segment, outcome: SegmentOutcome.Included }));
    for (let times = 0; times < 2; times++) desk.take({ type: "closed", planDigest, segments });
    desk.take({ type: "closed", planDigest: fence, segments: [{ segment: 100, outcome: SegmentOutcome.Included }] });
    await vi.waitFor(async () => expect(await kept(100)).toBe("last"), 10_000);
    expect(await Promise.all(places.map(kept))).toEqual(places.map((segment) => `after ${segment}`));
  });
});
