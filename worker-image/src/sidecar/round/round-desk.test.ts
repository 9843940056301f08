import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keystream, openAggregation, Protocol, SegmentOutcome } from "@tributary/federated";
import { createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { TrainerDesk } from "../trainer/trainer-desk.ts";
import type { PartyMachine } from "./party-machine.ts";
import { RoundDesk } from "./round-desk.ts";
import { volumePaths } from "./volume-paths.ts";

const planDigest = new Uint8Array(32).fill(5);
const log = createLogger("round-desk.test", "silent");
let volume: string;
let desk: RoundDesk;
let failed: object[];
let told: string[];
let machine: () => PartyMachine;

beforeEach(async () => {
  failed = [];
  told = [];
  volume = await mkdtemp(join(tmpdir(), "desk-"));
  for (const directory of ["reports", "residuals"]) await mkdir(join(volume, directory));
  const unused = () => {
    throw new Error("no work is open");
  };
  machine = unused;
  desk = new RoundDesk({
    desk: new TrainerDesk(log, 1_000),
    crypto: createNodeCryptoSuite(),
    log,
    crash: () => {},
    volumeDirectory: volume,
    memoryDirectory: volume,
    tensors: unused,
    job: { sourceSha256: new Uint8Array(32), task: "noop", hyperparameters: {}, seed: 1, adapterJson: "" },
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

function aSetupMessage(attempt: { readonly round: number; readonly attempt: number }): Uint8Array {
  const crypto = createNodeCryptoSuite();
  const signingSecret = crypto.randomBytes(32);
  const zeros = new Uint8Array(32);
  const { effects } = openAggregation(
    { crypto, signingSecret },
    {
      ...attempt,
      ...{ protocol: Protocol.None, keystream: Keystream.Aes256Ctr, jobUid: "job", contextSha256: zeros },
      ...{ aggregatorKey: crypto.ed25519PublicKey(signingSecret), minOrganisations: 1, threshold: 1 },
      ...{ minSurvivors: 1, neighbours: 0 },
      roster: [{ id: 1, organisation: "a", publicKey: crypto.ed25519PublicKey(zeros), certificateSha256: zeros }],
      segments: [{ id: 0, valueCount: 8, valueBits: 16, ringBits: 20 }],
    },
  );
  const sent = effects.find(({ type }) => type === "send");
  return (sent as { message: Uint8Array }).message;
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
    machine = () => ({ post }) as unknown as PartyMachine;
    const setup = aSetupMessage({ round: 3, attempt: 1 });
    await desk.open({ round: 3, attempt: 1 }, { setup, plan: setup, remainingMs: 1_000n } as never);
    expect({ posts, failed }).toEqual({ posts: 1, failed: [{ round: 3, attempt: 1, code: "STORAGE_FULL" }] });
  });

  it.each([
    { thrown: new Error("no such file: '/volume/patients.csv'"), want: "Internal error." },
    { thrown: new TributaryError("TRAINER_LOST", "the trainer is gone"), want: "the trainer is gone" },
  ])("tells the hub what may be public of a failure, of a defect that it is one: $want", async ({ thrown, want }) => {
    const setup = aSetupMessage({ round: 3, attempt: 1 });
    const opened = {
      ...{ setup, plan: setup, remainingMs: 1_000n },
      get model(): never {
        throw thrown;
      },
    };
    const accepted = { type: "planAccepted", planDigest, setup: { round: 3, attempt: 1 }, plan: {} };
    const post = async ({ type }: { type: string }) => {
      if (type === "receive") desk.take(accepted as never);
    };
    machine = () => ({ post, seedOf: () => new Uint8Array(32) }) as unknown as PartyMachine;
    await desk.open({ round: 3, attempt: 1 }, opened as never);
    await vi.waitFor(() => expect(told).toEqual([want]), 10_000);
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
