import type { AggregatorContext, RoundSetup, SegmentResult } from "@tributary/federated";
import type { Disk, ErrorCode, Logger } from "@tributary/kit";
import type { CrashSimulator } from "../../../shared/crash-point.ts";

/** How an attempt ended. */
export type RunOutcome =
  | { readonly kind: "Summed"; readonly results: readonly SegmentResult[] }
  | { readonly kind: "Failed"; readonly code: ErrorCode; readonly message: string };

/** What an attempt needs from outside. */
export interface RunDeps {
  readonly context: AggregatorContext;
  readonly log: Logger;
  readonly crash: CrashSimulator;
  /** Directory of the attempt: state, staged segments, sums. */
  readonly directory: string;
  /** Makes durable what else there is of the attempt, together with its first sums. */
  readonly keepRecord: () => Promise<void>;
  /**
   * Makes durable of whom a masked sum is that is about to be announced, beside the state: whatever the disk does to that, nobody else may be
   * asked to sign a sum of its start.
   */
  readonly keepAnnounced: (parties: readonly number[], setup: Pick<RoundSetup, "threshold">) => Promise<void>;
  /** Sends a message of the protocol to a party or to the whole roster. */
  readonly send: (to: number | "all", message: Uint8Array) => void;
  /** Told of a party whose message was refused. */
  readonly refused: (party: number, reason: string, detail: string) => void;
  /** Told of a party whose staged bytes broke on the disk: it is out of the attempt as far as nothing was announced. */
  readonly dropped: (party: number, detail: string) => void;
  /** Told of a segment whose sum is open, once in this process. */
  readonly opened: (segment: number) => void;
  /** Told when what the state shows has changed. */
  readonly changed: () => void;
  /** The machine's by default. */
  readonly disk?: Disk;
}
