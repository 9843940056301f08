import type { AggregatorSettings, FrozenMember } from "../render/frozen-run.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { runOf } from "./run.ts";

/**
 * Organisations of a job's participants, each once and ascending, by what its aggregator runs with: an edit of a MemberCluster changes
 * nothing of a job that runs. Undefined while a member is not known.
 */
export function organisationsOf(snapshot: JobSnapshot, settings: AggregatorSettings): readonly string[] | undefined {
  const run = runOf(snapshot, settings);
  return run && [...new Set(run.members.map(organisationOf))].sort();
}

/** The organisation that a cluster counts for on the hub: what its MemberCluster names, else its own name. */
function organisationOf({ cluster, organisation }: FrozenMember): string {
  return organisation ?? cluster;
}
