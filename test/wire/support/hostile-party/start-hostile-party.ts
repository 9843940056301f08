import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunningProcess, startProgram } from "../running-process.ts";
import type { WireJob } from "../wire-job.ts";
import { HOSTILE_CONFIG_VARIABLE, type HostileConfig, type HostileReport } from "./hostile-config.ts";

/** A hostile party that runs. */
export interface HostileParty {
  readonly process: RunningProcess;
  /** What it did, once it has done all. */
  readonly report: Promise<HostileReport>;
}

/** Starts a hostile party on the seat of a worker. */
export async function startHostileParty(
  job: WireJob,
  seat: { readonly cluster: number; readonly index: number; readonly partyId: number },
  options: Pick<HostileConfig, "seed" | "steps" | "parallel">,
): Promise<HostileParty> {
  const identity = await job.issueWorker(seat.cluster, seat.index);
  const config: HostileConfig = { ...job.links, ...identity, ...options };
  const path = join(job.directory, `hostile-${options.seed}.json`);
  await writeFile(path, JSON.stringify(config));
  const env = { [HOSTILE_CONFIG_VARIABLE]: path, TRIBUTARY_TEST_HOSTILE_PARTY: String(seat.partyId) };
  const process = await startProgram("hostile-party", { name: "hostile party", env, logPath: job.logPath });
  const report = process.ended.then(({ code, signal }) => {
    const last = process.lines.find(({ msg }) => msg === "hostile party is done");
    if (last === undefined)
      throw new Error(
        `the hostile party ended with ${code ?? signal} and no report: ${JSON.stringify(process.lines.at(-1))}`,
      );
    return last.report as HostileReport;
  });
  report.catch(() => {});
  return { process, report };
}
