import type { Closers, Logger } from "@tributary/kit";
import { AuditTrail } from "./audit/audit-trail.ts";
import type { GateConfig } from "./config/gate-config.ts";
import { GateMemory } from "./memory/gate-memory.ts";
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
  { stateDirectory, memory: { startsPerSeat } }: Pick<GateConfig, "stateDirectory" | "memory">,
  { closers, log, hold }: { readonly closers: Closers; readonly log: Logger; readonly hold: Holding },
): Promise<GateRecords> {
  const directory = stateDirectory;
  const trail = await AuditTrail.open({ directory, log, hold });
  closers.add("audit trail", () => trail.close());
  const memory = await GateMemory.open({ directory, startsPerSeat, log, hold });
  closers.add("memory of sums", () => memory.close());
  const { sizeBytes } = memory;
  log.info({ auditLines: trail.head.lines, memoryBytes: sizeBytes }, "trail and memory are open");
  return { trail, memory };
}
