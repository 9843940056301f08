import { readFile } from "node:fs/promises";
import { formatAddress, readAddress, readPemBundle } from "@tributary/contracts/fields";
import { type Environment, readIntegerVariable, readVariable, TributaryError } from "@tributary/kit";
import { parseJsonFields } from "../../shared/config/json-fields.ts";

/** The job's parameters as the operator renders them for the workers of one participant. */
export interface WorkerConfig {
  readonly jobUid: string;
  readonly participant: string;
  readonly aggregator: {
    /** `host:port` of the control wire. */
    readonly controlAddress: string;
    readonly tensorHost: string;
    readonly tensorPort: number;
    /** DNS name in the aggregator's certificate. */
    readonly serverName: string;
    /** Certificate of the job CA, PEM. */
    readonly caPem: string;
  };
}

/** How the worker gets its certificate: from its gate, or from files that lie there. */
export type IdentitySource =
  | {
      readonly kind: "gate";
      /** `host:port` where it enrols whoever has no certificate yet. */
      readonly address: string;
      /** `host:port` where it answers the workers that it enrolled; `undefined` for a gate that only enrols, which is asked nothing else. */
      readonly workerAddress: string | undefined;
      readonly serverName: string;
      readonly caPem: string;
      readonly tokenPath: string;
    }
  | { readonly kind: "files"; readonly directory: string };

/** Everything a sidecar is told by its environment; `worker-image/README.md` lists the variables. */
export interface SidecarConfig {
  /** The job's parameters as they were at the start. */
  readonly worker: WorkerConfig;
  /** Their file; it follows what the operator renders. */
  readonly workerPath: string;
  readonly identity: IdentitySource;
  readonly memoryDirectory: string;
  readonly volumeDirectory: string;
  readonly socketPath: string;
  readonly datasetPath: string;
  readonly trainerTimeoutMs: number;
  readonly healthPort: number;
  readonly image: string;
}

/** Reads environment and `worker.json`; CONFIGURATION_INVALID names the variable or field that is wrong. */
export async function readSidecarConfig(env: Environment): Promise<SidecarConfig> {
  const workerPath = readVariable(env, "TRIBUTARY_WORKER_CONFIG", "/etc/tributary/worker/worker.json");
  const volumeDirectory = readVariable(env, "TRIBUTARY_VOLUME_DIR", "/var/run/tributary/volume");
  return {
    worker: await readWorkerConfig(workerPath),
    workerPath,
    identity: await readIdentitySource(env),
    memoryDirectory: readVariable(env, "TRIBUTARY_MEMORY_DIR", "/var/run/tributary/memory"),
    volumeDirectory,
    socketPath: readVariable(env, "TRIBUTARY_TRAINER_SOCKET", `${volumeDirectory}/trainer.sock`),
    datasetPath: env.TRIBUTARY_DATASET_PATH ?? "",
    trainerTimeoutMs: readIntegerVariable(env, "TRIBUTARY_TRAINER_TIMEOUT_MS", 120_000, { min: 100, max: 86_400_000 }),
    healthPort: readIntegerVariable(env, "TRIBUTARY_HEALTH_PORT", 9091, { min: 0, max: 65_535 }),
    image: env.TRIBUTARY_IMAGE ?? "",
  };
}

/** Reads a `worker.json` from its file; CONFIGURATION_INVALID names the field. */
export async function readWorkerConfig(path: string): Promise<WorkerConfig> {
  return parseWorkerConfig(path, await readText(path));
}

/** Reads a `worker.json`; CONFIGURATION_INVALID names the field. */
export function parseWorkerConfig(file: string, text: string): WorkerConfig {
  const fields = parseJsonFields(file, text);
  fields.integer("version", { min: 1, max: 1 });
  const aggregator = fields.object("aggregator");
  const tensor = aggregator.textAs("tensorAddress", readAddress);
  const control = aggregator.textAs("controlAddress", readAddress);
  const config: WorkerConfig = {
    jobUid: fields.text("jobUid"),
    participant: fields.text("participant"),
    aggregator: {
      controlAddress: formatAddress(control.host, control.port),
      tensorHost: tensor.host,
      tensorPort: tensor.port,
      serverName: aggregator.text("serverName"),
      caPem: requirePem("aggregator.caPem", aggregator.text("caPem")),
    },
  };
  aggregator.end();
  fields.end();
  return config;
}

async function readIdentitySource(env: Environment): Promise<IdentitySource> {
  const directory = env.TRIBUTARY_IDENTITY_DIR;
  if (directory) return { kind: "files", directory };
  const gate = requireAddress(env, "TRIBUTARY_GATE_ADDRESS");
  const worker = env.TRIBUTARY_GATE_WORKER_ADDRESS ? requireAddress(env, "TRIBUTARY_GATE_WORKER_ADDRESS") : undefined;
  const inline = env.TRIBUTARY_GATE_CA_PEM;
  const caPem = inline
    ? requirePem("TRIBUTARY_GATE_CA_PEM", inline)
    : requirePem("TRIBUTARY_GATE_CA_PATH", await readText(readVariable(env, "TRIBUTARY_GATE_CA_PATH")));
  return {
    kind: "gate",
    address: formatAddress(gate.host, gate.port),
    workerAddress: worker && formatAddress(worker.host, worker.port),
    serverName: readVariable(env, "TRIBUTARY_GATE_SERVER_NAME", gate.host),
    caPem,
    tokenPath: readVariable(env, "TRIBUTARY_TOKEN_PATH", "/var/run/secrets/tributary/token"),
  };
}

function requireAddress(env: Environment, name: string) {
  const text = readVariable(env, name);
  const address = readAddress(text);
  if (address.ok) return address.value;
  throw new TributaryError("CONFIGURATION_INVALID", `${name} is ${JSON.stringify(text)}, must be ${address.expected}`);
}

/** A bundle that cannot be read is named and never shown: a key may have been put in its place. */
function requirePem(what: string, pem: string): string {
  const certificates = readPemBundle(pem);
  if (certificates.ok) return certificates.value.join("");
  throw new TributaryError("CONFIGURATION_INVALID", `${what} must be ${certificates.expected}`, {
    details: { field: what },
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new TributaryError("CONFIGURATION_INVALID", `${path} cannot be read`, { cause, details: { path } });
  }
}
