import type { X509Certificate } from "node:crypto";
import { checkHyperparameters, checkStrategy, checkTrainer, readStep } from "@tributary/contracts/fields";
import { readCertificates } from "@tributary/kit";
import { type JsonFields, parseJsonFields } from "../../shared/config/json-fields.ts";
import { loraTargets } from "../../shared/language-model/lora.ts";
import { readSecureAggregation, type SecureAggregationConfig } from "./secure-aggregation.ts";

/** A member cluster whose workers may take part. */
export interface ClusterConfig {
  readonly name: string;
  /** Certificates of the cluster's gate CA, several while it is rotated; none when no worker of the cluster can be trusted. */
  readonly gateCa: readonly X509Certificate[];
  /** Why no worker of the cluster can be trusted. */
  readonly gateCaProblem?: string;
}

/** A participant's seats in the job. */
export interface ParticipantConfig {
  readonly name: string;
  readonly cluster: string;
  /** Namespace that a worker's identity must name; any when left out. */
  readonly namespace: string | undefined;
  /** What `minOrganisations` counts. */
  readonly organisation: string;
  readonly workers: number;
  /** What its trainers are told: the job's hyperparameters and, over them, the participant's own. */
  readonly hyperparameters: Readonly<Record<string, string>>;
}

/** The part of a frozen base model that is trained. */
export interface AdapterConfig {
  readonly type: "LoRA";
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly string[];
  readonly rule: "FreezeA";
}

/** Everything an aggregator is told by its `job.json`; `worker-image/README.md` describes the file. */
export interface JobConfig {
  readonly job: { readonly uid: string; readonly name: string; readonly namespace: string };
  readonly clusters: readonly ClusterConfig[];
  readonly participants: readonly ParticipantConfig[];
  readonly model: { readonly path: string; readonly adapter: AdapterConfig | undefined };
  readonly trainer: { readonly task: string; readonly seed: number };
  readonly strategy: { readonly name: string; readonly parameters: Readonly<Record<string, string>> };
  /** How reports are summed. */
  readonly secureAggregation: SecureAggregationConfig;
  /** Quantiser step of round 0, a power of two. */
  readonly initialStep: number;
  readonly directories: { readonly data: string; readonly output: string };
  readonly tls: { readonly certificatePath: string; readonly keyPath: string; readonly operatorCaPath: string };
  readonly listen: { readonly controlPort: number; readonly tensorPort: number; readonly healthPort: number };
}

const PORT = { min: 0, max: 65_535 };

/**
 * Reads a `job.json`.
 *
 * @throws CONFIGURATION_INVALID naming the first field that is missing, unknown or out of bounds.
 */
export function parseJobConfig(file: string, text: string): JobConfig {
  const fields = parseJsonFields(file, text);
  fields.integer("version", { min: 1, max: 1 });
  const clusters = fields.objectList("clusters", readCluster);
  const { task, seed, hyperparameters } = readAll(fields.object("trainer"), readTrainer);
  const participants = fields.objectList("participants", (entry) => readParticipant(entry, clusters));
  for (const [index, own] of participants.entries())
    fields.refuseFindings(checkHyperparameters(`participants[${index}]`, { task, ...own }));
  refuseRepeated(fields, "clusters", clusters);
  refuseRepeated(fields, "participants", participants);
  const config: JobConfig = {
    job: readAll(fields.object("job"), (job) => ({
      uid: job.text("uid"),
      name: job.text("name"),
      namespace: job.text("namespace"),
    })),
    clusters,
    participants: participants.map((participant) => ({
      ...participant,
      hyperparameters: { ...hyperparameters, ...participant.hyperparameters },
    })),
    model: readAll(fields.object("model"), readModel),
    trainer: { task, seed },
    strategy: readAll(fields.object("strategy", true), readStrategy),
    initialStep: readAll(fields.object("communication", true), (communication) =>
      communication.textAs("initialStep", readStep, "2^-20"),
    ),
    secureAggregation: readAll(fields.object("secureAggregation"), (privacy) =>
      readSecureAggregation(privacy, participants),
    ),
    directories: readAll(fields.object("directories"), (directories) => ({
      data: directories.text("data"),
      output: directories.text("output"),
    })),
    tls: readAll(fields.object("tls"), (tls) => ({
      certificatePath: tls.text("certificatePath"),
      keyPath: tls.text("keyPath"),
      operatorCaPath: tls.text("operatorCaPath"),
    })),
    listen: readAll(fields.object("listen", true), (listen) => ({
      controlPort: listen.integer("controlPort", PORT, 8443),
      tensorPort: listen.integer("tensorPort", PORT, 8444),
      healthPort: listen.integer("healthPort", PORT, 9090),
    })),
  };
  fields.end();
  return config;
}

