import { describe, expect, it } from "vitest";
import { comparePod } from "./compare-pod.ts";
import type { Injected } from "./injected.ts";
import { aRuntime, aWorkerPod } from "./testing/a-worker-pod.ts";
import { nothingInjected } from "./testing/nothing-injected.ts";
import { type SingleChange, singleChanges } from "./testing/single-changes.ts";

type Change = SingleChange["change"];

/** Where the pod differs; empty for nowhere. */
function differenceOf(pod: Change, runtime: Change = () => {}, injected: Partial<Injected> = {}): string {
  return comparePod(aWorkerPod(pod), aRuntime(runtime), { ...nothingInjected, ...injected })?.path ?? "";
}

/** Places of the pod that the cluster or the hub writes: all that may change alone, with how. */
const explained: readonly RegExp[] = [
  // The Job controller: the index, from label or annotation, and the host's name.
  /^gone spec\.(initC|c)ontainers\.0\.env\.(10|2)(\.valueFrom\.fieldRef\.apiVersion)?$/u,
  /^gone spec\.hostname$/u,
  /^(gone|other) metadata\.labels\.(batch\.kubernetes\.io\/)?controller-uid$/u,
  /^(gone|other) metadata\.labels\.job-name$/u,
  /^(gone|other) metadata\.annotations\.batch\.kubernetes\.io\/job-(completion-index|index-failure-count)$/u,
  // The LimitRanger.
  /^(gone|other) spec\.(initC|c)ontainers\.0\.resources\.limits\.(cpu|ephemeral-storage)$/u,
  /^(gone|other) spec\.(initC|c)ontainers\.0\.resources\.requests\.ephemeral-storage$/u,
  /^(gone|other) metadata\.annotations\.kubernetes\.io\/limit-ranger$/u,
  // The hub: accelerators within the limit, and what it says of its job.
  /^gone spec\.containers\.0\.resources\.(limits|requests)\.nvidia\.com\/gpu$/u,
  /^(gone|other) metadata\.labels\.tributary\.dev\/(job-name|job-namespace|job-uid|origin|participant|terms)$/u,
  /^gone metadata\.labels\.tributary\.dev\/component$/u,
  // The runtime's class, which says where its pods may run and what they cost more.
  /^(gone|other|more) spec\.overhead(\.cpu|\.memory)?$/u,
  /^(more|other) spec\.nodeSelector$/u,
  /^(gone|other) spec\.nodeSelector\.sandbox\.example\/runtime$/u,
  /^more spec\.tolerations$/u,
  /^(gone|other|more) spec\.tolerations\.[1-5](\.\w+)?$/u,
  // Priority, and the service account's secrets.
  /^(gone|other) spec\.(priority|preemptionPolicy)$/u,
  /^(gone|other|more) spec\.imagePullSecrets(\.0)?(\.name)?$/u,
];

describe("a pod that the Job controller made of a runtime", () => {
  it("is as the runtime has it", () => {
    expect(differenceOf(() => {})).toBe("");
  });

  it("differs by every single change of spec, labels and annotations but those that are explained", () => {
    const { metadata, spec } = aWorkerPod();
    const changes = [
      ...singleChanges(spec, ["spec"]).slice(2),
      ...singleChanges(metadata.labels, ["metadata", "labels"]).slice(2),
      ...singleChanges(metadata.annotations, ["metadata", "annotations"]).slice(2),
    ];
    const passed = changes.filter(({ change }) => differenceOf(change) === "").map(({ name }) => name);
    expect(passed.filter((name) => !explained.some((pattern) => pattern.test(name)))).toEqual([]);
    expect(explained.filter((pattern) => !passed.some((name) => pattern.test(name)))).toEqual([]);
    expect(changes.length - passed.length).toBeGreaterThan(450);
  });
});

const trainer = (pod: Parameters<Change>[0]) => pod.spec.containers[0];
const sidecar = (pod: Parameters<Change>[0]) => pod.spec.initContainers[0];
const extra = { name: "extra", image: "evil.example/extra:1" };

