import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  emptyPartyState,
  Keystream,
  MessageType,
  type PartyEvent,
  type PartyState,
  Protocol,
  packRing,
  parseParameters,
  partyContext,
  type RoundSetup,
  serverOptimiserByName,
  stepParty,
} from "@tributary/federated";
import { createLogger, type Disk } from "@tributary/kit";
import { createNodeCryptoSuite } from "../../../shared/crypto/node-crypto-suite.ts";
import { enrolledParties } from "../../../shared/crypto/protocol/enrolled-parties.ts";
import type { SegmentResource } from "../../../shared/tensor-wire/resources.ts";
import type { KnownFile } from "../../store/known-file.ts";
import type { LedgerLine } from "../../store/ledger-line.ts";
import { RoundStore } from "../../store/round-store.ts";
import { CohortFiles } from "../cohorts/cohort-files.ts";
import type { CohortRecord } from "../cohorts/cohort-records.ts";
import { stepModel } from "../commit/model-step.ts";
import { isAnnounced } from "../run/lost-parties.ts";
import { RoundRun } from "../run/round-run.ts";

/** Values of the model. */
export const ROUND_VALUES = 800;
export const RING_BITS = 20;
export const STEP = 2 ** -10;
const crypto = createNodeCryptoSuite();
const [aggregatorSecret, partySecret] = [randomBytes(32), randomBytes(32)].map((bytes) => new Uint8Array(bytes));
/** The party's report, which is the sum. */
export const packedReport = packRing(
  Int32Array.from({ length: ROUND_VALUES }, (_, index) => index - 400),
  RING_BITS,
);
export const reportSha256 = new Uint8Array(createHash("sha256").update(packedReport).digest());

const roster = [
  {
    id: 1,
    organisation: "a",
    publicKey: crypto.ed25519PublicKey(partySecret!),
    certificateSha256: new Uint8Array(32),
  },
];

function setupOf(attempt: number): RoundSetup {
  return {
    protocol: Protocol.None,
    keystream: Keystream.Aes256Ctr,
    jobUid: "job",
    round: 0,
    attempt,
    aggregatorKey: crypto.ed25519PublicKey(aggregatorSecret!),
    contextSha256: new Uint8Array(32),
    minOrganisations: 1,
    threshold: 1,
    minSurvivors: 1,
    neighbours: 0,
    roster,
    segments: [{ id: 0, valueCount: ROUND_VALUES, valueBits: 16, ringBits: RING_BITS }],
  };
}

/** One round of one party through an aggregator whose disk fails: what a process would do, start after start. */
export class OnePartyRound {
  readonly #data: string;
  readonly #base: KnownFile;
  /** The party's own process does not fail. */
  #party: PartyState = emptyPartyState();
  /** Setup and plan of the attempt, as a party that comes back is told of them again. */
  #opening: Uint8Array[] = [];
  #attempt = 0;
  #isResumed = false;
  announced: Uint8Array | undefined;
  committed = 0;

  /** @param base the model that it starts from, of {@link ROUND_VALUES} values. */
  constructor(data: string, base: KnownFile) {
    this.#data = data;
    this.#base = base;
  }

