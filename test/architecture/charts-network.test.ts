import { jobLabels } from "@tributary/operator";
import {
  type Connection,
  hubValues,
  isConnectionAllowed,
  memberValues,
  type NetworkEnd,
  type RenderedObject,
  renderChart,
} from "@tributary/test";
import { beforeAll, describe, expect, it } from "vitest";

let policies: { hub: RenderedObject[]; member: RenderedObject[] };
let pods: { operator: NetworkEnd; gate: NetworkEnd; worker: NetworkEnd };

beforeAll(async () => {
  const release = "tributary";
  const metricsFrom = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }];
  const hub = await renderChart({ chart: "tributary-hub", release, namespace: "tributary-system", values: hubValues });
  const member = await renderChart({
    chart: "tributary-member",
    release,
    namespace: "tributary-gate",
    values: { ...memberValues, networkPolicy: { metricsFrom, apiServer: { cidrs: ["192.0.2.1/32"] } } },
  });
  policies = { hub: only(hub, "NetworkPolicy"), member: only(member, "NetworkPolicy") };
  pods = {
    operator: podOf("tributary-system", only(hub, "Deployment")[0]!.spec.template),
    gate: podOf("tributary-gate", only(member, "Deployment")[0]!.spec.template),
    worker: podOf("tributary-jobs", only(member, "PodTemplate")[0]!.template),
  };
});

const only = (objects: readonly RenderedObject[], kind: string) => objects.filter((object) => object.kind === kind);

/** A pod with the labels that its template gives it, so that a policy that selects others fails here. */
function podOf(namespace: string, template: { metadata: { labels: Record<string, string> } }): NetworkEnd {
  return { namespace, labels: template.metadata.labels };
}

/** The aggregator's pod, as the operator makes it. */
function aggregatorOf(namespace: string): NetworkEnd {
  return { namespace, labels: jobLabels({ metadata: { name: "notes", uid: "1" } } as never, "aggregator") };
}

const aPod = (namespace: string, labels: Record<string, string> = {}): NetworkEnd => ({ namespace, labels });
const dns = aPod("kube-system", { "k8s-app": "kube-dns" });

type Case = [sentence: string, connection: () => Connection, want: boolean];

describe("network policies of a member", () => {
  const hubNode = { ip: "192.0.2.10" };
  const cases: Case[] = [
    ["a worker enrols at the gate", () => ({ from: pods.worker, to: pods.gate, port: 8445 }), true],
    ["a worker asks the gate about rounds", () => ({ from: pods.worker, to: pods.gate, port: 8446 }), true],
    ["a worker reaches an aggregator at the hub", () => ({ from: pods.worker, to: hubNode, port: 30_443 }), true],
    ["a worker reaches nothing else of the hub", () => ({ from: pods.worker, to: hubNode, port: 6443 }), false],
    ["a worker reaches no other address", () => ({ from: pods.worker, to: { ip: "198.51.100.7" }, port: 443 }), false],
    ["a worker reaches no API server", () => ({ from: pods.worker, to: { ip: "192.0.2.1" }, port: 443 }), false],
    ["a worker resolves no names", () => ({ from: pods.worker, to: dns, port: 53, protocol: "UDP" }), false],
    ["a worker reaches no other worker", () => ({ from: pods.worker, to: pods.worker, port: 8443 }), false],
    [
      "a pod of the job namespace is closed whatever its labels are",
      () => ({ from: aPod("tributary-jobs", { a: "b" }), to: { ip: "198.51.100.7" }, port: 443 }),
      false,
    ],
    [
      "a worker reaches nothing that calls itself the gate elsewhere",
      () => ({
        from: pods.worker,
        to: aPod("elsewhere", (pods.gate as { labels: Record<string, string> }).labels),
        port: 8445,
      }),
      false,
    ],
    ["others do not reach the gate", () => ({ from: aPod("default"), to: pods.gate, port: 8445 }), false],
    ["others do not ask the gate", () => ({ from: aPod("default"), to: pods.gate, port: 8446 }), false],
    ["workers do not scrape the gate", () => ({ from: pods.worker, to: pods.gate, port: 9092 }), false],
    ["monitoring scrapes the gate", () => ({ from: aPod("monitoring"), to: pods.gate, port: 9092 }), true],
    ["monitoring scrapes a sidecar", () => ({ from: aPod("monitoring"), to: pods.worker, port: 9091 }), true],
    ["monitoring enters a worker nowhere else", () => ({ from: aPod("monitoring"), to: pods.worker, port: 80 }), false],
    ["the gate asks the API server", () => ({ from: pods.gate, to: { ip: "192.0.2.1" }, port: 6443 }), true],
    ["the gate reaches no other address", () => ({ from: pods.gate, to: { ip: "198.51.100.7" }, port: 443 }), false],
  ];
  it.each(cases)("%s", (_sentence, connection, want) => {
    expect(isConnectionAllowed(policies.member, connection())).toBe(want);
  });
});

