import type { MessageInitShape } from "@bufbuild/protobuf";
import type { controlV1 } from "@tributary/contracts";
import type { JobEngine } from "../engine/job-engine.ts";
import { OutputPublisher, PublishedModel, type ShownModel } from "../output/output-publisher.ts";
import type { PartyDirectory } from "../party/party-directory.ts";
import { Fitness } from "../party/seat-fitness.ts";
import type { RoundStore } from "../store/round-store.ts";

/** Where the operator's snapshot comes from. */
export interface StateSources {
  readonly jobUid: string;
  readonly sourceSha256: string;
  readonly engine: JobEngine;
  readonly parties: PartyDirectory;
  readonly store: RoundStore;
}

/** The aggregator as the operator's status shows it. */
export function aggregatorState(sources: StateSources): MessageInitShape<typeof controlV1.AggregatorStateSchema> {
  const { engine, store, jobUid } = sources;
  const view = engine.view;
  const { verdict } = view;
  const { last, best } = view.shown;
  const head = store.rounds.at(-1)?.lineSha256 ?? "";
  return {
    revision: BigInt(engine.feed.revision),
    jobUid,
    stage: view.stage,
    ...(view.window !== undefined && { window: view.window }),
    ...(view.endedWindow !== undefined && { endedWindow: view.endedWindow }),
    phase: view.phase,
    rounds: view.rounds,
    round: view.round,
    attempt: view.attempt,
    committedRounds: view.committedRounds,
    ledgerHeadSha256: Buffer.from(head, "hex"),
    parties: partyStates(sources, view.hasReported),
    convergence: {
      stop: verdict.stop,
      reason: verdict.reason,
      bestValue: verdict.bestValue === undefined ? "" : String(verdict.bestValue),
      bestRound: verdict.bestRound,
      roundsWithoutImprovement: verdict.roundsWithoutImprovement,
      ...(view.rule !== undefined && { rule: view.rule }),
    },
    ...(last !== undefined && { last: checkpoint(PublishedModel.Last, last) }),
    ...(best !== undefined && { best: checkpoint(PublishedModel.Best, best) }),
    sourceSha256: Buffer.from(sources.sourceSha256, "hex"),
    problemCode: view.problem?.code ?? "",
    problemMessage: view.problem?.message ?? "",
    deadlineMissed: view.problem?.isDeadlineMissed ?? false,
    failedRounds: view.failedRounds,
    spent: view.spent.map(({ participant, workerIndex }) => ({ participant, workerIndex })),
    outputPending: view.output.isPending,
    outputProblem: view.output.problem?.message ?? "",
  };
}

/** Parties that have joined. */
function partyStates({ parties }: StateSources, hasReported: (party: number) => boolean) {
  return parties
    .list()
    .filter(({ holder, isConnected }) => holder !== undefined && isConnected)
    .map(({ seat, heardAgoMs, clockOffsetMs, fitness, problem }) => ({
      participant: seat.participant.name,
      workerIndex: seat.workerIndex,
      heardAgoMs: BigInt(heardAgoMs),
      clockOffsetMs: BigInt(clockOffsetMs),
      reported: hasReported(seat.partyId),
      unfit: fitness === Fitness.Unfit,
      problemCode: problem?.code ?? "",
      problemMessage: problem?.message ?? "",
    }));
}

function checkpoint(model: PublishedModel, { round, sha256, metricValue }: ShownModel) {
  const path = OutputPublisher.pathOf(model);
  return { path, round, sha256: Buffer.from(sha256, "hex"), metricValue: metricValue ?? "" };
}
