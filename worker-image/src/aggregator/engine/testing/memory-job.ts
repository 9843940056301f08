import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { encodeMetrics, INITIAL_STEP, metricNames, Protocol, safetensorsParts } from "@tributary/federated";
import { type Clock, createLogger, type Disk, systemClock } from "@tributary/kit";
import type { CrashSimulator } from "../../../shared/crash-point.ts";
import { createNodeCryptoSuite } from "../../../shared/crypto/node-crypto-suite.ts";
import { trialFolder } from "../../../shared/files/testing/faulty-disk.ts";
import type { JobConfig, ParticipantConfig } from "../../config/job-config.ts";
import { type SecureAggregationConfig, unmasked } from "../../config/secure-aggregation.ts";
import { pinModel, readModelShape } from "../../model/initial-model.ts";
import { PartyDirectory } from "../../party/party-directory.ts";
import { createSeats } from "../../party/seats.ts";
import { RoundStore } from "../../store/round-store.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { JobEngine } from "../job-engine.ts";
import { JobModels } from "../job-models.ts";
import { MemoryParty, type ReportRule } from "./memory-party.ts";

/** What a job in memory is made of. */
export interface MemoryJobOptions {
  readonly parties: number;
  readonly report: ReportRule;
  readonly strategy?: JobConfig["strategy"];
  readonly initialStep?: number;
  readonly secureAggregation?: SecureAggregationConfig;
  /** One of all parties when left out. */
  readonly participants?: readonly ParticipantConfig[];
}

/** What may be changed of a job while it is suspended. */
export type JobChange = Partial<Pick<JobConfig, "participants" | "strategy" | "initialStep">>;

/** Terms of a window that differ from those of {@link MemoryJob.openWindow}. */
export type WindowTerms = Partial<
  Pick<controlV1.WindowPlan, "from" | "quorum" | "evaluateOnly" | "attempt" | "deadlineMs" | "localSteps">
>;

/** What a test does to one process of the aggregator. */
export interface ProcessOptions {
  /** Throws where the process is to end. */
  readonly crash?: CrashSimulator;
  /** The disk of the ledger. */
  readonly disk?: Disk;
  /** Parties say of no setup that they took. */
  readonly isLastSetupUnknown?: boolean;
  /** Sleeps that a test does not wait for. */
  readonly isSkipped?: (delayMs: number) => boolean;
}

/** One process of the aggregator. */
export interface MemoryProcess {
  readonly deps: EngineDeps;
  readonly engine: JobEngine;
  readonly directory: PartyDirectory;
  /** What ended it, or `undefined` when it was stopped. */
  readonly ended: Promise<unknown>;
  /** A party goes away. */
  readonly endStream: (party: number) => void;
  /** A party, or another pod in its place, comes back. */
  readonly join: (party: MemoryParty) => void;
  readonly stop: () => Promise<unknown>;
}

const VALUES = 16;
/** Longest back-off that a test does not wait for. */
const SHORT_MS = 500;

/** A job in one process: an engine on real files, one after another, and parties that outlive it. */
export class MemoryJob {
  readonly directory: string;
  /** By party id, from 1. */
  readonly parties: MemoryParty[];
  /** What the aggregator logged, line for line. */
  readonly lines: Record<string, unknown>[] = [];
  #config: JobConfig;
  readonly #crypto = createNodeCryptoSuite();
  readonly #signingSecret = this.#crypto.randomBytes(32);
  readonly #processes: MemoryProcess[] = [];