describe("network policies of the hub", () => {
  const aggregator = aPod("research", { "tributary.dev/component": "aggregator" });
  const cases: Case[] = [
    ["the operator resolves names", () => ({ from: pods.operator, to: dns, port: 53, protocol: "UDP" }), true],
    [
      "the operator asks members' API servers",
      () => ({ from: pods.operator, to: { ip: "198.51.100.7" }, port: 6443 }),
      true,
    ],
    [
      "the operator calls aggregators in any namespace",
      () => ({ from: pods.operator, to: aggregator, port: 8443 }),
      true,
    ],
    ["the operator reaches no tensors", () => ({ from: pods.operator, to: aggregator, port: 8444 }), false],
    ["the operator reaches no other pod", () => ({ from: pods.operator, to: aPod("research"), port: 8443 }), false],
    ["the operator sends no mail", () => ({ from: pods.operator, to: { ip: "198.51.100.7" }, port: 25 }), false],
    [
      "nobody scrapes the operator unless named",
      () => ({ from: aPod("monitoring"), to: pods.operator, port: 8080 }),
      false,
    ],
  ];
  it.each(cases)("%s", (_sentence, connection, want) => {
    expect(isConnectionAllowed(policies.hub, connection())).toBe(want);
  });
});

describe("network policies of aggregators", () => {
  const values = { jobNamespaces: ["research"] };
  const monitoring = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }];
  const render = async (more: object) => {
    const chart = { chart: "tributary-hub", release: "tributary", namespace: "tributary-system" };
    return only(await renderChart({ ...chart, values: { ...hubValues, ...more } }), "NetworkPolicy");
  };
  const own = aggregatorOf("research");
  const anywhere = { ip: "198.51.100.7" };
  const cases: Case[] = [
    ["a worker calls from anywhere", () => ({ from: anywhere, to: own, port: 8443 }), true],
    ["a worker sends its report from anywhere", () => ({ from: anywhere, to: own, port: 8444 }), true],
    ["the operator calls", () => ({ from: pods.operator, to: own, port: 8443 }), true],
    ["nobody comes in elsewhere", () => ({ from: aPod("research"), to: own, port: 8080 }), false],
    ["others do not scrape it", () => ({ from: aPod("research"), to: own, port: 9090 }), false],
    ["monitoring scrapes it", () => ({ from: aPod("monitoring"), to: own, port: 9090 }), true],
    ["it reaches no address", () => ({ from: own, to: anywhere, port: 443 }), false],
    ["it reaches no other aggregator", () => ({ from: own, to: own, port: 8443 }), false],
    ["it resolves no names", () => ({ from: own, to: dns, port: 53, protocol: "UDP" }), false],
    ["other pods of the namespace stay as they are", () => ({ from: aPod("research"), to: anywhere, port: 443 }), true],
  ];
  it.each(cases)("%s", async (_sentence, connection, want) => {
    const policies = await render({ ...values, networkPolicy: { metricsFrom: monitoring } });
    expect(isConnectionAllowed(policies, connection())).toBe(want);
  });

  it("are made in the namespaces that are named, and nowhere while all may have jobs or no policies are wanted", async () => {
    const placesOf = async (more: object) =>
      (await render(more)).map(({ metadata }) => metadata.namespace).filter((name) => name !== "tributary-system");
    expect(await placesOf({ jobNamespaces: ["a", "b"] })).toEqual(["a", "b"]);
    expect(await placesOf({})).toEqual([]);
    expect(await placesOf({ ...values, networkPolicy: { enabled: false } })).toEqual([]);
  });
});
