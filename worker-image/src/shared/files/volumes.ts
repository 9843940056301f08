import type { Environment, Volume } from "@tributary/kit";

/** Where the operator mounts the claims that a job names. */
const CLAIM_FOLDER = /\/claims\/([^/]+)/u;

/** The volumes of a job's aggregator. */
export function aggregatorVolumes(
  { data, output }: { readonly data: string; readonly output: string },
  { HOSTNAME }: Environment,
): Volume[] {
  const claim = HOSTNAME === undefined || HOSTNAME === "" ? "the data claim" : `claim data-${HOSTNAME}`;
  const outputClaim = CLAIM_FOLDER.exec(output)?.[1];
  return [
    {
      path: data,
      name: `${claim} of the job's aggregator, mounted at ${data},`,
      remedy:
        "enlarge the claim (later jobs: aggregator.dataVolumeSize of the hub chart); rounds go on once there is room",
    },
    {
      path: output,
      name: `${outputClaim === undefined ? "the output claim" : `claim ${outputClaim}`} (spec.output.persistentVolumeClaim), mounted at ${output},`,
      remedy: "free space on it or enlarge it; what is missing is written once there is room",
    },
  ];
}

/** The volumes of a worker: its sidecar has the shared one and one in memory, its trainer the shared one and the data set's. */
export function workerVolumes(paths: {
  readonly volume: string;
  readonly memory?: string;
  readonly dataset?: string;
}): Volume[] {
  const shared: Volume = {
    path: paths.volume,
    name: `the volume that sidecar and trainer of this worker share (an emptyDir of the runtime's PodTemplate, mounted at ${paths.volume})`,
    remedy: "the member's admin raises volumeSize of the runtime in the member chart",
  };
  const volumes = [shared];
  if (paths.memory !== undefined)
    volumes.push({
      path: paths.memory,
      name: `the sidecar's memory volume (an emptyDir of the runtime's PodTemplate, mounted at ${paths.memory})`,
      remedy: "the member's admin raises sidecar.memoryDirectorySize of the member chart",
    });
  if (paths.dataset !== undefined)
    volumes.push({
      path: paths.dataset,
      name: `the volume of the data set (of the runtime's PodTemplate, mounted at ${paths.dataset})`,
      remedy: "free space on it or enlarge it",
    });
  return volumes;
}

/** What a gate writes: its state, and its CA where no Secret holds it. In a cluster both lie on one claim. */
export function gateVolumes({ state, ca }: { readonly state: string; readonly ca: string }): Volume[] {
  const archive = "archive the audit trail (docs/reference/audit.md), or enlarge the claim";
  return [
    { path: state, name: `the volume of the gate's state, mounted at ${state},`, remedy: archive },
    { path: ca, name: `the volume of the gate's CA, mounted at ${ca},`, remedy: "free space on it or enlarge it" },
  ];
}
