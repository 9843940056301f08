import { create } from "@bufbuild/protobuf";
import { partyV1 } from "@tributary/contracts";
import {
  countUpdateSegments,
  countValues,
  fromHex,
  horizontal,
  type JobContext,
  type NamedShape,
  type RecipeJob,
  type RecipeState,
  type RoundScript,
} from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { tensorPath } from "../../shared/tensor-wire/resources.ts";
import { adapterObject } from "../../shared/terms/adapter-object.ts";
import type { ObjectRef } from "../../shared/terms/start-message.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { PinnedModel } from "../model/initial-model.ts";
import type { KnownFile } from "../store/known-file.ts";
import { MODEL } from "../store/ledger-line.ts";
import type { RememberedLine } from "../store/remembered-lines.ts";
import type { RoundStore } from "../store/round-store.ts";
import { metricValue, type RoundsVerdict } from "./judge-rounds.ts";

/** An object that sidecars may fetch. */
export interface ServedObject {
  readonly path: string;
  readonly name: string;
}

/** A model on the aggregator's disk. */
export interface ModelOnDisk {
  readonly path: string;
  readonly sha256: Uint8Array;
}

/** A committed model as status and output show it. */
export interface CheckpointView {
  /** Rounds that were committed into it. */
  readonly round: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly metricValue: string | undefined;
}

/** A committed model whose file is on the aggregator's disk. */
export interface StoredModel extends CheckpointView {
  readonly source: string;
}

/** The newest committed model and, by its metric alone, the best one, whose file may be gone; absent before the first. */
export interface Checkpoints {
  readonly last: CheckpointView | undefined;
  readonly best: CheckpointView | undefined;
}

/** What every model of the job has in common. */
export interface ModelShape {
  /** In the order of the flat vector. */
  readonly tensors: readonly NamedShape[];
  readonly sizeBytes: number;
}

/** Which models the job has: the source, the one before round 0, those of the newest rounds. */
export class JobModels {
  readonly parameters: number;
  readonly #config: JobConfig;
  readonly #pinned: PinnedModel;
  readonly #store: RoundStore;
  readonly #shape: ModelShape;

  constructor(config: JobConfig, pinned: PinnedModel, store: RoundStore, shape: ModelShape) {
    this.#config = config;
    this.#pinned = pinned;
    this.#store = store;
    this.parameters = countValues(shape);
    this.#shape = shape;
  }

  /** The model that the next round starts from. */
  base(): ModelOnDisk {
    const { path, sha256 } = this.baseFile();
    return { path, sha256: fromHex(sha256) };
  }

  /** The same with what it must be, and the error for what it must not. */
  baseFile(): KnownFile {
    const round = this.#store.newestModelRound();
    if (round !== undefined) return this.#store.objectFile(round, MODEL);
    const { initialPath: path, initialSha256: sha256 } = this.#pinned;
    const damaged = (found: string) =>
      new TributaryError("MODEL_MISMATCH", `${path} is ${found}; restore the data directory from a backup`, {
        details: { path },
      });
    return { path, sha256, marks: undefined, damaged };
  }

  /** Quantiser step of each update segment in the next round. */
  steps(): number[] {
    const last = this.#store.rounds.at(-1)?.line.nextStepExponents;
    const count = countUpdateSegments(this.parameters);
    if (last?.length === count) return last.map((exponent) => 2 ** exponent);
    // A ledger of a version that cut the model elsewhere: a step that is too large for some is put right by the next rounds.
    const step = last === undefined ? this.#config.initialStep : 2 ** Math.max(...last);
    return Array.from({ length: count }, () => step);
  }

