import { dirname, join } from "node:path";
import {
  type AggregatorState,
  type RoundSetup,
  ranksOf,
  type SetupSegment,
  segmentSizeBytes,
} from "@tributary/federated";
import { type Disk, isStorageError, type Logger, syncDirectory, syncFile, TributaryError } from "@tributary/kit";
import type { SegmentStaging } from "../wire/segment-staging.ts";
import { restoreSum } from "./recorded-sum.ts";
import { sumSegments } from "./segment-sum.ts";

/** What the sums of an attempt are made with. */
export interface SumDeps {
  /** Directory of the attempt. */
  readonly directory: string;
  readonly disk: Disk;
  readonly log: Logger;
  readonly staging: SegmentStaging;
}

/** A staged file that is not whole: the volume did what it was asked, the file of this party is not what it said. */
export class PartyFileBroken extends TributaryError {
  readonly party: number;

  constructor(party: number, message: string, cause: unknown) {
    super("REPORT_REFUSED", message, { cause });
    this.party = party;
  }
}

/** The sums of one attempt: one file a segment, durable together with the state that names their digests. */
export class AttemptSums {
  readonly #deps: SumDeps;
  /** Sums on their way to the disk, by segment. */
  readonly #flushes = new Map<number, Promise<void>>();
  /** Whether the name of the attempt's folder is durable, which it stays. */
  #isNamed = false;

  constructor(deps: SumDeps) {
    this.#deps = deps;
  }

  /** Path of a segment's sum. */
  pathOf(segment: number): string {
    return join(this.#directory, `${segment}.bin`);
  }

  /** Makes the folder of the sums. */
  async prepare(): Promise<void> {
    await this.#deps.disk.mkdir(this.#directory);
  }

  /**
   * Adds the staged segments of exactly these parties.
   *
   * @returns SHA-256 of the sum's bytes, which are on their way to the disk: {@link AttemptSums.makeDurable} waits for them.
   * @throws PartyFileBroken for a staged file that is not whole; STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  async add(setup: RoundSetup, segment: number, parties: readonly number[]): Promise<Uint8Array> {
    const { disk, log, staging } = this.#deps;
    const entry = setup.segments.find(({ id }) => id === segment)!;
    const inputs = parties.map((party) => staging.pathOf(segment, party));
    const shape = { values: entry.valueCount, ringBits: entry.ringBits };
    const path = this.pathOf(segment);
    const sha256 = await sumSegments(inputs, shape, path, disk).catch((cause: unknown) =>
      this.#blameFiles(cause, entry, parties),
    );
    log.debug({ segment, parties: parties.length }, "segment summed");
    // The disk writes one sum while the next one is computed; durable point 1 waits for all, and fails with any.
    const flush = syncFile(path, disk);
    flush.catch(() => {});
    this.#flushes.set(segment, flush);
    return sha256;
  }

  /** Makes sums durable, and their names and the attempt's; the state that is written next syncs the attempt's folder itself. */
  async makeDurable(segments: readonly number[]): Promise<void> {
    if (segments.length === 0) return;
    const { disk } = this.#deps;
    // The disk makes one commit of what it is asked for together.
    await Promise.all([
      ...segments.map((segment) => this.#flushes.get(segment) ?? syncFile(this.pathOf(segment), disk)),
      syncDirectory(this.#directory, disk),
      this.#nameAttempt(),
    ]);
    for (const segment of segments) this.#flushes.delete(segment);
  }

  /** The sums that durable point 1 recorded are what is unmasked and committed: each must be what its digest says, else SUM_DAMAGED. */
  async restore({ setup, segments }: AggregatorState): Promise<void> {
    const { disk, log, staging } = this.#deps;
    for (const [index, { sumSha256, survivors }] of segments.entries()) {
      if (sumSha256 === null || survivors === null) continue;
      const { id, valueCount: values, ringBits } = setup.segments[index]!;
      const inputs = ranksOf(survivors).map((rank) => staging.pathOf(id, setup.roster[rank]!.id));
      await restoreSum({ path: this.pathOf(id), values, ringBits, sha256: sumSha256 }, inputs, { disk, log });
    }
  }

  async #nameAttempt(): Promise<void> {
    if (this.#isNamed) return;
    await syncDirectory(dirname(this.#deps.directory), this.#deps.disk);
    this.#isNamed = true;
  }

  get #directory(): string {
    return join(this.#deps.directory, "sums");
  }

  /** What the volume does wrong is the volume's; of the files, the first that is not whole has a party's name. */
  async #blameFiles(cause: unknown, segment: SetupSegment, parties: readonly number[]): Promise<never> {
    const { disk, staging } = this.#deps;
    const wanted = segmentSizeBytes(segment);
    for (const party of isStorageError(cause) ? [] : parties) {
      const found = await disk.sizeOf(staging.pathOf(segment.id, party));
      if (found === wanted) continue;
      const message = `segment ${segment.id} of party ${party} is ${found ?? "no"} bytes, must be ${wanted}`;
      throw new PartyFileBroken(party, message, cause);
    }
    throw cause;
  }
}
