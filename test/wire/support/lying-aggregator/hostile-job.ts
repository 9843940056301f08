import type { WireMembers } from "../members/wire-members.ts";
import { WireJob, type WireJobOptions } from "../wire-job.ts";
import { HostileHub } from "./hostile-hub.ts";

/** A masked job whose workers all have a hostile hub for their aggregator. */
export interface HostileJob {
  readonly job: WireJob;
  readonly hub: HostileHub;
}

/** Starts a masked job and its workers; resolves once all are connected. */
export async function startHostileJob(members: WireMembers, options: WireJobOptions): Promise<HostileJob> {
  const job = await WireJob.create({
    ...options,
    gateCaPems: members.caPems,
    jobConfig: () => ({ secureAggregation: { protocol: "Masking", minOrganisations: 2 } }),
  });
  await job.startAggregator();
  const hub = await HostileHub.of(job, members);
  for (const [member, count] of options.workers.entries())
    for (let index = 0; index < count; index++) await hub.addWorker(member, index);
  await job.untilState("all are connected", ({ parties }) => parties.length === hub.seats.length);
  return { job, hub };
}