  /** What every worker is told of the job, and every round's terms say. */
  context(): JobContext {
    const { trainer, model } = this.#config;
    const adapterJson = model.adapter === undefined ? "" : JSON.stringify(model.adapter);
    const sourceSha256 = fromHex(this.#pinned.sourceSha256);
    return { sourceSha256, adapterJson, task: trainer.task, seed: BigInt(trainer.seed) };
  }

  /** The job as its recipe plans it. */
  recipeJob(): RecipeJob {
    return { tensors: this.#shape.tensors, hasAdapter: this.#config.model.adapter !== undefined };
  }

  /** What the job has learnt so far: digests of its objects, hexadecimal, by name. */
  objects(): Readonly<Record<string, string>> {
    return this.#store.rounds.at(-1)?.line.objects ?? { [MODEL]: this.#pinned.initialSha256 };
  }

  /** State of the job's recipe after the rounds that are committed. */
  recipeState(): RecipeState {
    return this.#store.rounds.at(-1)?.line.recipeState ?? horizontal.start(this.recipeJob());
  }

  /** The next round as the job's recipe plans it. */
  scriptOf({ evaluateOnly }: { readonly evaluateOnly: boolean }): RoundScript {
    return horizontal.plan(this.recipeJob(), this.recipeState(), { isEvaluateOnly: evaluateOnly });
  }

  /** The objects that the next round starts from, by their names, as they are served. */
  startObjects(names: readonly string[]): ObjectRef[] {
    const known: Readonly<Record<string, () => ObjectRef>> = {
      adapter: () => adapterObject(this.context()),
      base: () => this.#served("base", "gguf", this.#pinned.sourceSha256, this.#pinned.sourceSizeBytes),
      model: () => this.#served(MODEL, "safetensors", this.baseFile().sha256, this.#shape.sizeBytes),
    };
    return names.map((name) => known[name]!());
  }

  /** The object with this digest, when sidecars may fetch it. */
  fileOf(sha256: string): ServedObject | undefined {
    const base = this.baseFile();
    if (base.sha256 === sha256) return { path: base.path, name: MODEL };
    return this.#config.model.adapter !== undefined && sha256 === this.#pinned.sourceSha256
      ? { path: this.#config.model.path, name: "base" }
      : undefined;
  }

  /** The base model that an adapter needs, as it is served; absent when the whole model is trained. */
  baseModelFile() {
    if (this.#config.model.adapter === undefined) return undefined;
    const { sourceSha256, sourceSizeBytes } = this.#pinned;
    return create(partyV1.ModelFileSchema, {
      resource: tensorPath({ kind: "object", jobUid: this.#config.job.uid, sha256: sourceSha256 }),
      sha256: fromHex(sourceSha256),
      sizeBytes: BigInt(sourceSizeBytes),
      format: "gguf",
    });
  }

  /** The newest committed model and the best one that was evaluated, by a metric. */
  checkpoints(
    lines: readonly RememberedLine[],
    { bestValue, bestRound }: Pick<RoundsVerdict, "bestValue" | "bestRound">,
    metric: string,
  ): Checkpoints {
    const trained = lines.filter(({ outcome }) => outcome === "Committed");
    const at = (commits: number) => this.#checkpoint({ lines, trained }, commits, metric);
    const last = trained.length === 0 ? undefined : at(trained.length);
    return { last, best: bestValue === undefined ? last : at(bestRound) };
  }

  /** The models that are on the disk, oldest first: the first of all, the newest ones, and what is kept besides. */
  stored(metric: string): StoredModel[] {
    const ledger = this.#ledger();
    const initial = { ...this.#checkpoint(ledger, 0, metric), source: this.#pinned.initialPath };
    const committed = this.#store.modelRounds.map((round) => {
      const commits = ledger.trained.findLastIndex((line) => line.round === round) + 1;
      return { ...this.#checkpoint(ledger, commits, metric), source: this.#store.modelPath(round) };
    });
    return [initial, ...committed];
  }

  /** A model of this job's ledger by its digest, whether its file is there or not. */
  committed(sha256: string, metric: string): CheckpointView | undefined {
    const ledger = this.#ledger();
    const commits = ledger.trained.findLastIndex(({ objects }) => objects[MODEL] === sha256) + 1;
    return commits === 0 && sha256 !== this.#pinned.initialSha256
      ? undefined
      : this.#checkpoint(ledger, commits, metric);
  }

  /** Says which models stay on the disk besides the newest ones, by their digests. */
  keep(isNeeded: (sha256: string) => boolean): void {
    this.#store.keepModels(isNeeded);
  }

  #served(name: string, format: string, sha256: string, sizeBytes: number): ObjectRef {
    const resource = tensorPath({ kind: "object", jobUid: this.#config.job.uid, sha256 });
    return { name, resource, sha256: fromHex(sha256), sizeBytes, format };
  }

  #ledger() {
    const lines = this.#store.rounds.map(({ line }) => line);
    return { lines, trained: lines.filter(({ outcome }) => outcome === "Committed") };
  }

  /** The model into which `commits` rounds went. */
  #checkpoint(
    { lines, trained }: { readonly lines: readonly RememberedLine[]; readonly trained: readonly RememberedLine[] },
    commits: number,
    metric: string,
  ): CheckpointView {
    const sha256 = commits === 0 ? this.#pinned.initialSha256 : trained[commits - 1]!.objects[MODEL]!;
    const evaluation = lines.findLast(({ reads }) => reads[MODEL] === sha256);
    const value = evaluation === undefined ? undefined : metricValue(evaluation, metric);
    return { round: commits, sha256, metricValue: value === undefined ? undefined : String(value) };
  }
}
