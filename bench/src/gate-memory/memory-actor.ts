import { createHash } from "node:crypto";
import { createLogger } from "@tributary/kit";
import { GateMemory } from "@tributary/worker-image";

/** What one process of this benchmark does: `fill` makes the memory of a seat, `open` opens what is there. */
export interface MemoryTask {
  readonly task: "fill" | "open";
  readonly directory: string;
  readonly starts: number;
  readonly parties: number;
}

/** What it measured; latencies of `fill` alone. */
export interface MemoryFigures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly fileBytes: number;
  /** Resident memory that the open memory takes, garbage collected before. */
  readonly residentBytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const task = JSON.parse(process.argv[2]!) as MemoryTask;
const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
const names = Array.from({ length: task.parties }, (_, seat) =>
  Buffer.concat([digest(`seat ${seat}`), Buffer.alloc(4)]),
);
const sorted = names.toSorted(Buffer.compare);

/** Survivors of a start: all of the parties, and of each eighth start one of them is missing. */
function survivorsOf(start: number): Uint8Array {
  const missing = start % 8 === 0 ? (start / 8) % task.parties : -1;
  return Buffer.concat(sorted.filter((_, index) => index !== missing));
}

function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

const log = createLogger("bench", "warn");
// What the process takes for its first files is not the memory's.
const empty = await GateMemory.open({
  directory: `${task.directory}/empty`,
  startsPerSeat: 1,
  bytesPerSeat: 2 ** 40,
  log,
});
await empty.close();
const before = resident();
const startedCpu = process.cpuUsage();
const startedMs = performance.now();
const memory = await GateMemory.open({
  directory: task.directory,
  startsPerSeat: task.starts,
  bytesPerSeat: 2 ** 40,
  log,
});
const times: number[] = [];
if (task.task === "fill") {
  for (let start = 0; start < task.starts; start++) {
    const fromMs = performance.now();
    const sum = { section: "update", dataNames: survivorsOf(start), workSha256: digest("work"), threshold: 3 };
    await memory.record(
      { seat: names[0]!, startSha256: digest(`start ${start}`), sums: [sum] },
      { repeatedStarts: "Refuse" },
    );
    times.push(performance.now() - fromMs);
  }
}
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(startedCpu);
const ordered = times.sort((a, b) => a - b);
const figures: MemoryFigures = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  fileBytes: memory.sizeBytes,
  residentBytes: resident() - before,
  p50Ms: ordered[Math.floor(ordered.length * 0.5)] ?? 0,
  p99Ms: ordered[Math.floor(ordered.length * 0.99)] ?? 0,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await memory.close();