describe("a pod differs by what it has besides", () => {
  const cases: readonly [string, Change, string][] = [
    ["a container", (pod) => pod.spec.containers.unshift(extra), "spec.containers[extra]"],
    ["an init container", (pod) => pod.spec.initContainers.push(extra), "spec.initContainers[extra]"],
    ["a second trainer", (pod) => pod.spec.containers.push(trainer(pod)), "spec.containers[trainer]"],
    ["a container for debugging", (pod) => (pod.spec.ephemeralContainers = [extra]), "spec.ephemeralContainers"],
    [
      "a variable twice",
      (pod) => sidecar(pod).env.push({ name: "TRIBUTARY_GATE_ADDRESS", value: "192.0.2.66:1" }),
      "spec.initContainers[sidecar].env[TRIBUTARY_GATE_ADDRESS]",
    ],
    [
      "an index from elsewhere",
      (pod) => (trainer(pod).env[2] = { name: "JOB_COMPLETION_INDEX", value: "7" }),
      "spec.containers[trainer].env[JOB_COMPLETION_INDEX]",
    ],
    [
      "variables of a Secret",
      (pod) => (trainer(pod).envFrom = [{ secretRef: { name: "s" } }]),
      "spec.containers[trainer].envFrom",
    ],
    [
      "the sidecar's memory in the trainer",
      (pod) => trainer(pod).volumeMounts.push({ name: "tributary-memory", mountPath: "/m" }),
      "spec.containers[trainer].volumeMounts[tributary-memory]",
    ],
    [
      "a device",
      (pod) => (trainer(pod).volumeDevices = [{ name: "dataset", devicePath: "/dev/x" }]),
      "spec.containers[trainer].volumeDevices",
    ],
    ["the host's network", (pod) => (pod.spec.hostNetwork = true), "spec.hostNetwork"],
    ["one space of processes", (pod) => (pod.spec.shareProcessNamespace = true), "spec.shareProcessNamespace"],
    ["names of hosts", (pod) => (pod.spec.hostAliases = [{ ip: "192.0.2.66", hostnames: ["a"] }]), "spec.hostAliases"],
    ["another host name", (pod) => (pod.spec.hostname = "tributary-gate"), "spec.hostname"],
    ["an end of its own", (pod) => (pod.spec.activeDeadlineSeconds = 60), "spec.activeDeadlineSeconds"],
    [
      "a field of a later Kubernetes",
      (pod) => (pod.spec.containers[0].later = { on: true }),
      "spec.containers[trainer].later",
    ],
    [
      "more accelerators than the limit",
      (pod) => (trainer(pod).resources.limits["nvidia.com/gpu"] = "5"),
      "spec.containers[trainer].resources.limits[nvidia.com/gpu]",
    ],
    [
      "an accelerator of another kind",
      (pod) => (trainer(pod).resources.limits["amd.com/gpu"] = "1"),
      "spec.containers[trainer].resources.limits[amd.com/gpu]",
    ],
    [
      "an accelerator in the sidecar",
      (pod) => (sidecar(pod).resources.limits["nvidia.com/gpu"] = "1"),
      "spec.initContainers[sidecar].resources.limits[nvidia.com/gpu]",
    ],
    [
      "huge pages",
      (pod) => (trainer(pod).resources.limits["hugepages-2Mi"] = "2Mi"),
      "spec.containers[trainer].resources.limits[hugepages-2Mi]",
    ],
    [
      "a restart when it is resized",
      (pod) => (trainer(pod).resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }]),
      "spec.containers[trainer].resizePolicy",
    ],
    [
      "a token of its account",
      (pod) => (pod.spec.automountServiceAccountToken = true),
      "spec.automountServiceAccountToken",
    ],
    [
      "the ConfigMap of another Job",
      (pod) => (pod.spec.volumes[0].configMap.name = "another-job"),
      "spec.volumes[tributary-parameters].configMap.name",
    ],
    [
      "parameters of one key",
      (pod) => (pod.spec.volumes[0].configMap.items = []),
      "spec.volumes[tributary-parameters].configMap.items",
    ],
    ["a label of others", (pod) => (pod.metadata.labels.app = "vault"), "metadata.labels.app"],
    [
      "another part to play",
      (pod) => (pod.metadata.labels["tributary.dev/component"] = "gate"),
      "metadata.labels[tributary.dev/component]",
    ],
    [
      "another version",
      (pod) => (pod.metadata.labels["tributary.dev/runtime-version"] = "x"),
      "metadata.labels[tributary.dev/runtime-version]",
    ],
    [
      "an annotation of others",
      (pod) => (pod.metadata.annotations["k8s.v1.cni.cncf.io/networks"] = "all"),
      "metadata.annotations[k8s.v1.cni.cncf.io/networks]",
    ],
  ];
  it.each(cases)("%s", (_name, change, path) => {
    expect(differenceOf(change)).toBe(path);
  });

  it("tolerations and selectors where the runtime has no class of its own", () => {
    const withoutClass: Change = ({ template }) => delete template.spec.runtimeClassName;
    const bare: Change = ({ spec }) => {
      delete spec.runtimeClassName;
      delete spec.overhead;
      delete spec.nodeSelector["sandbox.example/runtime"];
      spec.tolerations.pop();
    };
    const and = (more: Change) => (pod: Parameters<Change>[0]) => {
      bare(pod);
      more(pod);
    };
    expect(differenceOf(bare, withoutClass)).toBe("");
    expect(
      differenceOf(
        and(({ spec }) => (spec.overhead = { cpu: "1" })),
        withoutClass,
      ),
    ).toBe("spec.overhead");
    expect(
      differenceOf(
        and(({ spec }) => (spec.nodeSelector.pool = "x")),
        withoutClass,
      ),
    ).toBe("spec.nodeSelector.pool");
    expect(
      differenceOf(
        and(({ spec }) => (spec.nodeSelector.more = "x")),
        withoutClass,
      ),
    ).toBe("spec.nodeSelector.more");
    const borne = [
      { operator: "Exists" },
      { key: "evil", operator: "Exists", effect: "NoSchedule" },
      { key: "evil.example/gpu", operator: "Exists", effect: "NoSchedule" },
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
      { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule", tolerationSeconds: 1 },
    ];
    for (const toleration of borne)
      expect(
        differenceOf(
          and(({ spec }) => spec.tolerations.push(toleration)),
          withoutClass,
        ),
      ).toMatch(/^spec\.tolerations\[1\]/u);
  });
});

