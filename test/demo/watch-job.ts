import type { JobObject } from "../support/stack/run-job.ts";

/** One line a change: phase, round, stage, metric, bytes, clusters. */
export function describeJob(job: JobObject): string {
  const { status = {} } = job;
  const clusters = (status.clusters ?? []).map(
    (one: { participant: string; state: string; ready: number }) => `${one.participant} ${one.state} (${one.ready})`,
  );
  return [
    (status.phase ?? "Pending").padEnd(10),
    `round ${status.round?.summary ?? "-"}`.padEnd(12),
    (status.round?.stage ?? "").padEnd(11),
    `loss ${status.convergence?.last ?? "-"}`.padEnd(14),
    `up ${mib(status.bytes?.up)}  down ${mib(status.bytes?.down)}`.padEnd(32),
    clusters.join(", "),
    status.phase === "Rejected" || status.phase === "Placing" ? `  ${status.reason ?? ""}` : "",
  ].join(" ");
}

function mib(bytes: number | undefined): string {
  return `${((bytes ?? 0) / 2 ** 20).toFixed(1)} MiB`;
}

/** Prints each line once, with the seconds since the start. */
export function createWatcher(print: (line: string) => void): (job: JobObject) => void {
  const started = performance.now();
  let last = "";
  return (job) => {
    const line = describeJob(job);
    if (line === last) return;
    last = line;
    print(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}`);
  };
}