  private constructor(directory: string, options: MemoryJobOptions) {
    this.directory = directory;
    this.parties = Array.from(
      { length: options.parties },
      (_, index) => new MemoryParty(this.#crypto, index + 1, options.report),
    );
    this.#config = configOf(directory, options);
  }

  /** Makes the model and starts nothing. */
  static async create(options: MemoryJobOptions): Promise<MemoryJob> {
    const job = new MemoryJob(await trialFolder("memory-job"), options);
    const bytes = new Uint8Array(new Float32Array(VALUES).fill(0.5).buffer);
    await writeFile(
      job.#config.model.path,
      Buffer.concat(safetensorsParts([{ name: "w", dtype: "F32", shape: [VALUES], bytes }])),
    );
    await mkdir(job.#config.directories.output, { recursive: true });
    return job;
  }

  /** Another pod takes a party's seat: it has another key, and knows nothing. */
  replacePod({ join }: MemoryProcess, party: number): void {
    const { report, issuedMs } = this.parties[party - 1]!;
    const pod = new MemoryParty(this.#crypto, party, report, issuedMs + 1);
    this.parties[party - 1] = pod;
    join(pod);
  }

  /** Changes the job, as somebody does who suspends it meanwhile: the next process is told so. */
  change(change: JobChange): void {
    this.#config = { ...this.#config, ...change };
  }

  /** Starts a process of the aggregator on what former ones left; every party listens to it. */
  async start({
    crash = () => {},
    disk,
    isLastSetupUnknown = false,
    isSkipped = () => false,
  }: ProcessOptions = {}): Promise<MemoryProcess> {
    const config = this.#config;
    const pinned = await pinModel(config);
    const store = await RoundStore.open(config.directories.data, config.job.uid, pinned.initialSha256, disk);
    const shape = await readModelShape(pinned.initialPath);
    const seats = createSeats(config, undefined as never, () => 0);
    const parties = new PartyDirectory(
      seats,
      () => performance.now(),
      config.secureAggregation.protocol === Protocol.Masking,
    );
    const clock: Clock = {
      ...systemClock,
      sleep: (delayMs, signal) => systemClock.sleep(delayMs <= SHORT_MS || isSkipped(delayMs) ? 0 : delayMs, signal),
    };
    const deps: EngineDeps = {
      config,
      identity: { secretKey: this.#signingSecret, publicKey: this.#crypto.ed25519PublicKey(this.#signingSecret) },
      crypto: this.#crypto,
      clock,
      log: createLogger("aggregator", "info", { write: (line) => void this.lines.push(JSON.parse(line)) }),
      crash,
      parties,
      store,
      models: new JobModels(config, pinned, store, shape),
    };
    const engine = new JobEngine(deps);
    const stop = new AbortController();
    const streams = new Map<number, ReturnType<typeof parties.openStream>>();
    const listening: Promise<void>[] = [];
    const join = (party: MemoryParty) => {
      const seat = seats.all.find(({ partyId }) => partyId === party.id)!;
      const holder = {
        seat,
        publicKey: party.publicKey,
        certificateSha256: new Uint8Array(32),
        issuedMs: party.issuedMs,
      };
      const said = {
        lastSetup: isLastSetupUnknown ? 0 : party.lastSetup,
        attested: party.attested,
        opensBeside: party.opensBeside,
      };
      parties.join(holder, { kinds: party.kinds, capability: undefined }, said);
      const stream = parties.openStream(holder, 0);
      streams.set(party.id, stream);
      listening.push(party.listen(engine, stream));
    };
    for (const { partyId } of seats.all) join(this.parties[partyId - 1]!);
    const ended = engine
      .run(stop.signal)
      .catch((error: unknown) => error)
      .finally(async () => {
        parties.closeAll();
        await Promise.all(listening);
      });
    const process = {
      deps,
      engine,
      directory: parties,
      ended,
      join,
      endStream: (party: number) => {
        const stream = streams.get(party)!;
        stream.close();
        parties.closeStream(party, stream);
      },
      stop: () => {
        stop.abort();
        return ended;
      },
    };
    this.#processes.push(process);
    return process;
  }

  /** Opens a window as the operator does: from round 0 on, with every party, unless the terms say otherwise. */
  async openWindow({ engine }: MemoryProcess, through: number, terms: WindowTerms = {}): Promise<void> {
    const usual = { from: 0, quorum: this.parties.length, deadlineMs: 60_000n, localSteps: 1, attempt: 1 };
    const { uid: jobUid } = this.#config.job;
    await engine.openWindow(create(controlV1.WindowPlanSchema, { ...usual, ...terms, jobUid, through }));
  }

  /** Stops what runs and removes every file. */
  async destroy(): Promise<void> {
    for (const { stop } of this.#processes) await stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The report of an honest party whose update is `x` everywhere; what quantising leaves over is dropped. */
export function steadyReport(x: number): ReportRule {
  return ({ updates, metrics }) => {
    const norms: Record<string, number> = {};
    const integers = updates.map(({ segment: { id, valueCount, valueBits }, step }) => {
      const [largest, rounded] = [2 ** (valueBits - 1) - 1, Math.floor(x / step + 0.5)];
      norms[metricNames.squaredNorm(id)] = x * x * valueCount;
      norms[metricNames.saturated(id)] = Math.abs(rounded) > largest ? valueCount : 0;
      return new Int32Array(valueCount).fill(Math.max(-largest, Math.min(largest, rounded)));
    });
    const sections = metrics.map(({ segment, codings }) => {
      const values = Object.fromEntries(codings.map(({ name }) => [name, norms[name] ?? 0]));
      return encodeMetrics(codings, values, 2 ** (segment.ringBits - segment.valueBits)).values;
    });
    return [...integers, ...sections];
  };
}

/** A participant of a job in memory. */
export function participantOf(name: string, workers: number, organisation = "o"): ParticipantConfig {
  return { name, cluster: "c", namespace: undefined, organisation, workers, hyperparameters: {} };
}

function configOf(directory: string, options: MemoryJobOptions): JobConfig {
  const { parties, strategy, initialStep, secureAggregation = unmasked, participants } = options;
  return {
    job: { uid: "memory-job", name: "job", namespace: "test" },
    clusters: [],
    participants: participants ?? [participantOf("p", parties)],
    model: { path: join(directory, "model.safetensors"), adapter: undefined },
    trainer: { task: "noop", seed: 1 },
    strategy: strategy ?? { name: "FedAvg", parameters: {} },
    secureAggregation,
    initialStep: initialStep ?? INITIAL_STEP,
    directories: { data: join(directory, "data"), output: join(directory, "output") },
    tls: { certificatePath: "", keyPath: "", operatorCaPath: "" },
    listen: { controlPort: 0, tensorPort: 0, healthPort: 0 },
  };
}
