import { DeterministicStream } from "../../shared/language-model/deterministic-stream.ts";
import type { TokenBatch } from "../../shared/language-model/language-model.ts";

/** A line that holds a form feed alone parts two documents in a text file. */
const documentBreak = /\r?\n?\f\r?\n?/;

/**
 * Cuts text into passages of exactly `length` tokens. A passage never spans documents; what is left at a document's end is
 * not used. The first passage of every document comes before the second of any, so that a few passages are of many documents.
 * @param encode token ids of a text
 */
export function cutPassages(text: string, length: number, encode: (text: string) => readonly number[]): Int32Array[] {
  const documents = text.split(documentBreak).map((document) => Int32Array.from(encode(document.trim())));
  const passages: Int32Array[] = [];
  const most = documents.reduce((longest, { length: tokens }) => Math.max(longest, Math.floor(tokens / length)), 0);
  for (let row = 0; row < most; row++) {
    for (const tokens of documents) {
      if ((row + 1) * length <= tokens.length) passages.push(tokens.slice(row * length, (row + 1) * length));
    }
  }
  return passages;
}

/** The passages of one worker: number i of the data set belongs to worker i mod `workers`, so that no two share any. */
export function passagesOfWorker(
  passages: readonly Int32Array[],
  workers: { readonly index: number; readonly count: number },
): Int32Array[] {
  return passages.filter((_, index) => index % workers.count === workers.index);
}

/** Puts passages of one length into one batch. */
export function batchOf(passages: readonly Int32Array[]): TokenBatch {
  const length = passages[0]?.length ?? 0;
  const ids = new Int32Array(passages.length * length);
  passages.forEach((passage, row) => {
    ids.set(passage, row * length);
  });
  return { ids, count: passages.length, length };
}

/** What a batch is drawn from, apart from the passages. */
export type BatchKey = {
  readonly seed: bigint;
  readonly participant: string;
  readonly worker: number;
  readonly round: number;
  /** Local step within the round, from 0. */
  readonly step: number;
};

/**
 * Draws the passages of one local step, with replacement, from the {@link DeterministicStream} labelled
 * `tributary/v1/batch/seed=<seed>/<participant>/<worker>/round=<round>/step=<step>`: whoever knows these can draw them again.
 * @returns `batchSize` indices below `passages`
 */
export function drawBatch(key: BatchKey, passages: number, batchSize: number): number[] {
  const { seed, participant, worker, round, step } = key;
  const stream = new DeterministicStream(
    `tributary/v1/batch/seed=${seed}/${participant}/${worker}/round=${round}/step=${step}`,
  );
  return Array.from({ length: batchSize }, () => stream.nextBelow(passages));
}
