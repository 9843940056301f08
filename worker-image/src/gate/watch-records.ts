import type { Clock, Closers, Logger, Registry } from "@tributary/kit";
import { mendRecords } from "./mend-records.ts";
import { observeGate } from "./observe-gate.ts";
import type { GateRecords } from "./open-records.ts";
import { runBeside } from "./run-beside.ts";
import { readRoom, stocksOf, type VolumeRoom } from "./stocks/count-stocks.ts";
import { StockWatch } from "./stocks/stock-watch.ts";
import type { Holding } from "./storage/volume-hold.ts";

/** What watching needs. */
export interface RecordsPlace {
  readonly records: GateRecords;
  readonly directory: string;
  readonly startsPerSeat: number;
  readonly hold: Holding;
  readonly registry: Registry;
  readonly closers: Closers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells in log and metrics how much room the gate has left, and sees that the volume is still its own, until the closers close. */
export function watchRecords(place: RecordsPlace): void {
  const { records, directory, startsPerSeat, hold, registry, closers, clock, log } = place;
  const { trail, memory } = records;
  let room: VolumeRoom | undefined;
  const memoryRoom = () => ({ mostStarts: memory.mostStarts, startsPerSeat });
  observeGate(registry, {
    room: () => room,
    auditLines: () => trail.head.lines,
    memoryBytes: () => memory.sizeBytes,
    memory: memoryRoom,
  });
  const count = async () => {
    await hold.requireHeld();
    room = await readRoom(directory);
    return stocksOf(room, memoryRoom());
  };
  runBeside(closers, "mending of the records", (signal) => mendRecords([trail, memory], { clock, log }, signal));
  const watch = new StockWatch({ count, clock, log });
  runBeside(closers, "watch of the volume", (signal) => watch.run(signal));
}
