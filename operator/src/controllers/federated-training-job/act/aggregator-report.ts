import { controlV1, cutText } from "@tributary/contracts";
import { catalogue, isErrorCode } from "@tributary/kit";
import type {
  AggregatorReport,
  CheckpointReport,
  LedgerTotals,
  Problem,
  RoundReport,
  StopRule,
  WindowPlan,
  WindowTerms,
  WorkerName,
} from "../snapshot.ts";

const stages: Readonly<Record<controlV1.Stage, string>> = {
  [controlV1.Stage.UNSPECIFIED]: "Idle",
  [controlV1.Stage.IDLE]: "Idle",
  [controlV1.Stage.SELECTING]: "Selecting",
  [controlV1.Stage.SHARING]: "Sharing",
  [controlV1.Stage.TRAINING]: "Training",
  [controlV1.Stage.COLLECTING]: "Collecting",
  [controlV1.Stage.UNMASKING]: "Unmasking",
  [controlV1.Stage.COMMITTING]: "Committing",
};

/** A stage as statuses print it. */
export function describeStage(stage: controlV1.Stage): string {
  return stages[stage] ?? "Idle";
}

/** The aggregator's state in plain values. */
export function toReport(
  state: controlV1.AggregatorState,
  history: readonly RoundReport[],
  totals: LedgerTotals,
): AggregatorReport {
  const { window, endedWindow, convergence } = state;
  const problem = toProblem(state.problemCode, state.problemMessage);
  const best = toCheckpoint(state.best);
  const last = toCheckpoint(state.last);
  return {
    stage: describeStage(state.stage),
    ...(state.phase === "" ? {} : { phase: cutText(state.phase, 32) }),
    ...(window === undefined ? {} : { window: toWindow(window) }),
    ...(endedWindow === undefined ? {} : { endedWindow: toWindow(endedWindow) }),
    round: state.round,
    attempt: state.attempt,
    rounds: state.rounds,
    committedRounds: state.committedRounds,
    failedRounds: state.failedRounds,
    parties: state.parties.map((party) => {
      const partyProblem = toProblem(party.problemCode, party.problemMessage);
      return {
        participant: party.participant,
        workerIndex: party.workerIndex,
        heardAgoMs: Number(party.heardAgoMs),
        clockOffsetMs: Number(party.clockOffsetMs),
        ...(party.unfit && { isUnfit: true }),
        ...(partyProblem === undefined ? {} : { problem: partyProblem }),
      };
    }),
    verdict: {
      stop: convergence?.stop ?? false,
      reason: convergence?.reason ?? "",
      best: convergence?.bestValue ?? "",
      bestRound: convergence?.bestRound ?? 0,
      roundsWithoutImprovement: convergence?.roundsWithoutImprovement ?? 0,
      ...(convergence?.rule === undefined ? {} : { rule: toRule(convergence.rule) }),
    },
    ...(best === undefined ? {} : { best }),
    ...(last === undefined ? {} : { last }),
    sourceSha256: toHex(state.sourceSha256),
    ...(problem === undefined ? {} : { problem }),
    isDeadlineMissed: state.deadlineMissed,
    ...(state.spent.length === 0 ? {} : { spent: state.spent.map(toWorkerName) }),
    output: {
      isPending: state.outputPending,
      ...(state.outputProblem === "" ? {} : { problem: state.outputProblem }),
    },
    history,
    totals,
  };
}

/** A ledger entry in plain values. */
export function toRoundReport(record: controlV1.RoundRecord): RoundReport {
  return {
    round: record.round,
    outcome: record.outcome,
    reports: record.reports,
    dropOuts: record.dropOuts,
    bytesUp: Number(record.bytesUp),
    bytesDown: Number(record.bytesDown),
    metrics: record.metrics,
    startedMs: Number(record.startedMs),
    committedMs: Number(record.committedMs),
    modelSha256: toHex(record.objects.model ?? new Uint8Array()),
    lineSha256: toHex(record.lineSha256),
  };
}

function toWindow(window: controlV1.WindowPlan): WindowPlan {
  const { from, through, attempt, evaluateOnly } = window;
  return { from, through, attempt, evaluateOnly, terms: toTerms(window) };
}

function toTerms({ quorum, deadlineMs, localSteps, convergence }: controlV1.WindowPlan): WindowTerms {
  return { quorum, deadlineMs: Number(deadlineMs), localSteps, ...toRule(convergence) };
}

function toRule(rule: Partial<controlV1.ConvergenceRule> = {}): StopRule {
  const { metric = "", mode = "", target = "", patience = 0, minDelta = "", maxRounds = 0 } = rule;
  return { maxRounds, convergence: { metric, mode, target, patience, minDelta } };
}

function toProblem(code: string, message: string): Problem | undefined {
  if (code === "") return undefined;
  return { reason: isErrorCode(code) ? catalogue[code].reason : "Unknown", message };
}

function toWorkerName({ participant, workerIndex }: controlV1.WorkerName): WorkerName {
  return { participant, workerIndex };
}

function toCheckpoint(checkpoint: controlV1.Checkpoint | undefined): CheckpointReport | undefined {
  if (checkpoint === undefined) return undefined;
  return {
    path: checkpoint.path,
    round: checkpoint.round,
    sha256: toHex(checkpoint.sha256),
    metric: checkpoint.metricValue,
  };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
