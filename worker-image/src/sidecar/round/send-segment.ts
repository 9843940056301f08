import {
  asTributaryError,
  catalogue,
  type ErrorCode,
  isStorageError,
  isTributaryError,
  type Logger,
  retry,
  TributaryError,
} from "@tributary/kit";
import { damagedFile, hasDigest } from "../wire/own-file.ts";
import type { RemoteFile, TensorClient } from "../wire/tensor-client.ts";

/** A segment of a report on its way to the aggregator. */
export interface SegmentUpload {
  readonly segment: number;
  /** Where its file lies. */
  readonly path: string;
  /** Where it goes, and the digest that was promised. */
  readonly to: RemoteFile;
  /** The tensor wire of the present session. */
  readonly tensors: () => TensorClient;
  /** Makes the file again from what the report was made of; throws when that gives other bytes. */
  readonly rebuild: () => Promise<void>;
  /** Told of bytes as they leave. */
  readonly onSent: (bytes: number) => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** The aggregator takes other bytes for a segment, or another shape: no later try in the attempt ends otherwise. */
const REFUSED: readonly ErrorCode[] = ["MESSAGE_CONFLICT", "REPORT_REFUSED"];

/** Times that the aggregator may find another digest than that of a file which is whole here. */
const MISMATCHES = 4;

/** Whether an upload that ended so is over for the attempt, and with it the report. */
export function endsReport({ code }: TributaryError): boolean {
  return REFUSED.includes(code) || code === "CHECKSUM_MISMATCH";
}

/**
 * Sends a segment until the aggregator has it. The file is not digested before, which would cost as much as sending it; when it turns out
 * to be damaged it is made again, once.
 *
 * @throws MESSAGE_CONFLICT, REPORT_REFUSED or CHECKSUM_MISMATCH naming the segment, STORAGE_FULL or STORAGE_UNAVAILABLE naming the own
 * volume: then this worker cannot report; the signal's reason when it aborts.
 */
export async function sendSegment(upload: SegmentUpload): Promise<void> {
  try {
    await sendUntilTaken(upload).catch(async (cause: unknown) => {
      if (!isStorageError(cause) || (await isIntact(upload))) throw cause;
      await mend(upload, cause);
      await sendUntilTaken(upload);
    });
  } catch (cause) {
    throw namingSegment(upload.segment, cause);
  }
}

async function sendUntilTaken(upload: SegmentUpload): Promise<void> {
  const { path, to, tensors, onSent, signal, log } = upload;
  let mismatches = 0;
  let isAgain = false;
  const send = async () => {
    try {
      const sending = tensors().send(path, to, { signal, onSent, isAgain });
      isAgain = true;
      await sending;
    } catch (cause) {
      if (!isTributaryError(cause, "CHECKSUM_MISMATCH")) throw cause;
      mismatches += 1;
      // TLS guards the bytes on their way: the same wrong ones would be read and sent again.
      if (!(await isIntact(upload))) throw damagedFile(path, `it has another digest than ${to.sha256}`, cause);
      throw cause;
    }
  };
  await retry(send, {
    signal,
    isRetriable: (error) =>
      error.code === "CHECKSUM_MISMATCH"
        ? mismatches < MISMATCHES
        : error.code !== "ROUND_NOT_OPEN" && !REFUSED.includes(error.code) && !isStorageError(error),
    onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
  });
}

function isIntact({ path, to }: SegmentUpload): Promise<boolean> {
  return hasDigest(path, to.sha256);
}

async function mend({ segment, path, rebuild, signal, log }: SegmentUpload, damage: TributaryError): Promise<void> {
  signal.throwIfAborted();
  log.warn({ segment, err: damage }, "a file of the report is damaged and is made again");
  try {
    await rebuild();
  } catch (cause) {
    signal.throwIfAborted();
    if (isStorageError(cause)) throw cause;
    throw damagedFile(path, `and cannot be made again (${asTributaryError(cause).code})`, cause);
  }
}

/** Says which segment was refused, and what for, to whoever reads of it at the hub. */
function namingSegment(segment: number, cause: unknown): unknown {
  const error = asTributaryError(cause);
  if (!endsReport(error)) return cause;
  const message = `segment ${segment} of the report was refused: ${catalogue[error.code].publicMessage}`;
  return new TributaryError(error.code, message, { cause });
}
