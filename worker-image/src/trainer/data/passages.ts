import { DeterministicStream } from "../../shared/language-model/deterministic-stream.ts";
import type { TokenBatch } from "../../shared/language-model/language-model.ts";

/** Where the tokens of a document lie among those of its file. */
export type DocumentTokens = { readonly start: number; readonly count: number };

/**
 * Where a worker's passages of `length` tokens begin. A passage never spans documents; what is left at a document's end is not
 * used. The first passage of every document comes before the second of any, so that a few passages are of many documents; number
 * i of them belongs to worker i mod `worker.count`, so that no two share any.
 */
export function placePassages(
  documents: readonly DocumentTokens[],
  length: number,
  worker: { readonly index: number; readonly count: number },
): number[] {
  const places: number[] = [];
  let number = 0;
  let going = documents.filter(({ count }) => count >= length);
  for (let row = 0; going.length > 0; row++) {
    for (const { start } of going) {
      if (number % worker.count === worker.index) places.push(start + row * length);
      number += 1;
    }
    going = going.filter(({ count }) => count >= (row + 2) * length);
  }
  return places;
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
