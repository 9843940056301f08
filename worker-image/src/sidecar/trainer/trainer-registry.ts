import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { equalBytes } from "@tributary/federated";
import { readFileIfPresent, writeFileDurably } from "@tributary/kit";
import { type RegisteredTrainer, requireTrainer } from "../../shared/trainer/registered-trainer.ts";
import { waitFor } from "../wait-for.ts";

/**
 * What the pod's trainer registered as last. It lies in the memory directory, which lasts as long as the pod: a trainer that is at work
 * when its sidecar is restarted calls nobody for hours, and does not register again.
 */
export class TrainerRegistry {
  readonly #path: string;
  #saved: Uint8Array | undefined;
  #trainer: RegisteredTrainer | undefined;
  #changed = Promise.withResolvers<void>();

  private constructor(memoryDirectory: string) {
    this.#path = join(memoryDirectory, "trainer.bin");
  }

  /** Finds what a former process of the pod was told; a damaged file counts as none. */
  static async open(memoryDirectory: string): Promise<TrainerRegistry> {
    const registry = new TrainerRegistry(memoryDirectory);
    const saved = await readFileIfPresent(registry.#path);
    const trainer = saved === undefined ? undefined : decode(saved);
    if (trainer !== undefined) [registry.#saved, registry.#trainer] = [saved, trainer];
    return registry;
  }

  /** The trainer, once one has registered. */
  get trainer(): RegisteredTrainer | undefined {
    return this.#trainer;
  }

  /**
   * A trainer registers; the newest registration counts. It is durable before this resolves.
   *
   * @throws MESSAGE_INVALID naming what breaks the bounds of the contract.
   */
  async register(said: RegisteredTrainer): Promise<void> {
    const trainer = requireTrainer(said);
    const bytes = encode(trainer);
    if (this.#saved !== undefined && equalBytes(this.#saved, bytes)) return;
    await writeFileDurably(this.#path, bytes, 0o600);
    [this.#saved, this.#trainer] = [bytes, trainer];
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves with the trainer once it is not `known` any more; rejects when the signal aborts. */
  async otherThan(known: RegisteredTrainer | undefined, signal: AbortSignal): Promise<RegisteredTrainer> {
    return waitFor(
      () => (this.#trainer === undefined || this.#trainer === known ? undefined : { value: this.#trainer }),
      () => this.#changed.promise,
      signal,
    );
  }
}

function encode({ kinds, capability }: RegisteredTrainer): Uint8Array {
  const { RegisterRequestSchema } = trainerV1;
  const said = { kinds: [...kinds], ...(capability !== undefined && { capability }) };
  return toBinary(RegisterRequestSchema, create(RegisterRequestSchema, said));
}

function decode(bytes: Uint8Array): RegisteredTrainer | undefined {
  try {
    const { kinds, capability } = fromBinary(trainerV1.RegisterRequestSchema, bytes);
    return requireTrainer({ kinds, capability });
  } catch {
    return undefined;
  }
}