  async operate(disk: Disk): Promise<void> {
    const store = await this.openStore(disk);
    if (store.rounds.length > 0) return;
    const inbox: Uint8Array[] = [];
    const run = (await this.resume(disk, inbox)) ?? (await this.#openNext(disk, inbox));
    run.outcome.catch(() => {});
    while (inbox.length > 0) await this.#receive(run, inbox.shift()!);
    const outcome = await run.outcome;
    if (outcome.kind !== "Summed") throw new Error(`the attempt failed: ${outcome.message}`);
    await this.#commit(store, run, disk);
    this.committed = store.rounds.length;
  }

  openStore(disk: Disk): Promise<RoundStore> {
    return RoundStore.open(this.#data, "job", "00", disk);
  }

  /** The attempt that a former process left. */
  async resume(disk: Disk, inbox: Uint8Array[] = []): Promise<RoundRun | undefined> {
    this.#isResumed = true;
    const run = await RoundRun.resume(this.#deps(disk, inbox, () => run));
    if (run === undefined || run.state.setup.attempt !== this.#attempt) return undefined;
    inbox.push(...this.#opening);
    await run.post({ type: "resume" });
    await run.post({ type: "reconnected", party: 1 });
    return run;
  }

  async #openNext(disk: Disk, inbox: Uint8Array[]): Promise<RoundRun> {
    this.#isResumed = false;
    const files = this.files(disk);
    await files.keepOnly([]);
    const journal = await files.loadJournal();
    this.#attempt = journal.attempt + 1;
    await files.saveJournal({ ...journal, attempt: this.#attempt, cohorts: [this.id] });
    await files.writeRecord(this.#record);
    this.#opening = [];
    const plan = { modelSha256: new Uint8Array(32), stepExponents: [[-10]] };
    let opened: RoundRun | undefined;
    opened = await RoundRun.open(
      this.#deps(disk, inbox, () => opened),
      setupOf(this.#attempt),
      plan,
    );
    this.#opening = inbox.filter((message) => [MessageType.Setup, MessageType.Plan].includes(message[1] as never));
    return opened;
  }

  files(disk: Disk): CohortFiles {
    return new CohortFiles(join(this.#data, "open"), disk);
  }

  get #record(): CohortRecord {
    const plan = { quorum: 1, deadlineMs: 1000, localSteps: 1, evaluateOnly: false };
    return { ...this.id, line: 0, startedMs: 0, parties: {}, plan, papers: { terms: "", start: "" } };
  }

  get id() {
    return { setup: 0, attempt: this.#attempt };
  }

  #deps(disk: Disk, inbox: Uint8Array[], run: () => RoundRun | undefined) {
    return {
      context: { crypto, signingSecret: aggregatorSecret! },
      log: createLogger("test", "silent"),
      crash: () => {},
      directory: this.files(disk).folderOf(this.id),
      keepRecord: () => this.files(disk).keepRecord(this.#record, this.#isResumed),
      keepAnnounced: async () => {},
      send: (_to: unknown, message: Uint8Array) => {
        const state = run()?.state;
        if (state !== undefined && isAnnounced(state)) this.announced = state.segments[0]!.sumSha256!;
        inbox.push(message);
      },
      refused: () => {},
      dropped: () => {},
      opened: () => {},
      changed: () => {},
      disk,
    };
  }

  async #receive(run: RoundRun, message: Uint8Array): Promise<void> {
    const enrolled = enrolledParties(roster);
    await this.#post(
      run,
      message[1] === MessageType.Setup ? { type: "open", message, enrolled } : { type: "receive", message },
    );
  }

  async #post(run: RoundRun, event: PartyEvent): Promise<void> {
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    const aggregatorKey = crypto.ed25519PublicKey(aggregatorSecret!);
    const context = partyContext(crypto, { jobUid: "job", identitySecret: partySecret!, aggregatorKey, policy });
    const { state, effects } = stepParty(context, this.#party, event);
    this.#party = state;
    for (const effect of effects) {
      if (effect.type === "send") await run.post({ type: "receive", from: 1, message: effect.message });
      else if (effect.type === "maskingReady")
        await this.#post(run, {
          type: "inputReady",
          planDigest: effect.planDigest,
          segment: 0,
          plainSha256: reportSha256,
        });
      else if (effect.type === "upload") await this.#upload(run, effect.planDigest);
    }
  }

  async #upload(run: RoundRun, planDigest: Uint8Array): Promise<void> {
    const resource: SegmentResource = {
      kind: "segment",
      jobUid: "job",
      round: 0,
      attempt: this.#attempt,
      segment: 0,
      party: 1,
    };
    const sha256 = Buffer.from(reportSha256).toString("hex");
    const { storedBytes, isComplete } = await run.staging.claim(resource, sha256, packedReport.length);
    const span = { startBytes: storedBytes, endBytes: packedReport.length, totalBytes: packedReport.length };
    if (!isComplete)
      await run.staging.receive(resource, span, Readable.from([Buffer.from(packedReport.subarray(storedBytes))]));
    const stored = { segment: 0, sha256: reportSha256, sizeBytes: packedReport.length };
    await run.post({ type: "stored", party: 1, ...stored });
    await this.#post(run, { type: "inputStored", planDigest, ...stored });
  }

  async #commit(store: RoundStore, run: RoundRun, disk: Disk): Promise<void> {
    const prepared = await store.prepareCommit();
    const optimiser = serverOptimiserByName("FedAvgM");
    const { modelSha256, optimiser: slots } = await stepModel({
      optimiser,
      parameters: parseParameters(optimiser, {}),
      round: 0,
      base: this.#base,
      state: undefined,
      sums: [
        {
          path: run.sums.pathOf(0),
          sha256: run.state.segments[0]!.sumSha256!,
          offset: 0,
          parameters: ROUND_VALUES,
          ringBits: RING_BITS,
          step: STEP,
          parties: 1,
        },
      ],
      modelOut: prepared.objectPath("model"),
      slotOut: (slot) => prepared.slotPath(slot),
      disk,
    });
    const line = {
      ...{ version: 2, jobUid: "job", round: 0, outcome: "Committed", cohorts: [] },
      previous: store.head,
    };
    const written = { objects: { model: modelSha256 }, optimiser: slots };
    await store.commit(prepared, { ...line, ...written } as unknown as LedgerLine);
  }
}
