import { join } from "node:path";
import { type AggregatorState, decodeAggregatorState, encodeAggregatorState } from "@tributary/federated";
import { type Disk, readFileIfPresent, writeFileDurably, writeFully } from "@tributary/kit";

/** The file of an attempt that holds the state of the protocol's machine. */
export class MachineFile {
  readonly #path: string;
  readonly #disk: Disk;

  /** @param directory of the attempt. */
  constructor(directory: string, disk: Disk) {
    this.#path = join(directory, "machine.bin");
    this.#disk = disk;
  }

  /** The state that is there; `undefined` for none; an ArgumentError for half of one. */
  async load(): Promise<AggregatorState | undefined> {
    const bytes = await readFileIfPresent(this.#path, this.#disk);
    return bytes && decodeAggregatorState(bytes);
  }

  /** Writes the state of before anything was announced; a crash of the machine may tear it. */
  async writeFirst(state: AggregatorState): Promise<void> {
    const file = await this.#disk.open(this.#path, "w");
    await writeFully(file, encodeAggregatorState(state)).finally(() => file.close());
  }

  /** Replaces the state, durably. */
  async save(state: AggregatorState): Promise<void> {
    await writeFileDurably(this.#path, encodeAggregatorState(state), 0o644, this.#disk);
  }
}
