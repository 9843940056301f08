import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkPeerList } from "@tributary/contracts/fields";
import { type ChartRelease, hubValues, memberValues, type RenderedObject, renderChart } from "@tributary/test";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { repositoryRoot } from "./sources.ts";

const hub: ChartRelease = {
  chart: "tributary-hub",
  release: "tributary",
  namespace: "tributary-system",
  values: hubValues,
};
const member: ChartRelease = {
  chart: "tributary-member",
  release: "tributary",
  namespace: "tributary-gate",
  values: memberValues,
};
const switchedOff: ChartRelease = {
  ...member,
  values: { ...memberValues, hub: { ...memberValues.hub, enabled: false } },
};
const clouds = ["eks", "gke", "aks", "onprem"].map((cloud): [string, ChartRelease] => [
  cloud,
  { ...member, valuesFiles: [`values-${cloud}.yaml`] },
]);
const releases: [string, ChartRelease][] = [
  ["the hub", hub],
  ["a member", member],
  ["a member that switched the hub off", switchedOff],
  ...clouds,
];

const rendered = new Map<string, RenderedObject[]>();

beforeAll(async () => {
  for (const [name, release] of releases) rendered.set(name, await renderChart(release));
});

const objectsOf = (name: string, kind: string) => rendered.get(name)!.filter((object) => object.kind === kind);

/** Every pod that a release runs or offers, by its object's name. */
function podsOf(name: string): [string, RenderedObject["spec"]][] {
  return [
    ...["Deployment", "Job"]
      .flatMap((kind) => objectsOf(name, kind))
      .map((object): [string, unknown] => [object.metadata.name, object.spec.template.spec]),
    ...objectsOf(name, "PodTemplate").map((object): [string, unknown] => [object.metadata.name, object.template.spec]),
  ];
}

const containersOf = (pod: RenderedObject["spec"]) => [...(pod.initContainers ?? []), ...pod.containers];

describe.each(releases)("the chart of %s", (name) => {
  it("runs restricted pods with a root that cannot be written", () => {
    expect(podsOf(name)).not.toEqual([]);
    for (const [, pod] of podsOf(name)) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      for (const container of containersOf(pod)) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.limits?.memory, `${container.name} has a memory limit`).toBeDefined();
      }
      expect(pod).not.toHaveProperty("hostNetwork");
      const kinds = pod.volumes
        .flatMap((volume: object) => Object.keys(volume))
        .filter((key: string) => key !== "name");
      expect(["configMap", "emptyDir", "persistentVolumeClaim", "projected"]).toEqual(expect.arrayContaining(kinds));
    }
  });

  it("pins every image", () => {
    const images = podsOf(name).flatMap(([, pod]) => containersOf(pod).map((container) => container.image));
    for (const image of images) expect(image).toMatch(/(:[\w.-]+|@sha256:[0-9a-f]{64})$/u);
    expect(images.filter((image) => image.endsWith(":latest"))).toEqual([]);
  });

  it("labels everything it makes, so that it can be found", () => {
    const unlabelled = rendered
      .get(name)!
      .filter((object) => object.kind !== "CustomResourceDefinition" && !object.metadata.labels?.["helm.sh/chart"]);
    expect(unlabelled.map((object) => object.metadata.name)).toEqual([]);
  });

  it("closes its pods to everybody it does not name", () => {
    const policies = objectsOf(name, "NetworkPolicy");
    expect(policies).not.toEqual([]);
    for (const policy of policies) expect(policy.spec.policyTypes).toEqual(["Ingress", "Egress"]);
  });
});

describe.each(["tributary-hub", "tributary-member"])("the chart %s", (chart) => {
  it("is of the version of this repository", () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
    const manifest = parse(readFileSync(join(repositoryRoot, "charts", chart, "Chart.yaml"), "utf8"));
    expect(manifest).toMatchObject({ version, appVersion: version });
  });
});

