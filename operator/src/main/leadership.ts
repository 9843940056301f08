import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Logger } from "@tributary/kit";
import { type LeaderElection, startLeaderElection } from "../runtime/leader/leader-election.ts";
import type { LeaseCandidate } from "../runtime/leader/lease-record.ts";
import type { HubAccess } from "./hub-access.ts";

/** Name of the operator's Lease, in its own namespace; the hub chart grants rights on this name alone. */
const leaseName = "tributary-operator";

/**
 * Names this process among the replicas. Containers of one pod run one after the other, so a lease that an earlier container
 * of the same pod left behind when it was killed is taken at once; outside a pod nothing is known of earlier processes.
 */
export function nameReplica(podName: string | undefined): LeaseCandidate {
  if (podName === undefined) return { identity: `${hostname()}_${randomUUID()}` };
  return { identity: `${podName}_${randomUUID()}`, predecessors: `${podName}_` };
}

/** Runs for the operator's lease. */
export function runForLease(hub: HubAccess, namespace: string, replica: LeaseCandidate, log: Logger): LeaderElection {
  const election = startLeaderElection({
    cluster: "hub",
    endpoint: hub.access.endpoint,
    identityProof: hub.identityProof,
    lease: { namespace, name: leaseName },
    ...replica,
    onHeld: (holder) => log.info({ holder }, "another replica leads; this one stands by"),
    onError: (message) => log.warn({ err: message, lease: `${namespace}/${leaseName}` }, "the lease could not be used"),
  });
  void election.whenLeading(election.lost).then((leads) => {
    if (leads) log.info({ replica: replica.identity, token: election.fence.token() }, "this replica leads");
  });
  return election;
}
