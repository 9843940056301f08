import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import {
  type AggregatorState,
  isMasked,
  type MaskKey,
  type RoundSetup,
  ranksOf,
  SegmentStage,
  type SetupSegment,
  segmentSizeBytes,
  toHex,
} from "@tributary/federated";
import {
  allEnded,
  type Disk,
  isStorageError,
  type Logger,
  syncDirectory,
  syncFile,
  TributaryError,
} from "@tributary/kit";
import { RunningTag } from "../../../shared/files/piece-tag.ts";
import type { SegmentStaging } from "../../wire/segment-staging.ts";
import { restoreSum, sumDamaged, verifySum } from "./recorded-sum.ts";
import { sumSegments } from "./segment-sum.ts";
import { SumRange } from "./sum-range.ts";

/** What the sums of an attempt are made with. */
export interface SumDeps {
  /** Directory of the attempt. */
  readonly directory: string;
  /** Makes durable what else there is of the attempt, together with its first sums. */
  readonly keepRecord: () => Promise<void>;
  readonly disk: Disk;
  readonly log: Logger;
  readonly staging: SegmentStaging;
}

/** A sum that was announced: of how many parties, and the digest of its masked bytes. */
export interface AnnouncedSum {
  readonly parties: number;
  readonly sumSha256: Uint8Array;
}

/** A staged file that is not what its party sent. */
export interface BrokenFile {
  readonly party: number;
  /** Says to people which file it is, and what is wrong with it. */
  readonly message: string;
}

/** Staged files that are not what their parties sent: the volume did what it was asked, and lost or changed bytes. */
export class PartyFilesBroken extends TributaryError {
  readonly files: readonly BrokenFile[];

