import { type FederatedTrainingJob, Reason } from "@tributary/contracts";
import { catalogue, Gauge, type Registry } from "@tributary/kit";

/** Reasons that a label may hold. A cause that a process of a member left says what it likes, and labels stay bounded. */
const knownReasons: ReadonlySet<string> = new Set([
  ...Object.values(Reason),
  ...Object.values(catalogue).map(({ reason }) => reason),
]);

/** Registers the series of the jobs; they are read from the jobs' statuses at each scrape. Call once per registry. */
export function registerJobMetrics(
  registry: Registry,
  jobs: () => Iterable<Pick<FederatedTrainingJob, "status">>,
): void {
  const gauge = new Gauge({
    name: "tributary_job_conditions",
    help: "Jobs whose status has this condition.",
    labelNames: ["condition", "status", "reason"],
    registers: [registry],
    collect() {
      gauge.reset();
      for (const { status } of jobs())
        for (const { type, status: holds, reason } of status?.conditions ?? [])
          gauge.inc({ condition: type, status: holds, reason: knownReasons.has(reason) ? reason : "Other" });
    },
  });
}
