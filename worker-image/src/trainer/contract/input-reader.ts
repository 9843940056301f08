import { type NamedTensors, readTensors } from "./tensor-file.ts";

/**
 * Reads the tensor sets of tasks. A round evaluates a model and then trains it, so a set that is read to be evaluated is kept for the
 * next task: a large file is read and digested once a round. Programs must leave what they are given as it is.
 */
export class InputReader {
  readonly #volume: string;
  #kept: { readonly key: string; readonly tensors: NamedTensors } | undefined;

  /** @param volume directory of the shared volume. */
  constructor(volume: string) {
    this.#volume = volume;
  }

  /**
   * Reads a set, or takes the one that was kept; only a set with a digest is kept, since the digest says that it is the same.
   *
   * @throws TributaryError as {@link readTensors}
   */
  async read(path: string, sha256: Uint8Array, keep: boolean): Promise<NamedTensors> {
    const key = `${Buffer.from(sha256).toString("hex")} ${path}`;
    const kept = this.#kept?.key === key ? this.#kept.tensors : undefined;
    this.#kept = undefined;
    const tensors = kept ?? (await readTensors(this.#volume, path, sha256));
    if (keep && sha256.length > 0) this.#kept = { key, tensors };
    return tensors;
  }
}