describe("the hub chart", () => {
  it("carries the CRDs of crds/ unchanged", () => {
    const folder = join(repositoryRoot, "charts/tributary-hub/generated/crds");
    const wanted = readdirSync(join(repositoryRoot, "crds")).filter((file) => file.endsWith(".yaml"));
    expect(readdirSync(folder)).toEqual(wanted);
    for (const file of wanted) {
      expect(readFileSync(join(folder, file), "utf8")).toBe(readFileSync(join(repositoryRoot, "crds", file), "utf8"));
    }
    expect(objectsOf("the hub", "CustomResourceDefinition")).toHaveLength(wanted.length);
  });

  it("grants Secrets everywhere only without looking around, and kubeconfigs in its own namespace", () => {
    const roles = ["ClusterRole", "Role"].flatMap((kind) => objectsOf("the hub", kind));
    const grants = roles.flatMap((role) =>
      role.rules
        .filter((rule: { resources: string[] }) => rule.resources.includes("secrets"))
        .map((rule: { verbs: string[] }) => [role.kind, role.metadata.name, rule.verbs]),
    );
    expect(grants).toEqual([
      ["ClusterRole", "tributary-operator-jobs", ["create", "get", "patch", "delete"]],
      ["Role", "tributary-operator", ["get", "patch"]],
    ]);
  });

  it("runs one operator unless asked for a second, and never an old one beside a new one", async () => {
    const [operator] = objectsOf("the hub", "Deployment");
    expect(operator!.spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    const objects = await renderChart({ ...hub, values: { ...hubValues, replicas: 2 } });
    expect(objects.find((object) => object.kind === "Deployment")!.spec.replicas).toBe(2);
  });

  it("grants the operator its own lease alone, and in its own namespace", () => {
    const roles = ["ClusterRole", "Role"].flatMap((kind) => objectsOf("the hub", kind));
    const grants = roles.flatMap((role) =>
      role.rules
        .filter((rule: { apiGroups: string[] }) => rule.apiGroups.includes("coordination.k8s.io"))
        .map((rule: { resourceNames?: string[]; verbs: string[] }) => [
          `${role.kind} ${role.metadata.namespace}`,
          rule.resourceNames,
          rule.verbs,
        ]),
    );
    expect(grants).toEqual([
      ["Role tributary-system", undefined, ["create"]],
      ["Role tributary-system", ["tributary-operator"], ["get", "list", "watch", "update"]],
    ]);
    const [operator] = objectsOf("the hub", "Deployment");
    expect(operator!.spec.template.spec.containers[0].env).toContainEqual({
      name: "TRIBUTARY_POD_NAME",
      valueFrom: { fieldRef: { fieldPath: "metadata.name" } },
    });
  });

  it("grants writes in the listed namespaces alone when some are listed", async () => {
    const objects = await renderChart({ ...hub, values: { ...hubValues, jobNamespaces: ["research"] } });
    const bindings = objects
      .filter((object) => object.roleRef?.name === "tributary-operator-jobs")
      .map((object) => [object.kind, object.metadata.namespace]);
    expect(bindings).toEqual([["RoleBinding", "research"]]);
  });

  it("never names a wildcard", () => {
    const text = JSON.stringify(["ClusterRole", "Role"].flatMap((kind) => objectsOf("the hub", kind)));
    expect(text).not.toContain('"*"');
  });
});

describe("the member chart", () => {
  it("gives the hub exactly these rights", () => {
    const roles = new Map(
      ["Role", "ClusterRole"].flatMap((kind) =>
        objectsOf("a member", kind).map((role) => [
          `${kind} ${role.metadata.namespace ?? ""} ${role.metadata.name}`,
          role,
        ]),
      ),
    );
    const rights = ["RoleBinding", "ClusterRoleBinding"]
      .flatMap((kind) => objectsOf("a member", kind))
      .filter((binding) => binding.subjects.some((subject: { name: string }) => subject.name === "tributary-hub"))
      .flatMap((binding) => {
        const role = roles.get(
          `${binding.roleRef.kind} ${binding.roleRef.kind === "Role" ? binding.metadata.namespace : ""} ${binding.roleRef.name}`,
        )!;
        return role.rules.map(
          (rule: { resources: string[]; resourceNames?: string[]; verbs: string[] }) =>
            `${role.kind}: ${rule.resources.join(",")}${rule.resourceNames ? ` named ${rule.resourceNames}` : ""}: ${rule.verbs.join(",")}`,
        );
      });
    expect(rights.sort()).toEqual([
      "ClusterRole: namespaces named kube-system,tributary-jobs: get",
      "ClusterRole: nodes: list,watch",
      "Role: configmaps: create,get,list,watch,delete,patch",
      "Role: jobs: create,get,list,watch,delete,patch",
      "Role: pods,podtemplates,events: list,watch",
      "Role: serviceaccounts/token named tributary-hub: create",
    ]);
  });

  it("shows token and memory to the sidecar alone, and the data set to the trainer alone", () => {
    for (const [, pod] of podsOf("a member").filter(([name]) => name !== "tributary-gate")) {
      const mounts = (container: { volumeMounts: { name: string }[] }) =>
        container.volumeMounts.map(({ name }) => name);
      expect(mounts(pod.containers[0])).not.toContain("tributary-token");
      expect(mounts(pod.containers[0])).not.toContain("tributary-memory");
      expect(mounts(pod.initContainers[0])).not.toContain("dataset");
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        dnsPolicy: "None",
        dnsConfig: { nameservers: ["127.0.0.1"] },
        restartPolicy: "Never",
      });
      expect(pod.initContainers).toHaveLength(1);
      expect(pod.initContainers[0]).toMatchObject({ name: "sidecar", args: ["sidecar"], restartPolicy: "Always" });
    }
    const dataset = objectsOf("a member", "PodTemplate")[1]!.template.spec.containers[0].volumeMounts.at(-1);
    expect(dataset).toEqual({
      name: "dataset",
      mountPath: "/var/lib/tributary/dataset",
      readOnly: true,
      subPath: "legal",
    });
  });

  it("lets workers speak to the gate and the hub's node ports only", () => {
    const workers = objectsOf("a member", "NetworkPolicy").find(
      (policy) => policy.metadata.name === "tributary-workers",
    )!;
    expect(workers.spec).toMatchObject({ podSelector: {}, ingress: [] });
    expect(workers.spec.egress.map((rule: { ports: unknown }) => rule.ports)).toEqual([
      [
        { protocol: "TCP", port: 8445 },
        { protocol: "TCP", port: 8446 },
      ],
      [{ protocol: "TCP", port: 30_000, endPort: 32_767 }],
    ]);
  });

  it("tells the gate what its own webhooks add, each list whether it is set or not", async () => {
    const injected = { containers: ["istio-proxy"], volumes: ["istio-envoy"] };
    const gate = { ...memberValues.gate, injected, requireImageDigests: true };
    const objects = await renderChart({ ...member, values: { ...memberValues, gate } });
    const map = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "tributary-gate")!;
    expect(JSON.parse(map.data["gate.json"])).toMatchObject({
      injected: {
        ...injected,
        initContainers: [],
        env: [],
        labels: [],
        annotations: [],
        nodeSelector: [],
        tolerations: [],
      },
      requireImageDigests: true,
      runningDigests: [],
    });
  });

  it("offers nothing while the gate's CA is not known", async () => {
    const objects = await renderChart({ ...member, values: { ...memberValues, gate: {} } });
    expect(objects.filter((object) => object.kind === "PodTemplate")).toEqual([]);
    const policies = objects.filter((object) => object.kind === "ValidatingAdmissionPolicyBinding");
    expect(policies.map((object) => object.metadata.name)).toEqual([
      "tributary-hub-writes-nothing-else",
      "tributary-hub-writes-nowhere-else",
      "tributary-hub-writes-its-own",
      "tributary-hub-renews-its-token",
      "tributary-follows-configmaps",
      "tributary-follows-podtemplates",
      "tributary-no-other-workers",
      "tributary-hub-writes-nowhere-else-last",
    ]);
    expect(objects.find((object) => object.metadata.name.startsWith("tributary-offers-"))!.data).toEqual({
      offers: "",
    });
  });

  it("names what it offers in an object of its own, which is brought into force after all that judges it", () => {
    const offers = objectsOf("a member", "ConfigMap").find(({ metadata }) =>
      metadata.name.startsWith("tributary-offers-"),
    )!;
    expect(offers.metadata.namespace).toBe("tributary-gate");
    expect(offers.data.offers.split("\n")).toEqual([
      expect.stringMatching(/^tributary-jobs noop - 256 [0-9a-f]{16}$/u),
      expect.stringMatching(/^tributary-jobs tfjs notes-aws 256 [0-9a-f]{16}$/u),
    ]);
    const [last, opening] = rendered.get("a member")!.slice(-2) as [RenderedObject, RenderedObject];
    expect(opening.spec.policyName).toBe("tributary-hub-writes-nowhere-else");
    expect([last.kind, last.metadata.name, last.spec.paramRef]).toEqual([
      "ValidatingAdmissionPolicyBinding",
      "tributary-no-other-workers",
      { name: offers.metadata.name, namespace: "tributary-gate", parameterNotFoundAction: "Deny" },
    ]);
  });

  it("leaves the hub's account where it is when another job namespace is added, wherever in the list", async () => {
    const namespaceOf = async (names: readonly string[], account: object = {}) => {
      const jobNamespaces = names.map((name) => ({ name }));
      const hub = { ...memberValues.hub, serviceAccount: account };
      const objects = await renderChart({ ...member, values: { ...memberValues, jobNamespaces, hub } });
      return objects.find(({ kind, metadata }) => kind === "ServiceAccount" && metadata.name === "tributary-hub")!
        .metadata.namespace;
    };
    expect(await namespaceOf(["tributary-jobs"])).toBe("tributary-jobs");
    expect(await namespaceOf(["another", "tributary-jobs"])).toBe("tributary-jobs");
    expect(await namespaceOf(["mine"])).toBe("mine");
    await expect(namespaceOf(["another", "mine"])).rejects.toThrow("hub.serviceAccount.namespace is needed");
    expect(await namespaceOf(["another", "mine"], { namespace: "mine" })).toBe("mine");
  });

  it("judges what the hub writes by its account, which is one name where nothing is known of a former one", async () => {
    const serviceAccount = { name: "research-hub", namespace: "tributary-jobs" };
    const objects = await renderChart({ ...member, values: { ...memberValues, hub: { serviceAccount } } });
    const judged = objects
      .filter(({ kind, spec }) => kind === "ValidatingAdmissionPolicy" && spec.matchConditions !== undefined)
      .map(({ metadata, spec }) => [metadata.name, spec.matchConditions]);
    const condition = {
      name: "is-the-hub",
      expression: 'request.userInfo.username in ["system:serviceaccount:tributary-jobs:research-hub"]',
    };
    expect(judged).toEqual(
      ["writes-nothing-else", "writes-nowhere-else", "writes-its-own", "renews-its-token"].map((what) => [
        `tributary-hub-${what}`,
        [condition],
      ]),
    );
  });

  it("takes limits of exactly the accelerators that a job may name", async () => {
    const crd = objectsOf("the hub", "CustomResourceDefinition").find(
      ({ spec }) => spec.names.kind === "FederatedTrainingJob",
    )!;
    const spec = crd.spec.versions[0].schema.openAPIV3Schema.properties.spec;
    const named = spec.properties.participants.items.properties.accelerator.properties.resource;
    const path = join(repositoryRoot, "charts/tributary-member/values.schema.json");
    const { definitions } = JSON.parse(readFileSync(path, "utf8"));
    const limits = definitions.runtime.properties.trainer.properties.acceleratorLimits.propertyNames;
    expect(limits.pattern).toBe(named.pattern);
    const renderWith = (resource: string) => {
      const trainer = { ...memberValues.runtimes[0]!.trainer, acceleratorLimits: { [resource]: 1 } };
      return renderChart({ ...member, values: { ...memberValues, runtimes: [{ name: "noop", trainer }] } });
    };
    const longest = "a".repeat(244);
    for (const resource of ["amd.com/gpu", `${longest}/gpu`]) await renderWith(resource);
    for (const resource of ["amd.com/gpu-", "requests.amd.com/gpu", "x.kubernetes.io/gpu", `${longest}a/gpu`]) {
      await expect(renderWith(resource)).rejects.toThrow(`invalid propertyName '${resource}'`);
    }
  });

  it("keeps the gate's CA in a Secret, which the gate cannot write, when one is named", async () => {
    const gate = { ...memberValues.gate, ca: { existingSecret: "gate-ca" } };
    const objects = await renderChart({ ...member, values: { ...memberValues, gate } });
    const claims = objects.filter((object) => object.kind === "PersistentVolumeClaim");
    expect(claims.map(({ metadata }) => metadata.name)).toEqual(["tributary-gate-state"]);
    const pod = objects.find((object) => object.kind === "Deployment")!.spec.template.spec;
    expect(pod.volumes.find((volume: { name: string }) => volume.name === "ca").secret.items).toEqual([
      { key: "ca.crt", path: "ca/ca.crt" },
      { key: "ca.key", path: "ca/ca.key" },
    ]);
    expect(pod.containers[0].volumeMounts).toContainEqual({
      name: "ca",
      mountPath: "/var/lib/tributary-gate",
      readOnly: true,
    });
  });

  it("hands the gate peers and policy as files that its own reader takes, and needs no restart for another", async () => {
    const peer = { organisation: "Lab", member: "lab", publicKey: `${"A".repeat(43)}=`, note: "by phone" };
    const policy = { protocols: ["Masking"], maxLocalSteps: 100_000_000, trainerImages: [`sha256:${"a".repeat(64)}`] };
    const renderWith = (gate: object) => renderChart({ ...member, values: { ...memberValues, gate } });
    const gate = { ...memberValues.gate, organisation: "Clinic" };
    const [before, after] = [await renderWith(gate), await renderWith({ ...gate, peers: [peer], policy })];
    const filesOf = (objects: readonly RenderedObject[]) =>
      objects.find(({ metadata }) => metadata.name === "tributary-gate-trust")!.data;
    expect(JSON.parse(filesOf(before)["peers.json"])).toEqual({ version: 1, peers: [] });
    expect(JSON.parse(filesOf(before)["policy.json"])).toEqual({ version: 1 });
    expect(checkPeerList(JSON.parse(filesOf(after)["peers.json"]))).toEqual([]);
    expect(JSON.parse(filesOf(after)["peers.json"]).peers).toEqual([peer]);
    expect(JSON.parse(filesOf(after)["policy.json"])).toEqual({ version: 1, ...policy });
    const deployments = [before, after].map((objects) => objects.find(({ kind }) => kind === "Deployment"));
    expect(deployments[0]).toEqual(deployments[1]);
    const config = deployments[0]!.spec.template.spec.volumes.find(({ name }: { name: string }) => name === "config");
    expect(config.projected.sources.at(-1).configMap).toEqual({
      name: "tributary-gate-trusted-peers",
      optional: true,
      items: [{ key: "peers.json", path: "trusted/peers.json" }],
    });
    const gateFiles = before.find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "tributary-gate",
    )!.data;
    const { organisation, trustDirectory } = JSON.parse(gateFiles["gate.json"]);
    expect([organisation, trustDirectory]).toEqual(["Clinic", "/etc/tributary"]);
  });

  it("takes every right from the hub by hub.enabled=false", async () => {
    const values = { ...memberValues, hub: { ...memberValues.hub, enabled: false } };
    const objects = await renderChart({ ...member, values });
    const names = objects
      .filter((object) => /Role|ServiceAccount/u.test(object.kind))
      .map((object) => object.metadata.name);
    expect(names.filter((name) => name.startsWith("tributary-hub"))).toEqual([]);
  });

  it("passes over no job namespace where charts are rendered away from the cluster, also when the hub is switched off", async () => {
    const jobNamespaces = ["one", "two"].map((name) => ({ name, create: false, quota: { pods: "9" } }));
    const hub = { ...memberValues.hub, enabled: false };
    const objects = await renderChart({ ...member, values: { ...memberValues, jobNamespaces, hub } });
    const kinds = (namespace: string) =>
      objects.filter(({ metadata }) => metadata.namespace === namespace).map(({ kind }) => kind);
    const wanted = [
      "ConfigMap",
      "NetworkPolicy",
      "PodTemplate",
      "ResourceQuota",
      "Role",
      "RoleBinding",
      "ServiceAccount",
    ];
    expect([...new Set(kinds("one"))].sort()).toEqual(wanted);
    expect(kinds("two")).toEqual(kinds("one"));
  });

  it("then removes what runs, as an account that exists only then and may do nothing else", () => {
    const name = "tributary-remove-workers";
    const made = (release: string) => rendered.get(release)!.filter(({ metadata }) => metadata.name === name);
    expect(made("a member")).toEqual([]);
    const objects = made("a member that switched the hub off");
    const role = objects.find(({ kind }) => kind === "Role")!;
    expect(role.metadata.namespace).toBe("tributary-jobs");
    expect(role.rules).toEqual([
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["list", "delete"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "delete"] },
    ]);
    const batchJob = objects.find(({ kind }) => kind === "Job")!;
    expect(batchJob.metadata.annotations).toMatchObject({ "helm.sh/hook": "post-install,post-upgrade" });
    expect(batchJob.spec.template.spec.containers[0]).toMatchObject({
      args: ["remove-workers"],
      env: [{ name: "TRIBUTARY_JOB_NAMESPACES", value: "tributary-jobs" }],
    });
  });
});

