import { TributaryError } from "@tributary/kit";
import type { CallContext } from "../api/api-error.ts";

/** Proof of leading that every write is checked against. */
export interface LeadershipFence {
  /** True while leading is proved. */
  isLeading(): boolean;
  /** Number that grows with every change of leader; 0 before the first. For writes that another party compares. */
  token(): number;
  /**
   * Passes while leading is proved.
   *
   * @throws TributaryError LEADERSHIP_LOST
   */
  assertLeading(): void;
}

/** The proof in memory shared by threads: `[valid until, in ns of process.hrtime; token]`. */
export type SharedProof = BigInt64Array<SharedArrayBuffer>;

/** Makes a proof that proves nothing yet. */
export function createSharedProof(): SharedProof {
  return new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT));
}

/** Writes a proof that holds for `forMs` from now. */
export function prove(proof: SharedProof, token: number, forMs: number, nowNs: bigint): void {
  Atomics.store(proof, 1, BigInt(token));
  Atomics.store(proof, 0, nowNs + BigInt(Math.round(forMs * 1e6)));
}

/** Ends a proof at once. */
export function disprove(proof: SharedProof): void {
  Atomics.store(proof, 0, 0n);
}

/**
 * Reads a proof. `hrtime` is the same clock in all threads and goes on while the process is stopped (SIGSTOP), so a
 * process that wakes up after its lease was taken finds its proof over before it can write.
 */
export function readFence(proof: SharedProof, nowNs: () => bigint = process.hrtime.bigint): LeadershipFence {
  const isLeading = () => Atomics.load(proof, 0) > nowNs();
  return {
    isLeading,
    token: () => Number(Atomics.load(proof, 1)),
    assertLeading() {
      if (isLeading()) return;
      throw new TributaryError(
        "LEADERSHIP_LOST",
        "this replica does not lead: its lease is not proved; let the leader write",
        {
          details: { reason: "LeadershipLost", remedy: "nothing: the replica ends and starts again as a candidate" },
        },
      );
    },
  };
}

const readingVerbs = new Set(["get", "list", "watch"]);

/**
 * The `admit` of a connection that lets a write pass only while leading; reads pass always. It is asked also when the request goes out, so
 * that a write which waited for a connection, or whose process stood still, is not sent by a replica that leads no more.
 */
export function admitWhileLeading(fence: LeadershipFence): (context: CallContext) => void {
  return ({ verb }) => {
    if (!readingVerbs.has(verb)) fence.assertLeading();
  };
}
