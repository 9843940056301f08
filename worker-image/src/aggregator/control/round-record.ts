import type { MessageInitShape } from "@bufbuild/protobuf";
import type { controlV1 } from "@tributary/contracts";
import { metricValue } from "../engine/judge-rounds.ts";
import { attemptOf, countBytes, countDropOuts, survivorsOf } from "../store/ledger-line.ts";
import type { StoredRound } from "../store/round-store.ts";

/** A ledger entry as the operator reads it. */
export function roundRecord({ line, lineSha256 }: StoredRound): MessageInitShape<typeof controlV1.RoundRecordSchema> {
  const participants: Record<string, number> = {};
  const survivors = survivorsOf(line);
  for (const { participant } of survivors) participants[participant] = (participants[participant] ?? 0) + 1;
  const metrics = Object.keys(line.metrics).map((name) => [name, String(metricValue(line, name))] as const);
  const objects = Object.entries(line.objects).map(([name, sha256]) => [name, Buffer.from(sha256, "hex")] as const);
  return {
    round: line.round,
    attempt: attemptOf(line),
    outcome: line.outcome,
    reports: survivors.length,
    dropOuts: countDropOuts(line),
    bytesUp: BigInt(countBytes(line, "up")),
    bytesDown: BigInt(countBytes(line, "down")),
    metrics: Object.fromEntries(metrics),
    startedMs: BigInt(line.startedMs),
    committedMs: BigInt(line.committedMs),
    objects: Object.fromEntries(objects),
    phase: line.phase,
    lineSha256: Buffer.from(lineSha256, "hex"),
    participants,
  };
}