describe("values", () => {
  const refusals: [string, ChartRelease, object, string][] = [
    ["a hub without an address", hub, { advertisedAddress: "" }, "advertisedAddress is needed"],
    ["an image that moves", hub, { image: { repository: "a/b", tag: "latest" } }, "/image/tag"],
    ["an image without tag and digest", hub, { image: { repository: "a/b" } }, "image needs a digest or a tag"],
    ["a value that the hub chart does not have", hub, { workers: 3 }, "workers"],
    ["more operators than one that leads and one that stands by", hub, { replicas: 3 }, "replicas"],
    ["a member without a name", member, { cluster: { name: "" } }, "cluster.name is needed"],
    ["a value that the member chart does not have", member, { gate: { replicas: 2 } }, "replicas"],
    ["a peer without a key", member, { gate: { peers: [{ organisation: "Lab", member: "lab" }] } }, "publicKey"],
    ["a line that no policy has", member, { gate: { policy: { maxSteps: 1 } } }, "maxSteps"],
    ["a protocol that does not exist", member, { gate: { policy: { protocols: ["Plain"] } } }, "protocols"],
    ["a data set without a claim", member, { runtimes: [{ ...memberValues.runtimes[0], dataset: "a" }] }, "claimName"],
    [
      "a runtime in a namespace that the hub does not get",
      member,
      { runtimes: [{ ...memberValues.runtimes[0], namespaces: ["default"] }] },
      "not one of jobNamespaces",
    ],
    [
      "one combination of runtime and data set twice",
      member,
      { runtimes: [memberValues.runtimes[0], memberValues.runtimes[0]] },
      "is listed twice",
    ],
    [
      "the gate's namespace as one of the hub's",
      member,
      { jobNamespaces: [{ name: "tributary-gate" }] },
      "the hub must have no rights in it",
    ],
    [
      "a webhook's container under the name of a runtime's own",
      member,
      { gate: { ...memberValues.gate, injected: { containers: ["trainer"] } } },
      "/gate/injected/containers",
    ],
    [
      "a webhook's volume under the name of a runtime's own",
      member,
      { gate: { ...memberValues.gate, injected: { volumes: ["tributary-memory"] } } },
      "/gate/injected/volumes",
    ],
    [
      "a list of what webhooks add that the gate does not know",
      member,
      { gate: { ...memberValues.gate, injected: { sidecars: ["a"] } } },
      "/gate/injected",
    ],
    [
      "runtimes whose gate has no address",
      member,
      { gate: { caCertificate: "pem" } },
      "the gate's Service has no address yet",
    ],
  ];
  it.each(refusals)("refuse %s", async (_sentence, release, values, wantMessage) => {
    const both = { ...release.values, ...values };
    await expect(renderChart({ ...release, values: both })).rejects.toThrow(wantMessage);
  });

  it.each(["tributary-hub", "tributary-member"])("of %s are all described and closed", (chart) => {
    const path = join(repositoryRoot, "charts", chart, "values.schema.json");
    const schema = JSON.parse(readFileSync(path, "utf8"));
    expect(openObjects(schema, "")).toEqual([]);
    const undescribed = Object.entries(schema.definitions).flatMap(([name, definition]) =>
      undescribedValues(definition as Schema, name),
    );
    expect([...undescribedValues(schema, ""), ...undescribed]).toEqual([]);
  });
});

interface Schema {
  readonly description?: string;
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const below = (schema: Schema): [string, Schema][] => [
  ...Object.entries(schema.properties ?? {}),
  ...Object.entries(schema.definitions ?? {}),
  ...(schema.items === undefined ? [] : [["[]", schema.items] as [string, Schema]]),
];

function openObjects(schema: Schema, path: string): string[] {
  const open = schema.properties !== undefined && schema.additionalProperties !== false ? [path] : [];
  return [...open, ...below(schema).flatMap(([name, child]) => openObjects(child, `${path}.${name}`))];
}

/** Groups of values speak through what they hold; every value must be described. */
function undescribedValues(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const items = child.items?.properties === undefined ? [] : undescribedValues(child.items, `${path}.${name}[]`);
    if (child.properties !== undefined) return undescribedValues(child, `${path}.${name}`);
    return [...(child.description === undefined ? [`${path}.${name}`] : []), ...items];
  });
}