describe("a pod is as its runtime has it where the cluster", () => {
  const cases: readonly [string, Change, Change?][] = [
    ["has chosen a node", ({ spec }) => (spec.nodeName = "node-1")],
    ["tells which zone it runs in", ({ metadata }) => (metadata.labels["topology.kubernetes.io/zone"] = "a")],
    [
      "has given it an address",
      ({ metadata }) => (metadata.annotations["cni.projectcalico.org/podIP"] = "10.1.2.3/32"),
    ],
    [
      "tells the index by the annotation",
      (pod) =>
        (trainer(pod).env[2].valueFrom.fieldRef.fieldPath =
          "metadata.annotations['batch.kubernetes.io/job-completion-index']"),
    ],
    [
      "fills in how it is resized",
      (pod) =>
        (trainer(pod).resizePolicy = ["cpu", "memory"].map((resourceName) => ({
          resourceName,
          restartPolicy: "NotRequired",
        }))),
    ],
    ["pulls no image anew", (pod) => (trainer(pod).imagePullPolicy = "IfNotPresent")],
    [
      "makes requests of limits",
      (pod) => (trainer(pod).resources.requests["nvidia.com/gpu"] = "2"),
      ({ template }) => (template.spec.containers[0].resources.limits["nvidia.com/gpu"] = "2"),
    ],
    [
      "has a class of priority for everybody",
      ({ spec }) => (spec.priorityClassName = "everyday"),
      ({ template }) => delete template.spec.priorityClassName,
    ],
    [
      "gives a pod services by default",
      ({ spec }) => (spec.enableServiceLinks = true),
      ({ template }) => delete template.spec.enableServiceLinks,
    ],
    [
      "has limits for containers that say nothing",
      (pod) => (trainer(pod).resources = { limits: { cpu: "2" }, requests: { cpu: "1", memory: "1Gi" } }),
      ({ template }) => (template.spec.containers[0].resources = {}),
    ],
  ];
  it.each(cases)("%s", (_name, change, runtime) => {
    expect(differenceOf(change, runtime)).toBe("");
  });
});

