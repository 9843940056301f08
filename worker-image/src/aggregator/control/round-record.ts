import type { MessageInitShape } from "@bufbuild/protobuf";
import type { controlV1 } from "@tributary/contracts";
import { metricValue } from "../engine/judge-rounds.ts";
import type { StoredRound } from "../store/round-store.ts";

/** A ledger entry as the operator reads it. */
export function roundRecord({ line, lineSha256 }: StoredRound): MessageInitShape<typeof controlV1.RoundRecordSchema> {
  const participants: Record<string, number> = {};
  for (const { participant } of line.survivors) participants[participant] = (participants[participant] ?? 0) + 1;
  const metrics = Object.keys(line.metrics).map((name) => [name, String(metricValue(line, name))] as const);
  return {
    round: line.round,
    attempt: line.attempt,
    outcome: line.outcome,
    reports: line.survivors.length,
    dropOuts: line.dropOuts,
    bytesUp: BigInt(line.bytesUp),
    bytesDown: BigInt(line.bytesDown),
    metrics: Object.fromEntries(metrics),
    startedMs: BigInt(line.startedMs),
    committedMs: BigInt(line.committedMs),
    modelSha256: Buffer.from(line.modelSha256, "hex"),
    lineSha256: Buffer.from(lineSha256, "hex"),
    participants,
  };
}