function readAll<T>(fields: JsonFields, read: (fields: JsonFields) => T): T {
  const value = read(fields);
  fields.end();
  return value;
}

/**
 * A bundle that cannot be read costs its own cluster's workers and nobody else's: the aggregator runs for the others.
 */
function readCluster(fields: JsonFields): ClusterConfig {
  const name = fields.text("name");
  const pem = fields.textOrNone("gateCaPem");
  if (pem === undefined) return { name, gateCa: [], gateCaProblem: `cluster ${name} has no gateCaPem` };
  const certificates = readCertificates(pem);
  if (certificates.ok) return { name, gateCa: certificates.value };
  return { name, gateCa: [], gateCaProblem: `gateCaPem of cluster ${name} must be ${certificates.expected}` };
}

function readTrainer(fields: JsonFields) {
  const trainer = {
    task: fields.text("task"),
    hyperparameters: fields.texts("hyperparameters"),
    seed: fields.integer("seed", { min: 0, max: Number.MAX_SAFE_INTEGER }, 1),
  };
  fields.refuseFindings(checkTrainer("trainer", trainer));
  return trainer;
}

function readStrategy(fields: JsonFields): JobConfig["strategy"] {
  const strategy = { name: fields.text("name", "FedAvg"), parameters: fields.texts("parameters") };
  fields.refuseFindings(checkStrategy("strategy", strategy));
  return strategy;
}

/** A participant with the hyperparameters that are its own. */
function readParticipant(fields: JsonFields, clusters: readonly ClusterConfig[]): ParticipantConfig {
  const cluster = fields.text("cluster");
  if (!clusters.some(({ name }) => name === cluster)) throw fields.refuse("cluster", "the name of one of clusters");
  return {
    name: fields.text("name"),
    cluster,
    namespace: fields.has("namespace") ? fields.text("namespace") : undefined,
    organisation: fields.text("organisation", cluster),
    workers: fields.integer("workers", { min: 1, max: 256 }),
    hyperparameters: fields.texts("hyperparameters"),
  };
}

function readModel(fields: JsonFields): JobConfig["model"] {
  const path = fields.text("path");
  const adapter = fields.optionalObject("adapter");
  if (!path.endsWith(".gguf") && !path.endsWith(".safetensors")) {
    throw fields.refuse("path", "a path that ends in .gguf or .safetensors");
  }
  if (path.endsWith(".gguf") !== (adapter !== undefined)) {
    throw fields.refuse(
      "adapter",
      path.endsWith(".gguf") ? "there for a .gguf model" : "absent for a .safetensors model",
    );
  }
  return { path, adapter: adapter === undefined ? undefined : readAll(adapter, readAdapter) };
}

function readAdapter(fields: JsonFields): AdapterConfig {
  const rank = fields.integer("rank", { min: 1, max: 512 });
  const targets = fields.textList("targets");
  const unknown = targets.find((target) => !(loraTargets as readonly string[]).includes(target));
  if (unknown !== undefined || new Set(targets).size !== targets.length) {
    throw fields.refuse("targets", `different ones of ${loraTargets.join(", ")}`);
  }
  return {
    type: fields.oneOf("type", ["LoRA"]),
    rank,
    alpha: fields.integer("alpha", { min: 1, max: 4096 }, 2 * rank),
    // The start's digest holds them: named in another order they are the same adapter, and must be the same start.
    targets: [...targets].sort(),
    rule: fields.oneOf("rule", ["FreezeA"], "FreezeA"),
  };
}

function refuseRepeated(fields: JsonFields, list: string, entries: readonly { readonly name: string }[]): void {
  const names = entries.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw fields.refuse(list, "a list of different names");
}
