import { addGauge, type Registry } from "@tributary/kit";
import type { MemoryRoom, VolumeRoom } from "./stocks/count-stocks.ts";

/** What of a gate is measured. */
export interface ObservedGate {
  /** Of the volume of its state, as it was at the last look; `undefined` before the first. */
  readonly room: () => VolumeRoom | undefined;
  readonly auditLines: () => number;
  readonly memoryBytes: () => number;
  readonly memory: () => MemoryRoom;
}

/** Adds the series of a gate: how much it has written down, and how much more it can. */
export function observeGate(registry: Registry, gate: ObservedGate): void {
  const add = (name: string, help: string, read: () => number) =>
    addGauge(registry, `tributary_gate_${name}`, help, read);
  add(
    "volume_free_bytes",
    "Room that is left on the volume of the gate's state.",
    () => gate.room()?.freeBytes ?? Number.NaN,
  );
  add("volume_size_bytes", "Size of the volume of the gate's state.", () => gate.room()?.sizeBytes ?? Number.NaN);
  add("audit_lines", "Number of the last line of the audit trail.", () => gate.auditLines());
  add("memory_bytes", "Size of the memory of sums on the volume.", () => gate.memoryBytes());
  add(
    "memory_starts",
    "Starts that are remembered of the seat that has most, each section counted.",
    () => gate.memory().mostStarts,
  );
  add("memory_starts_limit", "Starts that are remembered of a seat at most.", () => gate.memory().startsPerSeat);
}
