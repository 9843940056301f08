import { chmod, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { partyV1 } from "@tributary/contracts";
import { equalBytes } from "@tributary/federated";
import {
  asTributaryError,
  Closers,
  createMetricsRegistry,
  isStorageError,
  isTributaryError,
  type MainContext,
  nameVolumes,
  retry,
  startHealthEndpoint,
  storageError,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { createCrashSimulator } from "../shared/crash-point.ts";
import { createNodeCryptoSuite } from "../shared/crypto/node-crypto-suite.ts";
import { workerVolumes } from "../shared/files/volumes.ts";
import { readEd25519Identity } from "../shared/identity/certificates.ts";
import { nextWorkerConfig } from "./config/follow-worker.ts";
import { readSidecarConfig, type SidecarConfig, type WorkerConfig } from "./config/sidecar-config.ts";
import { MemberGate } from "./gate/member-gate.ts";
import { noMember } from "./gate/member-voice.ts";
import {
  type EnrolmentPlace,
  obtainCredentials,
  renewCredentials,
  type WorkerCredentials,
} from "./identity/enrolment.ts";
import { toldJob, trainerJob } from "./joined-job.ts";
import { Agreements } from "./round/agreements.ts";
import type { ToldJob } from "./round/check-opened.ts";
import { HeldIntegers } from "./round/held-integers.ts";
import { PartyMachine } from "./round/party-machine.ts";
import { RoundDesk } from "./round/round-desk.ts";
import { type JoiningWorker, openSession, type Session } from "./session.ts";
import { requireToldJob, toldJobSha256 } from "./trainer/told-job.ts";
import { TrainerDesk } from "./trainer/trainer-desk.ts";
import { TrainerRegistry } from "./trainer/trainer-registry.ts";
import { serveTrainerSocket } from "./trainer/trainer-socket.ts";
import { isOther, type NewsOf, presentWorker, type ToldWorker, untilOther } from "./until-other.ts";
import { hasDigest } from "./wire/own-file.ts";

/** Longest time that a trainer gets to hear that the job is over. */
const FINISH_GRACE_MS = 15_000;
/** How long joining waits for the first chain: a gate that is away keeps nobody from rounds without masks. */
const FIRST_CHAIN_PATIENCE_MS = 5_000;
/** Pause between two links to the aggregator. */
const RECONNECT_PAUSE_MS = 200;
/** Least and longest time for which joining is tried under one certificate, which is good for it until its end. */
const JOIN_PATIENCE_MS = { least: 60_000, most: 12 * 3_600_000 };

/** @throws STORAGE_FULL, STORAGE_UNAVAILABLE naming the volume that takes no directory. */
async function prepareVolumes({ memoryDirectory, volumeDirectory }: SidecarConfig): Promise<void> {
  const prepare = async (directory: string, mode?: number): Promise<void> => {
    await mkdir(directory, { recursive: true, ...(mode === undefined ? {} : { mode }) }).catch((cause: unknown) => {
      throw storageError(cause, directory);
    });
  };
  await prepare(memoryDirectory, 0o700);
  for (const name of ["models", "tasks", "reports", "base"]) await prepare(join(volumeDirectory, name));
  // The trainer may run as another user of the pod; mkdir's mode would be cut by the umask.
  await chmod(join(volumeDirectory, "tasks"), 0o777).catch(() => {});
}

/** Runs a worker's sidecar until the job is finished or it is told to stop. */
export async function runSidecar({ log, signal, env }: MainContext): Promise<void> {
  const config = await readSidecarConfig(env);
  nameVolumes(workerVolumes({ volume: config.volumeDirectory, memory: config.memoryDirectory }));
  const closers = new Closers(log);
  try {
    await prepareVolumes(config);
    const registry = await TrainerRegistry.open(config.memoryDirectory);
    const worker = new SidecarWorker(config, registry, { log, signal, env });
    if (config.healthPort > 0) {
      const isReady = () => worker.isJoined;
      const health = await startHealthEndpoint({ port: config.healthPort, registry: createMetricsRegistry(), isReady });
      closers.add("health endpoint", () => health.close());
    }
    const onError = (cause: unknown, path: string) => {
      const error = asTributaryError(cause);
      log.info({ code: error.code, path, err: error }, error.message);
    };
    closers.add("trainer socket", await serveTrainerSocket(config.socketPath, worker.trainers, onError));
    await worker.run();
  } finally {
    await closers.closeAll();
  }
}

/** One worker's life: enrol, join, listen, again and again until the job is over. */
class SidecarWorker {
  readonly trainers: TrainerDesk;
  isJoined = false;
  /** How the aggregator is reached now. */
  #worker: WorkerConfig;
  readonly #config: SidecarConfig;
  readonly #registry: TrainerRegistry;
  readonly #context: MainContext;
  #session: Session | undefined;
  /** The gate that answers the worker, where there is one. */
  readonly #gate: MemberGate | undefined;
  readonly #crypto = createNodeCryptoSuite();
  #rounds: RoundDesk | undefined;
  #machine: PartyMachine | undefined;
  #aggregatorKey: Uint8Array | undefined;
  /** Whether the trainer knows the job: its base model is there. */
  #hasJob = false;
  /** Why this process cannot go on: it may have said what its files do not hold. */
  #broken: TributaryError | undefined;

  constructor(config: SidecarConfig, registry: TrainerRegistry, context: MainContext) {
    this.#config = config;
    this.#worker = config.worker;
    this.#context = context;
    this.#registry = registry;
    const { identity } = config;
    if (identity.kind === "gate" && identity.workerAddress !== undefined)
      this.#gate = new MemberGate({ source: identity, crypto: this.#crypto, clock: systemClock, log: context.log });
    this.trainers = new TrainerDesk(context.log, config.trainerTimeoutMs, (trainer) => registry.register(trainer));
  }

  async run(): Promise<void> {
    const { log, signal } = this.#context;
    for (;;) {
      signal.throwIfAborted();
      if (this.#broken !== undefined) throw this.#broken;
      const credentials = await obtainCredentials(this.#enrolment, signal);
      try {
        if (await this.#listenWhileCurrent(credentials)) return;
      } catch (cause) {
        signal.throwIfAborted();
        if (this.#broken !== undefined) throw this.#broken;
        const error = asTributaryError(cause);
        if (error.disposition === "permanent" || error.disposition === "defect") throw error;
        // A volume with no room for the base model or the state: the kubelet starts this process again, later and later.
        if (isStorageError(error)) throw error;
        log.warn({ code: error.code }, error.message);
      } finally {
        this.isJoined = false;
        this.#session?.close();
        this.#session = undefined;
        this.#gate?.disconnect();
      }
      await sleep(RECONNECT_PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  }

  get #enrolment(): EnrolmentPlace {
    const { identity, memoryDirectory } = this.#config;
    return { source: identity, memoryDirectory, log: this.#context.log };
  }

  /**
   * Listens until the link breaks, the aggregator is to be reached otherwise, there is a newer certificate, or the present one is too old to
   * join with; true when the job is finished.
   */
  async #listenWhileCurrent(credentials: WorkerCredentials): Promise<boolean> {
    const { log, signal } = this.#context;
    const outdated = new AbortController();
    const link = AbortSignal.any([signal, outdated.signal]);
    const moving = nextWorkerConfig(this.#config.workerPath, this.#worker, link).then(
      (worker) => {
        this.#worker = worker;
        log.info("the aggregator has another address or certificate now");
        outdated.abort();
      },
      () => {},
    );
    // Beside the link: a gate that is away when the certificate should be renewed costs nobody a round.
    const renewing = renewCredentials(this.#enrolment, credentials, link).then(
      () => outdated.abort(),
      () => {},
    );
    const { least, most } = JOIN_PATIENCE_MS;
    const patienceMs = Math.min(most, Math.max(least, credentials.usableUntilMs - Date.now()));
    const ending = setTimeout(() => this.isJoined || outdated.abort(), patienceMs);
    try {
      return await this.#listen(credentials, link);
    } catch (cause) {
      if (signal.aborted || !outdated.signal.aborted) throw cause;
      return false;
    } finally {
      clearTimeout(ending);
      outdated.abort();
      await Promise.all([moving, renewing]);
    }
  }

  /** Has the gate attest beside the link; joins and takes messages until it breaks or `signal` aborts; true when the job is finished. */
  async #listen(credentials: WorkerCredentials, signal: AbortSignal): Promise<boolean> {
    const left = new AbortController();
    const link = AbortSignal.any([signal, left.signal]);
    this.#gate?.connect(credentials);
    const attesting = this.#gate?.attestation.keepNew(link);
    try {
      await this.#gate?.attestation.firstAnswer(FIRST_CHAIN_PATIENCE_MS, signal);
      return await this.#listenJoined(credentials, link);
    } finally {
      left.abort(new Error("the link has ended"));
      await attesting;
    }
  }

  async #listenJoined(credentials: WorkerCredentials, signal: AbortSignal): Promise<boolean> {
    const { log } = this.#context;
    const session = openSession(this.#worker, credentials, log);
    this.#session = session;
    const first = presentWorker(this.#news);
    const joined = await session.join(await this.#joiningAs(first), signal);
    await this.#enter(credentials, session, joined, signal);
    // A trainer may have registered while the base model was fetched: whoever listens is known by what it can do.
    const known = presentWorker(this.#news);
    if (isOther(first, known)) await session.join(await this.#joiningAs(known), signal);
    this.isJoined = true;
    log.info({ party: joined.partyId, participant: joined.participant, worker: joined.workerIndex }, "joined the job");
    const left = new AbortController();
    const telling = this.#tellOfNews(session, known, AbortSignal.any([signal, left.signal]));
    try {
      return await this.#take(session.receive(signal));
    } finally {
      left.abort();
      await telling;
    }
  }

  get #news(): NewsOf {
    return { registry: this.#registry, attestation: this.#gate?.attestation };
  }

  async #joiningAs(told: ToldWorker): Promise<JoiningWorker> {
    const lastSetup = this.#machine?.lastSetup ?? (await PartyMachine.readLastSetup(this.#config));
    return { image: this.#config.image, ...told, lastSetup };
  }

  /**
   * Joins again whenever the aggregator was told of another trainer, before whose verbs it opens no round, or of an older chain: one after the
   * other, since it bounds how often a worker joins.
   */
  async #tellOfNews(session: Session, known: ToldWorker, signal: AbortSignal): Promise<void> {
    try {
      for (let told = known; ; ) {
        told = await untilOther(told, this.#news, signal);
        await session.join(await this.#joiningAs(told), signal);
      }
    } catch (cause) {
      if (signal.aborted) return;
      const { code, message } = asTributaryError(cause);
      this.#context.log.warn({ code }, message);
      // The next link tells of it.
      session.close();
    }
  }

  /** Takes the aggregator's messages until they end; true when the job is finished. */
  async #take(messages: AsyncIterable<partyV1.ReceiveResponse>): Promise<boolean> {
    const { log } = this.#context;
    for await (const { round, attempt, message } of messages) {
      if (message.case === "opened") await this.#rounds?.open({ round, attempt }, message.value);
      else if (message.case === "started") await this.#rounds?.start({ round, attempt }, message.value);
      else if (message.case === "secagg") await this.#rounds?.receive({ round, attempt }, message.value);
      else if (message.case === "closed") this.#rounds?.close({ round, attempt }, message.value.committed);
      else if (message.case === "finished") {
        this.#rounds?.stop();
        log.info({ outcome: message.value.outcome }, "the job is finished");
        await this.trainers.finish(this.trainers.hasTrainer ? FINISH_GRACE_MS : 0);
        return true;
      }
    }
    return false;
  }

  /** After the first join: opens machine and desk, fetches the base model, lets the trainer register. A later one takes up what is left. */
  async #enter(
    credentials: WorkerCredentials,
    session: Session,
    joined: partyV1.JoinResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { worker, memoryDirectory, volumeDirectory, datasetPath } = this.#config;
    if (joined.jobUid !== worker.jobUid || joined.participant !== worker.participant) {
      throw new TributaryError(
        "CONFIGURATION_INVALID",
        `the aggregator runs job ${joined.jobUid}, must be ${worker.jobUid}`,
      );
    }
    const aggregatorKey = session.aggregatorKey();
    if (aggregatorKey === undefined)
      throw new TributaryError("IDENTITY_REJECTED", "the aggregator's key is not Ed25519");
    const told = toldJob(joined);
    await requireToldJob(memoryDirectory, toldJobSha256(told));
    if (this.#machine === undefined) await this.#openMachine(credentials, told, aggregatorKey);
    else this.#requireSameKey(aggregatorKey);
    if (this.#hasJob) return;
    const base = await this.#fetchBase(session, joined, signal);
    this.trainers.setJob(trainerJob(joined, base, { volumeDirectory, datasetPath }));
    this.#hasJob = true;
  }

  async #openMachine(credentials: WorkerCredentials, told: ToldJob, aggregatorKey: Uint8Array): Promise<void> {
    const { memoryDirectory, volumeDirectory } = this.#config;
    this.#aggregatorKey = aggregatorKey;
    const { log, env, signal } = this.#context;
    const crypto = this.#crypto;
    const identitySecret = readEd25519Identity("the worker's key", credentials.keyPem).secretKey;
    const ownKey = crypto.ed25519PublicKey(identitySecret);
    // Where there is a gate, what its member allows is asked at each opening.
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    const { partyId } = told;
    const gateWorker = { partyId, publicKey: ownKey, certificatePem: credentials.certificatePem };
    const rounds = new RoundDesk({
      desk: this.trainers,
      crypto,
      log,
      crash: createCrashSimulator(env, log),
      volumeDirectory,
      memoryDirectory,
      held: new HeldIntegers(),
      trust: { crypto, aggregatorKey, ownKey, told },
      agreements: await Agreements.open(memoryDirectory, crypto),
      member: this.#gate?.voiceFor(gateWorker) ?? noMember,
      onSent: (bytes) => this.#gate?.noteSent(bytes),
      jobUid: told.jobUid,
      partyId,
      tensors: () => this.#requireSession().tensors,
      machine: () => this.#machine!,
      fail: (attempt, { code, message }) =>
        retry(() => this.#requireSession().fail(attempt, code, message, signal), {
          signal,
          maxAttempts: 10,
        }),
    });
    this.#machine = await PartyMachine.open({
      crypto,
      config: { jobUid: told.jobUid, identitySecret, aggregatorKey, policy },
      memoryDirectory,
      log,
      send: (to, message) => this.#requireSession().send(to, message, signal),
      onEffect: (effect) => rounds.take(effect),
      onBroken: (error) => {
        this.#broken = error;
        this.#session?.close();
      },
    });
    this.#rounds = rounds;
  }

  #requireSameKey(key: Uint8Array): void {
    if (equalBytes(this.#aggregatorKey!, key)) return;
    throw new TributaryError("CONFIGURATION_INVALID", "the aggregator has another key than before; restart the worker");
  }

  #requireSession(): Session {
    if (this.#session === undefined)
      throw new TributaryError("AGGREGATOR_UNREACHABLE", "there is no link to the aggregator");
    return this.#session;
  }

  /** Puts the base model into the shared volume, once a pod. */
  async #fetchBase(
    { tensors }: Session,
    { baseModel }: partyV1.JoinResponse,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (baseModel === undefined) return undefined;
    const { log } = this.#context;
    const sha256 = Buffer.from(baseModel.sha256).toString("hex");
    const path = join(
      this.#config.volumeDirectory,
      "base",
      `${basename(sha256)}.${baseModel.format === "gguf" ? "gguf" : "safetensors"}`,
    );
    if (await hasDigest(path, sha256)) return path;
    const file = { path: baseModel.resource, sha256, sizeBytes: Number(baseModel.sizeBytes) };
    await retry(() => tensors.fetch(file, path, signal), {
      signal,
      // Whoever lost its seat meanwhile joins again, or waits for it.
      isRetriable: (error) =>
        !isTributaryError(error, "ROUND_NOT_OPEN") &&
        !isTributaryError(error, "IDENTITY_REJECTED") &&
        !isStorageError(error),
      onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
    });
    return path;
  }
}
