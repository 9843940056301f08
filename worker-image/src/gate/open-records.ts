import { type Closers, isStorageError, type Logger, realDisk } from "@tributary/kit";
import { AuditTrail } from "./audit/audit-trail.ts";
import type { GateConfig } from "./config/gate-config.ts";
import { isLost } from "./memory/find-lost.ts";
import { GateMemory, memoryPath } from "./memory/gate-memory.ts";
import type { Holding } from "./storage/volume-hold.ts";

/** What a gate has written down: its acts, and the sums that its workers signed. */
export interface GateRecords {
  readonly trail: AuditTrail;
  readonly memory: GateMemory;
}

/**
 * Opens what the gate has written down, or begins it.
 *
 * @throws GATE_STATE_DAMAGED, STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function openRecords(
  { stateDirectory, memory: bounds }: Pick<GateConfig, "stateDirectory" | "memory">,
  { closers, log, hold }: { readonly closers: Closers; readonly log: Logger; readonly hold: Holding },
): Promise<GateRecords> {
  const directory = stateDirectory;
  const trail = await AuditTrail.open({ directory, log, hold });
  closers.add("audit trail", () => trail.close());
  const hadMemory = (await realDisk.sizeOf(memoryPath(directory))) !== undefined;
  const memory = await GateMemory.open({ directory, ...bounds, log, hold });
  closers.add("memory of sums", () => memory.close());
  const { sizeBytes } = memory;
  log.info({ auditLines: trail.head.lines, memoryBytes: sizeBytes }, "trail and memory are open");
  if (isLost(memory, trail.lastRecorded) || (!hadMemory && trail.head.lines > 0)) await tellLost(trail, log);
  return { trail, memory };
}

/** Whoever put another memory in its place may not know what it lacks, and whoever reads the trail later must. */
async function tellLost(trail: AuditTrail, log: Logger): Promise<void> {
  const lost =
    "the gate's memory lacks sums of which its audit trail tells: it was lost, or is that of an older backup, and what was signed since may be signed again with other seats; give jobs that go on from a start of that time another seed or base";
  log.error({ code: "GATE_STATE_DAMAGED" }, lost);
  // A volume that is full keeps no gate from starting: it is archived through a gate that runs. The next start tells it again.
  await trail.write({ kind: "MemoryLost", digests: {} }).catch((cause: unknown) => {
    if (!isStorageError(cause)) throw cause;
  });
}
