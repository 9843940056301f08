import type { CloudStatus } from "./status.ts";

/** Renders the local clouds for a person: one line a cloud, and one line for each program that does not run. */
export function renderStatus(clouds: readonly CloudStatus[]): string {
  return clouds.flatMap(cloudLines).join("\n");
}

function cloudLines({ cloud, exists, nodes, components }: CloudStatus): string[] {
  if (!exists) return [`${cloud.name}: not there`];
  const [node] = nodes;
  const nodeText = node
    ? `${node.ready ? "Ready" : "NotReady"}, Kubernetes ${node.kubeletVersion}`
    : "API server does not answer";
  const gpuText = node && node.gpus > 0 ? `, ${node.gpus} fake GPUs` : "";
  const broken = components.filter(({ state }) => state !== "running").map(({ name, state }) => `  ${name}: ${state}`);
  return [`${cloud.name} (${cloud.role}, a local stand-in): ${nodeText}${gpuText}`, ...broken];
}
