import type { ControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { inParallel } from "@tributary/kit";
import { connectCluster, type KubeObject } from "@tributary/operator";

/** Makes an object of each index below `count`, sixteen at once. */
export function makeEach(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
  const indexes = Array.from({ length: count }, (_none, index) => index);
  return inParallel(indexes, 16, async (index) => void (await make(index)));
}

/** A pod of the size that a training worker has: about 5 KiB of JSON with what the API server adds. */
function podOf(index: number): KubeObject {
  const env = Array.from({ length: 20 }, (_, entry) => ({
    name: `VARIABLE_${entry}`,
    value: `value-${entry}-of-a-worker`,
  }));
  const probe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 10 };
  const container = (name: string) => ({
    name,
    image: `registry.example/tributary/${name}@sha256:${"0".repeat(64)}`,
    args: ["--job", "bench", "--index", String(index)],
    env,
    livenessProbe: probe,
    readinessProbe: probe,
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
  });
  return {
    metadata: {
      name: `worker-${String(index).padStart(6, "0")}`,
      namespace: "default",
      labels: { "tributary.dev/job-uid": `job-${index % 100}`, "tributary.dev/component": "worker" },
      annotations: { "example.dev/note": "x".repeat(256) },
    },
    spec: { containers: [container("trainer"), container("sidecar")], restartPolicy: "Never" },
  } as KubeObject;
}

/** Creates that many pods; without a scheduler they stay pending. */
export async function seedPods(cluster: ControlPlane, count: number): Promise<void> {
  const link = connectCluster(cluster.kubeconfig, { cluster: "seed" });
  await makeEach(count, (index) => link.client.create(Kinds.Pod, podOf(index), { deadlineMs: 120_000 }));
  await link.close();
}

/** Creates that many small ConfigMaps. */
export async function seedConfigMaps(cluster: ControlPlane, count: number): Promise<void> {
  const link = connectCluster(cluster.kubeconfig, { cluster: "seed" });
  const object = (index: number) =>
    ({ metadata: { name: `object-${index}`, namespace: "default" }, data: { value: String(index) } }) as KubeObject;
  await makeEach(count, (index) => link.client.create(Kinds.ConfigMap, object(index), { deadlineMs: 120_000 }));
  await link.close();
}
