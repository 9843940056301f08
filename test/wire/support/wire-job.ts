import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { freePorts } from "@tributary/clouds";
import { controlV1 } from "@tributary/contracts";
import { openSafetensors, safetensorsParts } from "@tributary/federated";
import { createGrpcClient, createTlsCredentials, type GrpcClient } from "@tributary/kit";
import { until } from "../../support/until.ts";
import { type RunningProcess, startProgram } from "./running-process.ts";
import { onSmallVolume } from "./small-volume.ts";
import { createTestAuthority, type PemIdentity, type TestAuthority } from "./test-authority.ts";

/** What a test asks for. */
export interface WireJobOptions {
  /** Workers of each participant; each participant has a cluster and a CA of its own. */
  readonly workers: readonly number[];
  /** Hyperparameters of the no-op trainer. */
  readonly hyperparameters?: Record<string, string>;
  /** What participants have of their own over these, by their place. */
  readonly ownHyperparameters?: readonly Record<string, string>[];
  /** Values of the model; 1,000 by default. */
  readonly values?: number;
  /** What every value of the model is at first; {@link INITIAL_VALUE} by default. */
  readonly initialValue?: number;
  /** The program that trains; the no-op trainer by default. */
  readonly trainer?: "trainer" | "random-trainer";
  readonly strategy?: { readonly name: string; readonly parameters: Record<string, string> };
  /** CA of a real gate for each participant's cluster, in place of the test's own. */
  readonly gateCaPems?: readonly string[];
  /** The operator's own `job.json`, given the CAs of the participants' clusters; files, directories and ports are the test's. */
  readonly jobConfig?: (gateCaPems: readonly string[]) => Record<string, unknown>;
  /** Base model in GGUF of which an adapter on `q_proj` of rank 2 is trained, in place of a whole model. */
  readonly gguf?: Uint8Array;
}

type Plan = MessageInitShape<typeof controlV1.WindowPlanSchema>;
type State = controlV1.AggregatorState;
/** What a test says of a window; the rest is filled in. */
type PlanChange = Pick<controlV1.WindowPlan, "from" | "through"> &
  Partial<Pick<controlV1.WindowPlan, "quorum" | "deadlineMs" | "localSteps" | "evaluateOnly" | "attempt">> & {
    readonly convergence?: NonNullable<Plan["convergence"]>;
  };

const SERVER_NAME = "job.test.aggregator.tributary";
/** Uid of every job in these tests. */
export const JOB_UID = "0b9c2a1e-wire-test";

/** One worker: sidecar and trainer with the directories of a pod. */
export interface WireWorker {
  readonly participant: string;
  readonly index: number;
  readonly directory: string;
  sidecar: RunningProcess;
  trainer: RunningProcess;
}

/** A job of real processes on loopback: an aggregator, sidecars, no-op trainers, and the test in the operator's place. */
export class WireJob {
  readonly directory: string;
  readonly workers: WireWorker[] = [];
  readonly #options: WireJobOptions;
  readonly #jobCa: TestAuthority;
  readonly #ports: { controlPort: number; tensorPort: number; healthPort: number };
  readonly #clusterCas: TestAuthority[];
  #operator: GrpcClient<typeof controlV1.AggregatorService> | undefined;
  #aggregator: RunningProcess | undefined;
  #workerPorts: { readonly controlPort: number; readonly tensorPort: number } | undefined;

  private constructor(
    directory: string,
    options: WireJobOptions,
    authorities: { jobCa: TestAuthority; clusterCas: TestAuthority[] },
    ports: { controlPort: number; tensorPort: number; healthPort: number },
  ) {
    this.directory = directory;
    this.#options = options;
    this.#jobCa = authorities.jobCa;
    this.#clusterCas = authorities.clusterCas;
    this.#ports = ports;
  }

  /** Makes certificates, model and configuration; starts nothing. */
  static async create(options: WireJobOptions): Promise<WireJob> {
    const directory = await mkdtemp(join(tmpdir(), "tributary-wire-"));
    const jobCa = await createTestAuthority("job");
    const clusterCas = await Promise.all(options.workers.map((_, index) => createTestAuthority(`gate-${index}`)));
    const [controlPort, tensorPort, healthPort] = await freePorts(3);
    const ports = { controlPort: controlPort!, tensorPort: tensorPort!, healthPort: healthPort! };
    const job = new WireJob(directory, options, { jobCa, clusterCas }, ports);
    await job.#writeFiles();
    return job;
  }

