import type { controlV1 } from "@tributary/contracts";
import type { Clock, ServiceMethods } from "@tributary/kit";
import type { JobEngine } from "../engine/job-engine.ts";
import type { Seats } from "../party/seats.ts";
import type { RoundStore } from "../store/round-store.ts";
import { aggregatorState, type StateSources } from "./aggregator-state-view.ts";
import { roundRecord } from "./round-record.ts";

/** Longest wait of one `GetState`. */
const MAX_WAIT_MS = 30_000;
/** Least time between two answers to long polls: a party that makes news all the time is no load on whoever follows the job. */
const PACE_MS = 50;
/** Most entries of one `ListRounds`. */
const MAX_RECORDS = 500;

/** The aggregator's side of the operator's contract; every call needs the operator's certificate. */
export function controlMethods(
  seats: Seats,
  engine: JobEngine,
  store: RoundStore,
  sources: StateSources,
  clock: Clock,
): ServiceMethods<typeof controlV1.AggregatorService> {
  const state = () => ({ state: aggregatorState(sources) });
  let answeredMs = Number.NEGATIVE_INFINITY;
  return {
    async openWindow({ plan }, { peerCertificate }) {
      seats.requireOperator(peerCertificate);
      if (plan !== undefined) await engine.openWindow(plan);
      return state();
    },
    async getState({ afterRevision, waitMs }, { peerCertificate, signal }) {
      seats.requireOperator(peerCertificate);
      await engine.feed.waitBeyond(Number(afterRevision), Math.min(waitMs, MAX_WAIT_MS), signal);
      const paceMs = answeredMs + PACE_MS - clock.monotonicMs();
      // The first news after a silence is told at once.
      if (waitMs > 0 && paceMs > 0) await clock.sleep(paceMs, signal).catch(() => {});
      if (waitMs > 0) answeredMs = clock.monotonicMs();
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
