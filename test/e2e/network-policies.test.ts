import { kubectl, type RunningCluster, status, toStandardError, up } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { eventually } from "../support/eventually.ts";
import { deletePod, type ListeningPod, scriptPod, startListening } from "../support/network/listening-pods.ts";
import { asksByUdp, type ProbingPod, tcpScript, tryFromPod } from "../support/network/pod-probe.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { installNoopStack } from "../support/stack/noop-stack.ts";

const reason = whyNoClouds();
if (reason !== undefined) toStandardError(`network policies on real networks: ${reason}`);

const { gateNamespace, hubNamespace, jobNamespace, operatorNamespace } = stackNames;
const nodePort = 30_480;

describe.skipIf(reason !== undefined)("the charts' network policies, as clusters enforce them", () => {
  let image: string;
  let hub: RunningCluster;
  let member: RunningCluster;
  let isLocal: boolean;
  let pods: Record<"worker" | "otherWorker" | "stranger" | "bystander" | "aggregator", ListeningPod>;
  let gate: ProbingPod & { readonly service: string; readonly ports: readonly number[] };
  let operator: ProbingPod;

  beforeAll(async () => {
    const { clusters, images } = await installNoopStack(toStandardError);
    hub = clusters.hub;
    member = clusters.members[0]!;
    isLocal = clusters.local;
    image = images.get("dataplane")!.reference;
    const start = (cluster: string, namespace: string, name: string, ports = [8080]) =>
      startListening({ cluster, namespace, name, image, ports });
    const [worker, otherWorker, stranger, bystander, aggregator] = await Promise.all([
      start(member.name, jobNamespace, "probing-worker"),
      start(member.name, jobNamespace, "other-worker"),
      start(member.name, "default", "stranger"),
      start(member.name, "default", "bystander"),
      startListening({
        cluster: hub.name,
        namespace: hubNamespace,
        name: "probed-aggregator",
        image,
        ports: [8443, 8444, 8080],
        labels: { "tributary.dev/component": "aggregator", "tributary.dev/probed": "yes" },
      }),
    ]);
    pods = { worker, otherWorker, stranger, bystander, aggregator };
    await exposeAggregator();
    gate = {
      cluster: member.name,
      namespace: gateNamespace,
      pod: "deployment/tributary-gate",
      ...(await gateService()),
    };
    operator = { cluster: hub.name, namespace: operatorNamespace, pod: "deployment/tributary-operator" };
  });

  afterAll(async () => {
    if (pods === undefined) return;
    await Promise.all(Object.values(pods).map(deletePod));
    await kubectl(hub.name, ["delete", "service", "probed-aggregator", "-n", hubNamespace, "--ignore-not-found"]);
  });

  async function exposeAggregator(): Promise<void> {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "probed-aggregator", namespace: hubNamespace },
      spec: { type: "NodePort", selector: { "tributary.dev/probed": "yes" }, ports: [{ port: 8443, nodePort }] },
    };
    await kubectl(hub.name, ["apply", "-f", "-"], { input: JSON.stringify(service) });
  }

  async function gateService(): Promise<{ service: string; ports: number[] }> {
    const text = await kubectl(member.name, ["get", "service", "tributary-gate", "-n", gateNamespace, "-o", "json"]);
    const { clusterIP, ports } = JSON.parse(text).spec;
    return { service: clusterIP, ports: ports.map(({ port }: { port: number }) => port) };
  }

  async function restartGate(): Promise<void> {
    const inNamespace = [gate.pod, "-n", gateNamespace];
    await kubectl(member.name, ["rollout", "restart", ...inNamespace]);
    await kubectl(member.name, ["rollout", "status", ...inNamespace, "--timeout=120s"], { timeoutMs: 150_000 });
  }

  /** Everything that a pod without policy reaches, and a worker must not. */
  const forbiddenToWorkers = () => ({
    "API server": `${addressOf(member)}:6443`,
    kubelet: `${addressOf(member)}:10250`,
    DNS: `${addressOf(member)}:53`,
    "a pod of another namespace": `${pods.bystander.address}:8080`,
    "the hub's API server": `${addressOf(hub)}:6443`,
    "the hub's DNS": `${addressOf(hub)}:53`,
    "an aggregator past its node port": `${pods.aggregator.address}:8443`,
  });

  const gatePorts = () => Object.fromEntries(gate.ports.map((port) => [`gate ${port}`, `${gate.service}:${port}`]));
  const all = (targets: object, how: string) => Object.fromEntries(Object.keys(targets).map((name) => [name, how]));

  it("let a worker reach its gate and the hub's node ports", async () => {
    expect(gate.ports).toContain(8445);
    const targets = { ...gatePorts(), aggregator: `${addressOf(hub)}:${nodePort}` };
    await eventually("a worker reaches all that it may", async () => {
      expect(await tryFromPod(pods.worker, targets)).toEqual(all(targets, "open"));
      return true;
    });
  });

  it("let a worker reach nothing else, all of which is open to a pod without policy", async () => {
    const targets = forbiddenToWorkers();
    expect(await tryFromPod(pods.stranger, targets)).toEqual(all(targets, "open"));
    expect(await tryFromPod(pods.worker, { ...targets, "another worker": `${pods.otherWorker.address}:8080` })).toEqual(
      {
        ...all(targets, "silent"),
        "another worker": "silent",
      },
    );
  });

  it("let a worker resolve no names, over UDP either", async () => {
    expect(await asksByUdp(pods.stranger, addressOf(member))).toBe(true);
    expect(await asksByUdp(pods.worker, addressOf(member))).toBe(false);
  });

  it("bind a worker from its first packet", async () => {
    const name = "hasty-worker";
    const targets = Object.fromEntries(
      Array.from({ length: 3 }, (_, index) => [`try ${index}`, `${addressOf(member)}:53`]),
    );
    const pod = { cluster: member.name, namespace: jobNamespace, pod: name };
    await deletePod(pod);
    const manifest = scriptPod({ cluster: member.name, namespace: jobNamespace, name, image }, tcpScript(targets));
    await kubectl(member.name, ["create", "-f", "-"], { input: JSON.stringify(manifest) });
    await kubectl(
      member.name,
      ["wait", "-n", jobNamespace, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s", `pod/${name}`],
      { timeoutMs: 70_000 },
    );
    expect(JSON.parse(await kubectl(member.name, ["logs", name, "-n", jobNamespace]))).toEqual(all(targets, "silent"));
    await deletePod(pod);
  });

  it("let nobody but workers reach the gate", async () => {
    expect(await tryFromPod(pods.stranger, gatePorts())).toEqual(all(gatePorts(), "silent"));
  });

  it("let the gate reach the API server and nothing else", async () => {
    const targets = { DNS: `${addressOf(member)}:53`, pod: `${pods.bystander.address}:8080` };
    expect(await tryFromPod(gate, { API: `${addressOf(member)}:6443`, ...targets })).toEqual({
      API: "open",
      ...all(targets, "silent"),
    });
  });

  it("let the operator call aggregators where they take calls, and nowhere else", async () => {
    const { address } = pods.aggregator;
    const targets = { calls: `${address}:8443`, tensors: `${address}:8444`, other: `${address}:8080` };
    expect(await tryFromPod(operator, targets)).toEqual({ calls: "open", tensors: "silent", other: "silent" });
  });

  it("are seen by a gate that starts to be enforced", async () => {
    await restartGate();
    // From the new gate itself: the ConfigMap may still have what the former one wrote.
    const script = "fetch('http://127.0.0.1:9092/metrics').then((r) => r.text()).then(console.log)";
    const read = () => kubectl(member.name, ["exec", "-n", gateNamespace, gate.pod, "--", "node", "-e", script]);
    const value = await eventually("the gate knows whether its policy is enforced", async () => {
      const [, found] = /^tributary_gate_egress_enforced (.+)$/mu.exec(await read()) ?? [];
      return found === "-1" ? undefined : found;
    });
    expect(value).toBe("1");
    await eventually("the gate has published it", async () => {
      const path = ["configmap", "tributary-gate-identity", "-n", gateNamespace];
      const text = await kubectl(member.name, ["get", ...path, "-o", "jsonpath={.data.network\\.json}"]);
      expect(JSON.parse(text).egressEnforced).toMatchObject({ status: "True", reason: "ForbiddenBlocked" });
      return true;
    });
  });

  it("hold while the program that enforces them is down: nothing new opens until it is back", async () => {
    if (!isLocal) return;
    const cloud = (await status()).find((seen) => seen.cloud.name === member.name);
    const program = cloud?.components.find(({ name }) => name === "kube-network-policies");
    process.kill(program!.pid!, "SIGKILL");
    const targets = { ...gatePorts(), ...forbiddenToWorkers() };
    expect(await tryFromPod(pods.worker, targets)).toEqual(all(targets, "silent"));
    await up();
    expect(await tryFromPod(pods.worker, gatePorts())).toEqual(all(gatePorts(), "open"));
  });
});

/** Address of a local cloud's node, or of the API server of another. */
function addressOf({ nodeAddress, url }: RunningCluster): string {
  return nodeAddress ?? new URL(url).hostname;
}
