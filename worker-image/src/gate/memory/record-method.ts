import type { AuditDigests, AuditEvent, gateV1 } from "@tributary/contracts";
import { DATA_NAME_BYTES } from "@tributary/federated";
import { isTributaryError } from "@tributary/kit";
import type { WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import { type AskedRecord, checkRecord } from "./check-record.ts";
import type { RepeatPolicy } from "./decide-sum.ts";
import { hexOf, sha256 } from "./digests.ts";
import type { StartSums } from "./gate-memory.ts";

/** Who asks, as its certificates say. */
export interface RecordCaller {
  readonly worker: WorkerIdentity;
  /** Data name of its seat, 36 bytes. */
  readonly dataName: Uint8Array;
}

/** What recording works with. */
export interface RecordDeps {
  readonly memory: { record(asked: StartSums, policy: RepeatPolicy): Promise<void> };
  readonly audit: { write(event: AuditEvent): Promise<void> };
}

/**
 * Remembers the survivors of which a worker is about to sign that they are in a sum: all sections of the request or none. What it answers is
 * durable, in the memory and then in the trail; a sum that the trail did not take is remembered and not signed, and may be asked for again.
 *
 * @returns an empty refusal, or why the worker must not sign: then, with a sum that was signed before, this one would single somebody out
 * @throws MESSAGE_INVALID naming the field; GATE_MEMORY_FULL; STORAGE_FULL, STORAGE_UNAVAILABLE, GATE_STATE_DAMAGED.
 */
export async function recordSum(
  { memory, audit }: RecordDeps,
  caller: RecordCaller,
  request: gateV1.RecordRequest,
  policy: RepeatPolicy,
): Promise<{ readonly refusal: string }> {
  if (caller.dataName.length !== DATA_NAME_BYTES)
    throw new RangeError(`a data name of ${caller.dataName.length} bytes, must be ${DATA_NAME_BYTES}`);
  const asked = checkRecord(request);
  const { startSha256, sums } = asked;
  const round = roundOf(caller, asked);
  try {
    await memory.record({ seat: caller.dataName, startSha256, sums }, policy);
  } catch (error) {
    if (isTributaryError(error, "GATE_MEMORY_FULL"))
      await audit.write({ kind: "Refused", ...round, code: error.code, reason: error.message });
    if (!isTributaryError(error, "DIFFERENCE_OF_JOBS")) throw error;
    await audit.write({ kind: "Refused", ...round, code: error.code, reason: String(error.details.why) });
    return { refusal: error.message };
  }
  await audit.write({ kind: "Recorded", ...round, bytes: asked.sentBytes });
  return { refusal: "" };
}

function roundOf({ worker, dataName }: RecordCaller, { line, attempt, ...asked }: AskedRecord) {
  const sets = asked.sums.map(({ section, dataNames }) => [`survivors.${section}`, hexOf(sha256(dataNames))]);
  const digests: AuditDigests = {
    start: hexOf(asked.startSha256),
    work: hexOf(asked.workSha256),
    seat: hexOf(sha256(dataName)),
    ...Object.fromEntries(sets),
  };
  return { job: worker.jobUid, participant: worker.participant, worker: worker.workerIndex, line, attempt, digests };
}