  constructor(files: readonly BrokenFile[], cause?: unknown) {
    super("REPORT_REFUSED", files.map(({ message }) => message).join("; "), { cause });
    this.files = files;
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

  /** Path of a segment's sum once it is open: without masks it is as it was announced. */
  openedPathOf(setup: RoundSetup, segment: number): string {
    return isMasked(setup) ? join(this.#directory, `${segment}.opened.bin`) : this.pathOf(segment);
  }

  /** Makes the folder of the sums. */
  async prepare(): Promise<void> {
    await this.#deps.disk.mkdir(this.#directory);
  }

  /**
   * Adds the staged segments of exactly these parties. Their bytes are compared with what was staged as they pass; until all have, the
   * sum is a file that nothing names.
   *
   * @returns SHA-256 of the sum's bytes, which are on their way to the disk: {@link AttemptSums.makeDurable} waits for them.
   * @throws PartyFilesBroken for staged files that are not what was staged; STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  async add(setup: RoundSetup, segment: number, parties: readonly number[]): Promise<Uint8Array> {
    const { disk, log } = this.#deps;
    const entry = setup.segments.find(({ id }) => id === segment)!;
    // A sum of the same segment that was given up: what its sync lost would not be told of again.
    await this.#flushes.get(segment);
    await this.#requireSizes(entry, parties);
    const sha256 = await this.#addChecked(entry, parties);
    log.debug({ segment, parties: parties.length }, "segment summed");
    // The disk writes one sum while the next one is computed; durable point 1 waits for all, and fails with any.
    const flush = syncFile(this.pathOf(segment), disk);
    flush.catch(() => {});
    this.#flushes.set(segment, flush);
    return sha256;
  }

  /**
   * Takes the masks out of an announced sum, into a file of its own: done again, after a crash or with other shares, it gives the same bytes.
   *
   * @param keys signs are those of removal.
   * @returns SHA-256 of the opened sum's bytes, which are durable.
   * @throws SUM_DAMAGED when the announced sum is not what was announced, or what comes out is no sum of so many parties' values: one of
   * them masked otherwise than it said, and nobody can tell which.
   */
  async open(
    setup: RoundSetup,
    segment: number,
    announced: AnnouncedSum,
    keys: readonly MaskKey[],
  ): Promise<Uint8Array> {
    const { disk } = this.#deps;
    const entry = setup.segments.find(({ id }) => id === segment)!;
    const { valueCount: values, ringBits } = entry;
    const path = this.openedPathOf(setup, segment);
    const read = createHash("sha256");
    const range = new SumRange(entry, announced.parties);
    const options = {
      disk,
      masks: keys,
      onRead: (_: number, bytes: Uint8Array) => void read.update(bytes),
      onSummed: (packed: Uint8Array, count: number) => range.check(packed, count),
    };
    const sha256 = await sumSegments([this.pathOf(segment)], { values, ringBits }, path, options);
    const found = read.digest("hex");
    if (found !== toHex(announced.sumSha256))
      throw sumDamaged(this.pathOf(segment), `of digest ${found}`, `of ${toHex(announced.sumSha256)}`);
    await allEnded([syncFile(path, disk), syncDirectory(this.#directory, disk)]);
    return sha256;
  }

  /** Makes sums durable, and their names and the attempt's; the state that is written next syncs the attempt's folder itself. */
  async makeDurable(segments: readonly number[]): Promise<void> {
    if (segments.length === 0) return;
    const { disk } = this.#deps;
    // The disk makes one commit of what it is asked for together.
    await allEnded([
      ...segments.map((segment) => this.#flushes.get(segment) ?? syncFile(this.pathOf(segment), disk)),
      syncDirectory(this.#directory, disk),
      this.#nameAttempt(),
    ]);
    for (const segment of segments) this.#flushes.delete(segment);
  }

  /** The sums that durable point 1 recorded are what is unmasked and committed: each must be what its digest says, else SUM_DAMAGED. */
  async restore({ setup, segments }: AggregatorState): Promise<void> {
    const { disk, log, staging } = this.#deps;
    for (const [index, { stage, sumSha256, survivors }] of segments.entries()) {
      if (sumSha256 === null || survivors === null) continue;
      const { id, valueCount: values, ringBits } = setup.segments[index]!;
      if (isMasked(setup) && stage === SegmentStage.Opened) {
        await verifySum({ path: this.openedPathOf(setup, id), values, ringBits, sha256: sumSha256 }, disk);
        continue;
      }
      const inputs = ranksOf(survivors).map((rank) => staging.pathOf(id, setup.roster[rank]!.id));
      await restoreSum({ path: this.pathOf(id), values, ringBits, sha256: sumSha256 }, inputs, { disk, log });
    }
  }

  async #nameAttempt(): Promise<void> {
    if (this.#isNamed) return;
    const { directory, keepRecord, disk } = this.#deps;
    await allEnded([keepRecord(), syncDirectory(dirname(directory), disk)]);
    this.#isNamed = true;
  }

  get #directory(): string {
    return join(this.#deps.directory, "sums");
  }

  async #addChecked(entry: SetupSegment, parties: readonly number[]): Promise<Uint8Array> {
    const { disk, staging } = this.#deps;
    const inputs = parties.map((party) => ({ party, path: staging.pathOf(entry.id, party), tag: new RunningTag() }));
    const paths = inputs.map(({ path }) => path);
    const shape = { values: entry.valueCount, ringBits: entry.ringBits };
    const onRead = (input: number, bytes: Uint8Array) => void inputs[input]!.tag.update(bytes);
    const sha256 = await sumSegments(paths, shape, this.pathOf(entry.id), { disk, onRead }).catch(async (cause) => {
      // What the volume does wrong is the volume's; a file that was cut while it was read has a party's name.
      if (!isStorageError(cause)) await this.#requireSizes(entry, parties, cause);
      throw cause;
    });
    const changed = inputs.filter(({ party, tag }) => staging.tagOf(entry.id, party)?.equals(tag.digest()) !== true);
    if (changed.length === 0) return sha256;
    throw new PartyFilesBroken(
      changed.map(({ party }) => brokenFile(entry, party, "holds other bytes than were staged")),
    );
  }

  async #requireSizes(entry: SetupSegment, parties: readonly number[], cause?: unknown): Promise<void> {
    const { disk, staging } = this.#deps;
    const wanted = segmentSizeBytes(entry);
    const sizes = await Promise.all(parties.map((party) => disk.sizeOf(staging.pathOf(entry.id, party))));
    const broken = parties.flatMap((party, index) =>
      sizes[index] === wanted ? [] : [brokenFile(entry, party, `is ${sizes[index] ?? "no"} bytes, must be ${wanted}`)],
    );
    if (broken.length > 0) throw new PartyFilesBroken(broken, cause);
  }
}

function brokenFile({ id }: SetupSegment, party: number, what: string): BrokenFile {
  const message = `on the aggregator's volume segment ${id} of party ${party} ${what}; the party is out of this attempt`;
  return { party, message };
}
