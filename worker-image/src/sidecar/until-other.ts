import type { RegisteredTrainer } from "../shared/trainer/registered-trainer.ts";
import type { AttestedChain } from "./gate/attestation.ts";

/** What the aggregator is told of a worker that may change while it is joined. */
export interface ToldWorker {
  readonly trainer: RegisteredTrainer | undefined;
  readonly chain: AttestedChain | undefined;
}

/** Where news of a worker come from. */
export interface NewsOf {
  readonly registry: {
    readonly trainer: RegisteredTrainer | undefined;
    otherThan(known: RegisteredTrainer | undefined, signal: AbortSignal): Promise<unknown>;
  };
  /** `undefined` where no gate attests. */
  readonly attestation:
    | {
        readonly chain: AttestedChain | undefined;
        otherThan(known: AttestedChain | undefined, signal: AbortSignal): Promise<unknown>;
      }
    | undefined;
}

/** The worker as it is now. */
export function presentWorker({ registry, attestation }: NewsOf): ToldWorker {
  return { trainer: registry.trainer, chain: attestation?.chain };
}

/** Whether the aggregator is to be told of a worker again. */
export function isOther(told: ToldWorker, present: ToldWorker): boolean {
  return told.trainer !== present.trainer || told.chain !== present.chain;
}

/** Resolves with the worker as it is once its trainer or its chain is another than was told; rejects when the signal aborts. */
export async function untilOther(told: ToldWorker, news: NewsOf, signal: AbortSignal): Promise<ToldWorker> {
  const heard = new AbortController();
  const either = AbortSignal.any([signal, heard.signal]);
  const waits = [news.registry.otherThan(told.trainer, either)];
  if (news.attestation !== undefined) waits.push(news.attestation.otherThan(told.chain, either));
  try {
    await Promise.race(waits);
    return presentWorker(news);
  } finally {
    heard.abort(new Error("heard of the other"));
    await Promise.allSettled(waits);
  }
}
