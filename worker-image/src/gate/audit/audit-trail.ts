import type { AuditEvent, AuditHead, AuditLine } from "@tributary/contracts";
import {
  asTributaryError,
  type Clock,
  type Disk,
  type Logger,
  realDisk,
  systemClock,
  type TributaryError,
} from "@tributary/kit";
import { AppendLog } from "../storage/append-log.ts";
import type { Holding } from "../storage/volume-hold.ts";
import { AuditContent, type AuditRecord } from "./audit-content.ts";
import { auditNumbers, auditPath } from "./audit-files.ts";
import { lineBeforeNewest, requireEnd } from "./line-before.ts";

/** What a trail is opened with. */
export interface AuditTrailOptions {
  /** Folder of the files `audit-000001.log` and on. */
  readonly directory: string;
  readonly log: Logger;
  /** Size from which on a file is followed by another one; 16 MiB by default. */
  readonly fileBytes?: number;
  readonly clock?: Clock;
  /** Whether the volume is still this process's; left out where nobody else can have it. */
  readonly hold?: Holding;
  /** The machine's by default. */
  readonly disk?: Disk;
}

const FILE_BYTES = 2 ** 24;

/**
 * The trail of what the gate does: lines that chain on from each other, over files of a size, of which the gate removes none. Whoever acts
 * writes first; when the volume is full the write fails, and with it the act.
 */
export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #content: AuditContent;
  #file: AppendLog<AuditRecord>;
  #number: number;
  #turningOver: Promise<void> | undefined;
  /** Why the next file could not be begun; none once it was. */
  #turnProblem: TributaryError | undefined;

  private constructor(
    options: AuditTrailOptions,
    content: AuditContent,
    opened: { readonly file: AppendLog<AuditRecord>; readonly number: number },
  ) {
    this.#options = options;
    this.#content = content;
    this.#file = opened.file;
    this.#number = opened.number;
  }

  /**
   * Opens the trail of a folder, or begins one. The newest file is read and compared with the end of the one before; the others are compared
   * when somebody asks for it.
   *
   * @throws GATE_STATE_DAMAGED naming place or line; STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  static async open(options: AuditTrailOptions): Promise<AuditTrail> {
    const { directory, disk = realDisk } = options;
    const numbers = await auditNumbers(directory, disk);
    const number = numbers.at(-1) ?? 1;
    const files = { directory, numbers, disk };
    const content = new AuditContent(await lineBeforeNewest(files));
    const file = await openFile(options, content, number);
    try {
      requireEnd(files, content.head);
    } catch (cause) {
      await file.close();
      throw cause;
    }
    return new AuditTrail(options, content, { file, number });
  }

  /** The last durable line. */
  get head(): AuditHead {
    return this.#content.head;
  }

  /** The last line of the newest file that tells of a sum; none after one that says that the memory was lost. */
  get lastRecorded(): AuditLine | undefined {
    return this.#content.lastRecorded;
  }

  /** Why no act can be written down, as the last one found it; `undefined` while the volume takes lines. */
  get problem(): TributaryError | undefined {
    return this.#turnProblem ?? this.#file.problem;
  }

  /** Whether only a gate that opens the trail anew may go on with it. */
  get isBroken(): boolean {
    return this.#file.isBroken;
  }

  /** Tries whether the volume takes lines again after one that failed; writes none. Never rejects. */
  async mend(): Promise<void> {
    if (this.#turnProblem === undefined) return this.#file.mend();
    await this.#makeRoom().catch(() => {});
  }

  /**
   * Writes an act down, durably before it resolves; acts that are written at once are made durable together.
   *
   * @throws STORAGE_FULL, STORAGE_UNAVAILABLE: the act must not be done.
   */
  async write(event: AuditEvent): Promise<void> {
    const { clock = systemClock } = this.#options;
    await this.#makeRoom();
    await this.#file.append({ event, timeMs: clock.nowMs() });
  }

  /** Closes the file; writes under way are over before. */
  close(): Promise<void> {
    return this.#file.close();
  }

  /** A file that is full is followed by the next one. */
  async #makeRoom(): Promise<void> {
    const { fileBytes = FILE_BYTES } = this.#options;
    while (this.#turningOver !== undefined || this.#file.sizeBytes >= fileBytes) {
      this.#turningOver ??= this.#turnOver().finally(() => {
        this.#turningOver = undefined;
      });
      await this.#turningOver;
    }
  }

  /** What goes on into the file that is full is durable before the next one begins: its first line follows the last of them. */
  async #turnOver(): Promise<void> {
    await this.#file.settled();
    const next = await openFile(this.#options, this.#content, this.#number + 1).catch((cause: unknown) => {
      this.#turnProblem = asTributaryError(cause);
      throw cause;
    });
    this.#turnProblem = undefined;
    const former = this.#file;
    this.#number++;
    this.#file = next;
    await former.close();
  }
}

function openFile(
  { directory, ...options }: AuditTrailOptions,
  content: AuditContent,
  number: number,
): Promise<AppendLog<AuditRecord>> {
  return AppendLog.open({ ...options, path: auditPath(directory, number), content });
}