  get aggregator(): RunningProcess {
    if (this.#aggregator === undefined) throw new Error("the aggregator was not started");
    return this.#aggregator;
  }

  get dataDirectory(): string {
    return join(this.directory, "data");
  }

  get outputDirectory(): string {
    return join(this.directory, "output");
  }

  get logPath(): string {
    return join(this.directory, "log.jsonl");
  }

  /** Starts the aggregator; `env` adds variables, for example a simulated crash. */
  async startAggregator(env: Record<string, string> = {}, within: readonly string[] = []): Promise<RunningProcess> {
    const config = { TRIBUTARY_JOB_CONFIG: join(this.directory, "job.json"), ...env };
    const { logPath } = this;
    this.#aggregator = await startProgram("aggregator", { name: "aggregator", env: config, logPath, within });
    return this.#aggregator;
  }

  /** Starts every worker of every participant. */
  async startWorkers(envOf: (worker: number) => Record<string, string> = () => ({})): Promise<void> {
    for (const [cluster, count] of this.#options.workers.entries()) {
      for (let index = 0; index < count; index++) await this.addWorker(cluster, index, envOf(this.workers.length));
    }
  }

  /** Starts one worker with a new identity and empty directories: a new pod. */
  async addWorker(
    cluster: number,
    index: number,
    env: Record<string, string> = {},
    smallVolume?: { readonly name: "memory" | "volume"; readonly sizeBytes: number },
    given?: PemIdentity,
  ): Promise<WireWorker> {
    const directory = await mkdtemp(join(this.directory, `worker-${cluster}-${index}-`));
    const identity = given ?? (await this.issueWorker(cluster, index));
    for (const name of ["identity", "memory", "volume"]) await mkdir(join(directory, name));
    await writeFile(join(directory, "identity/tls.crt"), identity.certificatePem);
    await writeFile(join(directory, "identity/tls.key"), identity.keyPem);
    await writeFile(join(directory, "worker.json"), JSON.stringify(this.#workerConfig(`p${cluster}`)));
    const worker = { participant: `p${cluster}`, index, directory } as WireWorker;
    const within =
      smallVolume === undefined ? [] : onSmallVolume(join(directory, smallVolume.name), smallVolume.sizeBytes);
    worker.sidecar = await this.startSidecar(worker, env, within);
    if (smallVolume !== undefined) await until("the volume is mounted", () => worker.sidecar.lines.length > 0);
    const beside = smallVolume === undefined ? [] : ["nsenter", "-t", String(worker.sidecar.pid), "-m"];
    worker.trainer = await this.startTrainer(worker, env, beside);
    this.workers.push(worker);
    return worker;
  }

  /** A new identity for the seat of a worker. */
  issueWorker(cluster: number, index: number): Promise<PemIdentity> {
    return this.#clusterCas[cluster]!.issueClient(
      `tributary://cluster-${cluster}/jobs/${JOB_UID}/p${cluster}/${index}`,
    );
  }

  /** Identity of the aggregator, and the CA of a participant's workers. */
  async identities(cluster: number): Promise<{ readonly aggregator: PemIdentity; readonly workerCaPem: string }> {
    const [certificatePem, keyPem] = await Promise.all(
      ["tls.crt", "tls.key"].map((name) => readFile(join(this.directory, name), "utf8")),
    );
    const workerCaPem = this.#clusterCas[cluster]!.certificatePem;
    return { aggregator: { certificatePem: certificatePem!, keyPem: keyPem! }, workerCaPem };
  }

  /** What a party of the job needs besides an identity, to reach the aggregator itself. */
  get links() {
    const { controlAddress, tensorAddress, serverName, caPem } = this.#workerConfig("", this.#ports).aggregator;
    return { jobUid: JOB_UID, controlAddress, tensorAddress, serverName, caPem };
  }

  /** Has workers that are added from now on reach the aggregator by other ports of loopback. */
  reachBy(ports: { readonly controlPort: number; readonly tensorPort: number }): void {
    this.#workerPorts = ports;
  }

  /** Has a worker that is there reach the aggregator by the present ports, as when the kubelet brings another `worker.json`. */
  moveWorker({ directory, participant }: WireWorker): Promise<void> {
    return writeFile(join(directory, "worker.json"), JSON.stringify(this.#workerConfig(participant)));
  }

  /** Ports that the aggregator listens on. */
  get ports() {
    return this.#ports;
  }

  /** Starts a worker's sidecar with what it left in its directories. */
  startSidecar(
    worker: WireWorker,
    env: Record<string, string> = {},
    within: readonly string[] = [],
  ): Promise<RunningProcess> {
    const { directory } = worker;
    const variables = {
      TRIBUTARY_WORKER_CONFIG: join(directory, "worker.json"),
      TRIBUTARY_IDENTITY_DIR: join(directory, "identity"),
      TRIBUTARY_MEMORY_DIR: join(directory, "memory"),
      TRIBUTARY_VOLUME_DIR: join(directory, "volume"),
      TRIBUTARY_HEALTH_PORT: "0",
      TRIBUTARY_TRAINER_TIMEOUT_MS: "20000",
    };
    const name = `sidecar ${worker.participant}/${worker.index}`;
    return startProgram("sidecar", { name, env: { ...variables, ...env }, logPath: this.logPath, within });
  }

  /** Starts a worker's trainer. */
  startTrainer(
    worker: WireWorker,
    more: Record<string, string> = {},
    within: readonly string[] = [],
  ): Promise<RunningProcess> {
    const env = { TRIBUTARY_TRAINER_SOCKET: join(worker.directory, "volume/trainer.sock"), ...more };
    return startProgram(this.#options.trainer ?? "trainer", {
      name: `trainer ${worker.participant}/${worker.index}`,
      env,
      logPath: this.logPath,
      within,
    });
  }

  /** Opens a window as the operator does; waits for an aggregator that is starting. */
  async openWindow(plan: PlanChange): Promise<void> {
    const whole: Plan = {
      jobUid: JOB_UID,
      attempt: 1,
      quorum: this.#options.workers.reduce((sum, count) => sum + count, 0),
      deadlineMs: 60_000n,
      localSteps: 4,
      convergence: { metric: "validation_loss", mode: "Min", maxRounds: 1000 },
      ...plan,
    };
    await this.openPlan(whole);
  }

  /** Opens a window by the operator's own plan; waits for an aggregator that is starting. */
  async openPlan(plan: Plan): Promise<void> {
    const open = async () => {
      await (await this.operator()).openWindow({ plan }, { timeoutMs: 5_000 });
      return true;
    };
    await until("the window opens", open, 60_000);
  }

  /** The operator's caller. */
  async operator(): Promise<GrpcClient<typeof controlV1.AggregatorService>> {
    if (this.#operator === undefined) {
      const identity = await this.#jobCa.issueClient("tributary://operator");
      this.#operator = createGrpcClient(controlV1.AggregatorService, {
        address: `127.0.0.1:${this.#ports.controlPort}`,
        credentials: createTlsCredentials({ caPem: this.#jobCa.certificatePem, ...identity }),
        unreachable: "AGGREGATOR_UNREACHABLE",
        channel: { "grpc.ssl_target_name_override": SERVER_NAME, "grpc.max_reconnect_backoff_ms": 500 },
      });
    }
    return this.#operator;
  }

  /** The aggregator's state now. */
  async state(): Promise<State> {
    const { state } = await (await this.operator()).getState({}, { timeoutMs: 5_000 });
    if (state === undefined) throw new Error("the answer holds no state");
    return state;
  }

  /** Waits until the state is as wanted. */
  untilState(what: string, isWanted: (state: State) => boolean, timeoutMs = 90_000): Promise<State> {
    return until(
      what,
      async () => {
        const state = await this.state();
        return isWanted(state) ? state : undefined;
      },
      timeoutMs,
    );
  }

  /** Waits for a number of committed rounds. */
  untilCommitted(rounds: number, timeoutMs?: number): Promise<State> {
    return this.untilState(`${rounds} rounds are committed`, (state) => state.committedRounds >= rounds, timeoutMs);
  }

  /** Every value of the newest published model. */
  async lastModel(): Promise<{ readonly values: Float32Array; readonly round: number }> {
    const directory = join(this.outputDirectory, "last");
    const { round } = JSON.parse(await readFile(join(directory, "round.json"), "utf8")) as { round: number };
    const bytes = await readFile(join(directory, "model.safetensors"));
    const copy = new Uint8Array(bytes.length);
    copy.set(bytes);
    const values = openSafetensors(copy).tensors.flatMap(({ bytes: tensor }) => [
      ...new Float32Array(tensor.slice().buffer),
    ]);
    return { values: Float32Array.from(values), round };
  }

  /** Ends the job as the operator does. */
  async finish(): Promise<void> {
    await (await this.operator()).finishJob({ jobUid: JOB_UID, outcome: "Complete" }, { timeoutMs: 10_000 });
  }

  /** Kills what runs and removes every file. */
  async destroy(): Promise<void> {
    this.#operator?.close();
    const running = [this.#aggregator, ...this.workers.flatMap(({ sidecar, trainer }) => [sidecar, trainer])];
    await Promise.all(running.filter((entry) => entry?.isRunning).map((entry) => entry!.kill()));
    if (process.env.TRIBUTARY_KEEP_FILES === undefined) await rm(this.directory, { recursive: true, force: true });
  }

  async #writeFiles(): Promise<void> {
    const endpoint = await this.#jobCa.issueEndpoint(SERVER_NAME);
    const tls = {
      certificatePath: join(this.directory, "tls.crt"),
      keyPath: join(this.directory, "tls.key"),
      operatorCaPath: join(this.directory, "ca.crt"),
    };
    await writeFile(tls.certificatePath, endpoint.certificatePem);
    await writeFile(tls.keyPath, endpoint.keyPem);
    await writeFile(tls.operatorCaPath, this.#jobCa.certificatePem);
    const { gguf } = this.#options;
    const modelPath = join(this.directory, gguf === undefined ? "model.safetensors" : "base.gguf");
    await writeFile(modelPath, gguf ?? initialModel(this.#options));
    const adapter = { type: "LoRA", rank: 2, targets: ["q_proj"] };
    const gateCaPems = this.#clusterCas.map((ca, index) => this.#options.gateCaPems?.[index] ?? ca.certificatePem);
    const own = {
      model: { path: modelPath, ...(gguf !== undefined && { adapter }) },
      directories: { data: this.dataDirectory, output: this.outputDirectory },
      tls,
      listen: this.#ports,
    };
    const config = {
      version: 1,
      job: { uid: JOB_UID, name: "wire", namespace: "test" },
      clusters: gateCaPems.map((gateCaPem, index) => ({ name: `cluster-${index}`, gateCaPem })),
      participants: this.#options.workers.map((workers, index) => ({
        name: `p${index}`,
        cluster: `cluster-${index}`,
        workers,
        hyperparameters: this.#options.ownHyperparameters?.[index] ?? {},
      })),
      trainer: { task: "noop", hyperparameters: this.#options.hyperparameters ?? {}, seed: 1 },
      strategy: this.#options.strategy ?? { name: "FedAvg", parameters: {} },
      secureAggregation: { protocol: "None" },
      ...this.#options.jobConfig?.(gateCaPems),
      ...own,
    };
    await writeFile(join(this.directory, "job.json"), JSON.stringify(config));
  }

  #workerConfig(participant: string, { controlPort, tensorPort } = this.#workerPorts ?? this.#ports) {
    return {
      version: 1,
      jobUid: JOB_UID,
      participant,
      aggregator: {
        controlAddress: `127.0.0.1:${controlPort}`,
        tensorAddress: `127.0.0.1:${tensorPort}`,
        serverName: SERVER_NAME,
        caPem: this.#jobCa.certificatePem,
      },
    };
  }
}

/** The value that every parameter starts from. */
export const INITIAL_VALUE = 0.5;

/** Two tensors of one value each, so that offsets between tensors are walked. */
function initialModel({ values = 1000, initialValue = INITIAL_VALUE }: WireJobOptions): Uint8Array {
  return encodeModel(new Float32Array(values).fill(initialValue));
}

/** The file of a whole model of these tests with these values. */
export function encodeModel(values: Float32Array): Uint8Array {
  const tensor = (name: string, part: Float32Array) => {
    const bytes = new Uint8Array(new Float32Array(part).buffer);
    return { name, dtype: "F32" as const, shape: [part.length], bytes };
  };
  return Buffer.concat(safetensorsParts([tensor("a", values.subarray(0, 3)), tensor("b", values.subarray(3))]));
}
