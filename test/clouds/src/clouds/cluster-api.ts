import { runCommand } from "../command.ts";
import { kubeconfigPath } from "../control-plane/credentials.ts";
import type { CloudLayout } from "./cloud.ts";

/** What `kubectl` needs to reach one cluster. */
export interface ClusterAccess {
  readonly name: string;
  readonly kubeconfigPath: string;
  /** Path of kubectl, or its name when it is on the PATH. */
  readonly kubectlPath: string;
}

/** Runs kubectl against one cluster and returns its output; `input` goes to its standard input. */
export function runKubectl(
  access: ClusterAccess,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<string> {
  return runCommand(access.kubectlPath, ["--kubeconfig", access.kubeconfigPath, ...args], options);
}

/** A node as far as the clouds look at it. */
export interface NodeView {
  readonly name: string;
  readonly ready: boolean;
  readonly kubeletVersion: string;
  /** Allocatable `nvidia.com/gpu`. */
  readonly gpus: number;
}

/** Reads the nodes of a cluster. */
export async function readNodes(access: ClusterAccess): Promise<NodeView[]> {
  const list = JSON.parse(await runKubectl(access, ["get", "nodes", "-o", "json"], { timeoutMs: 15_000 }));
  return list.items.map(viewNode);
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo: { readonly kubeletVersion: string };
    readonly allocatable?: Readonly<Record<string, string>>;
  };
}

/** Reads from a Node object what `NodeView` holds. */
export function viewNode(node: NodeObject): NodeView {
  return {
    name: node.metadata.name,
    ready: (node.status.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True"),
    kubeletVersion: node.status.nodeInfo.kubeletVersion,
    gpus: Number(node.status.allocatable?.["nvidia.com/gpu"] ?? 0),
  };
}

/** How to reach a local cloud as its admin. */
export function accessOf(layout: CloudLayout, kubectlPath: string): ClusterAccess {
  return { name: layout.cloud.name, kubeconfigPath: kubeconfigPath(layout.controlPlane, "admin"), kubectlPath };
}