describe("what the member's webhooks add", () => {
  const injected = {
    initContainers: ["istio-init"],
    containers: ["istio-proxy"],
    volumes: ["istio-envoy"],
    env: ["AWS_REGION"],
    labels: ["security.istio.io/tlsMode"],
    annotations: ["sidecar.istio.io/status"],
    nodeSelector: ["pool-of-namespace"],
    tolerations: ["mesh"],
  };
  const inject: Change = (pod) => {
    pod.spec.initContainers.unshift({ name: "istio-init", image: "istio:1" });
    pod.spec.containers.unshift({ name: "istio-proxy", volumeMounts: [{ name: "istio-envoy", mountPath: "/e" }] });
    pod.spec.volumes.unshift({ name: "istio-envoy", emptyDir: {} });
    trainer({ spec: { containers: pod.spec.containers.slice(1) } }).env.unshift({ name: "AWS_REGION", value: "a" });
    pod.spec.containers[1].volumeMounts.push({ name: "istio-envoy", mountPath: "/e" });
    pod.metadata.labels["security.istio.io/tlsMode"] = "istio";
    pod.metadata.annotations["sidecar.istio.io/status"] = "{}";
    pod.spec.nodeSelector["pool-of-namespace"] = "a";
    pod.spec.tolerations.unshift({ key: "mesh", operator: "Exists" });
  };

  it("is let through by name, all of it and none of it", () => {
    expect(differenceOf(inject, undefined, injected)).toBe("");
    expect(differenceOf(() => {}, undefined, injected)).toBe("");
  });

  it.each(Object.keys(injected).filter((list) => !["nodeSelector", "tolerations"].includes(list)))(
    "is refused without %s",
    (list) => {
      expect(differenceOf(inject, undefined, { ...injected, [list]: [] })).not.toBe("");
    },
  );

  it("changes nothing of the runtime's own, whatever is listed", () => {
    const own = { env: ["TRIBUTARY_GATE_ADDRESS"], labels: ["app.kubernetes.io/name"], nodeSelector: ["pool"] };
    const gate: Change = (pod) => (sidecar(pod).env[0].value = "192.0.2.66:8445");
    expect(differenceOf(gate, undefined, own)).toBe("spec.initContainers[sidecar].env[TRIBUTARY_GATE_ADDRESS].value");
    const named: Change = ({ metadata }) => (metadata.labels["app.kubernetes.io/name"] = "x");
    expect(differenceOf(named, undefined, own)).toBe("metadata.labels[app.kubernetes.io/name]");
    expect(differenceOf(({ spec }) => (spec.nodeSelector.pool = "x"), undefined, own)).toBe("spec.nodeSelector.pool");
  });

  it("mounts none of the runtime's volumes", () => {
    const change: Change = (pod) => {
      inject(pod);
      pod.spec.containers[0].volumeMounts.push({ name: "tributary-memory", mountPath: "/m" });
    };
    expect(differenceOf(change, undefined, injected)).toBe(
      "spec.containers[istio-proxy].volumeMounts[tributary-memory]",
    );
  });
});
