import type { controlV1 } from "@tributary/contracts";
import type { ServiceMethods } from "@tributary/kit";
import type { JobEngine } from "../engine/job-engine.ts";
import type { Seats } from "../party/seats.ts";
import type { RoundStore } from "../store/round-store.ts";
import { aggregatorState, type StateSources } from "./aggregator-state-view.ts";
import { roundRecord } from "./round-record.ts";

/** Longest wait of one `GetState`. */
const MAX_WAIT_MS = 30_000;
/** Most entries of one `ListRounds`. */
const MAX_RECORDS = 500;

/** The aggregator's side of the operator's contract; every call needs the operator's certificate. */
export function controlMethods(
  seats: Seats,
  engine: JobEngine,
  store: RoundStore,
  sources: StateSources,
): ServiceMethods<typeof controlV1.AggregatorService> {
  const state = () => ({ state: aggregatorState(sources) });
  return {
    async openWindow({ plan }, { peerCertificate }) {
      seats.requireOperator(peerCertificate);
      if (plan !== undefined) await engine.openWindow(plan);
      return state();
    },
    async getState({ afterRevision, waitMs }, { peerCertificate, signal }) {
      seats.requireOperator(peerCertificate);
      await engine.feed.waitBeyond(Number(afterRevision), Math.min(waitMs, MAX_WAIT_MS), signal);
      return state();
    },
    async listRounds({ from, limit }, { peerCertificate }) {
      seats.requireOperator(peerCertificate);
      const count = Math.min(limit === 0 ? MAX_RECORDS : limit, MAX_RECORDS);
      return { rounds: store.rounds.slice(from, from + count).map(roundRecord) };
    },
    async finishJob({ outcome }, { peerCertificate }) {
      seats.requireOperator(peerCertificate);
      await engine.finishJob(outcome);
      return state();
    },
  };
}
