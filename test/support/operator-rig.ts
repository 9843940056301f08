import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { createLogger } from "@tributary/kit";
import {
  kubeconfigHubAccess,
  nameReplica,
  type OperatorConfiguration,
  runForLease,
  runOperator,
} from "@tributary/operator";
import type { Manifest } from "./a-job.ts";

const root = join(import.meta.dirname, "../..");
const plurals = ["federatedtrainingjobs", "memberclusters", "trainingrounds"];

/** A hub and members, each a real API server without nodes, and an operator that can be stopped and started. */
export interface OperatorRig {
  readonly hub: ControlPlane;
  readonly members: Readonly<Record<string, ControlPlane>>;
  /**
   * Starts the operator as the hub's admin, or as whom a kubeconfig says, with other settings where `changes` has them; it
   * runs in this process.
   */
  startOperator(kubeconfig?: string, changes?: Partial<OperatorConfiguration>): void;
  /** Stops it and waits until it ended. */
  stopOperator(): Promise<void>;
  /** Registers a member with a kubeconfig. */
  register(name: string, kubeconfig: string, namespaces?: readonly { hub: string; member: string }[]): Promise<void>;
  /** One field of the job by JSONPath. */
  read(path: string, name?: string): Promise<string>;
  close(): Promise<void>;
}

/** The operator's settings in the rig. */
export const rigConfiguration: OperatorConfiguration = {
  version: 1,
  hubId: "rig",
  operatorNamespace: "tributary-system",
  advertisedAddress: "127.0.0.1",
  reachByNodePort: true,
  aggregator: { image: "dataplane:1", imagePullPolicy: "IfNotPresent", dataVolumeSize: "1Gi", memoryLimit: "512Mi" },
  ports: { health: 0, metrics: 0 },
};

/** A pod template as a member's admin writes it, for the runtime `noop`. */
export const noopTemplate: Manifest = {
  apiVersion: "v1",
  kind: "PodTemplate",
  metadata: { name: "noop", namespace: "jobs", labels: { "tributary.dev/runtime": "noop" } },
  template: {
    metadata: { labels: { team: "ml" } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      initContainers: [{ name: "sidecar", image: "dataplane:1", restartPolicy: "Always" }],
      containers: [{ name: "trainer", image: "trainer:1" }],
      volumes: [{ name: "tributary-parameters", configMap: { name: "set-by-hub" } }],
    },
  },
};

/** Starts the API servers, installs the CRDs, the namespaces and the claims. */
export async function createOperatorRig(
  memberNames: readonly string[],
  hubFlags: readonly string[] = [],
): Promise<OperatorRig> {
  const [hub, ...started] = await Promise.all(
    ["hub", ...memberNames].map((name, index) =>
      startControlPlane({ name, controllerManager: true, apiServerFlags: index === 0 ? hubFlags : [] }),
    ),
  );
  if (hub === undefined) throw new Error("the hub did not start");
  const members = Object.fromEntries(memberNames.map((name, index) => [name, started[index] as ControlPlane]));
  for (const plural of plurals)
    await hub.kubectl(["apply", "--server-side", "-f", "-"], readFileSync(join(root, `crds/${plural}.yaml`), "utf8"));
  await hub.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  await hub.kubectl(["create", "namespace", rigConfiguration.operatorNamespace]);
  await apply(hub, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "models", namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  for (const member of Object.values(members)) {
    await member.kubectl(["create", "namespace", "jobs"]);
    await apply(member, noopTemplate);
  }
  const log = createLogger("operator", process.env.TRIBUTARY_LOG_LEVEL ?? "silent");
  let running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  const stopOperator = async (): Promise<void> => {
    running?.stop.abort();
    await running?.ended;
    running = undefined;
  };
  return {
    hub,
    members,
    startOperator(kubeconfig = hub.kubeconfig, changes = {}) {
      const stop = new AbortController();
      const access = kubeconfigHubAccess(kubeconfig);
      const replica = nameReplica(undefined);
      const election = runForLease(access, rigConfiguration.operatorNamespace, replica, log);
      const configuration = { ...rigConfiguration, ...changes };
      const options = { hub: access, configuration, election, instance: replica.identity, log };
      running = { stop, ended: runOperator(options, stop.signal) };
    },
    stopOperator,
    async register(name, kubeconfig, namespaces = [{ hub: "default", member: "jobs" }]) {
      const data = { kubeconfig: Buffer.from(kubeconfig).toString("base64") };
      await apply(hub, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `member-${name}`, namespace: rigConfiguration.operatorNamespace },
        data,
      });
      const spec = {
        access: { kubeconfig: { secretName: `member-${name}` } },
        namespaces,
        gate: { caBundle: hub.authorityPem },
      };
      await apply(hub, { apiVersion: "tributary.dev/v1alpha1", kind: "MemberCluster", metadata: { name }, spec });
    },
    read: (path, name = "clinic-notes") => hub.kubectl(["get", "ftj", name, "-o", `jsonpath=${path}`]),
    async close() {
      await stopOperator();
      await Promise.all([hub, ...started].map((plane) => plane.stop()));
    },
  };
}

/** Applies a manifest as the cluster's admin. */
export async function apply(plane: ControlPlane, manifest: Manifest): Promise<void> {
  await plane.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(manifest));
}
