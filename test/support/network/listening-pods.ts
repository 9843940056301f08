import { kubectl } from "@tributary/clouds";
import type { ProbingPod } from "./pod-probe.ts";

/** A pod that listens and from which connections can be tried. */
export interface ListeningPod extends ProbingPod {
  /** Address of the pod. */
  readonly address: string;
}

/** What makes a pod. */
export interface PodOptions {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** An image with Node. */
  readonly image: string;
  /** Ports that it listens on. */
  readonly ports: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A pod with as few rights as the restricted level demands, that runs a script. */
export function scriptPod({ namespace, name, image, labels = {} }: Omit<PodOptions, "ports">, script: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "script",
          image,
          command: ["node", "-e", script],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}

/** Starts a pod that accepts connections on its ports, and waits until it runs. One of its name that is there goes first. */
export async function startListening(options: PodOptions): Promise<ListeningPod> {
  const { cluster, namespace, name, ports } = options;
  const script = `for (const port of ${JSON.stringify(ports)}) require("net").createServer((s) => s.end()).listen(port); setInterval(() => {}, 1e9)`;
  await deletePod({ cluster, namespace, pod: name });
  await kubectl(cluster, ["create", "-f", "-"], { input: JSON.stringify(scriptPod(options, script)) });
  await kubectl(cluster, ["wait", "-n", namespace, "--for=condition=Ready", "--timeout=60s", `pod/${name}`], {
    timeoutMs: 70_000,
  });
  const address = await kubectl(cluster, ["get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.podIP}"]);
  return { cluster, namespace, pod: name, address };
}

/** Deletes a pod, if it is there. */
export async function deletePod({ cluster, namespace, pod }: ProbingPod): Promise<void> {
  await kubectl(cluster, ["delete", "pod", pod, "-n", namespace, "--ignore-not-found", "--now"]);
}
