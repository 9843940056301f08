import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jobNamespace, memberValues, renderChart } from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparePod } from "../../worker-image/src/gate/enrolment/compare-pod.ts";
import { type Injected, injectedLists } from "../../worker-image/src/gate/enrolment/injected.ts";
import { openGateClient } from "../../worker-image/src/sidecar/gate/gate-client.ts";
import { grantedTo } from "../support/audited-rights.ts";
import { type EnrolledPod, enrolPod } from "../support/enrolment/enrol-pod.ts";
import {
  type EnrolmentGround,
  makeSeat,
  type Pod,
  type SeatOfRuntime,
  startEnrolmentGround,
} from "../support/enrolment/enrolment-ground.ts";
import { fieldsOf, type Schemas } from "../support/enrolment/openapi-fields.ts";
import { eventually } from "../support/eventually.ts";
import { jobMutations, mutate } from "../support/smuggling/job-mutations.ts";

const nothingInjected = Object.fromEntries(injectedLists.map((list) => [list, []])) as unknown as Injected;
let ground: EnrolmentGround;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gate-enrolment-test-"));
  ground = await startEnrolmentGround();
});

afterAll(async () => {
  await ground?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Enrols a pod, and resolves with the worker's name. */
async function enrol(pod: Pod): Promise<string> {
  const { certificatePem } = await enrolPod({ ...ground, directory }, pod);
  return new X509Certificate(certificatePem).subjectAltName ?? "";
}

/** Why the gate did not let a pod in: what its log says. */
async function whyRefused(pod: Pod): Promise<string> {
  await expect(enrol(pod)).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  const isOfPod = ({ msg }: Record<string, unknown>) => String(msg).includes(pod.metadata.name);
  return eventually("the gate's log tells", async () => ground.gate.lines.find(isOfPod)?.msg as string | undefined);
}

const podPath = ({ metadata }: Pod, below = "") => `/api/v1/namespaces/${jobNamespace}/pods/${metadata.name}${below}`;

async function patch(pod: Pod, body: object, below = ""): Promise<void> {
  const contentType = "application/strategic-merge-patch+json";
  const { status, body: answer } = await ground.admin.call({
    method: "PATCH",
    path: podPath(pod, below),
    body,
    contentType,
  });
  if (status !== 200) throw new Error(JSON.stringify(answer));
}

async function read(path: string): Promise<Pod> {
  return (await ground.admin.call({ method: "GET", path })).body;
}

const templateOf = (name: string) => read(`/api/v1/namespaces/${jobNamespace}/podtemplates/${name}`);

const seats: readonly SeatOfRuntime[] = [
  { runtime: "plain", job: "plain", workers: 2 },
  { runtime: "full.notes", job: "full", workers: 1, accelerator: { resource: "nvidia.com/gpu", count: 4 } },
  { runtime: "tagged", job: "tagged", workers: 1 },
];

describe("the pods that a real Job controller makes of the chart's runtimes", () => {
  it.each(seats)("enrol, with all that a cluster adds to them: $runtime", async (seat) => {
    const pods = await makeSeat(ground, seat);
    const names = await Promise.all(pods.map(enrol));
    expect(names.toSorted()).toEqual(
      pods.map((_, index) =>
        expect.stringMatching(
          new RegExp(`^URI:tributary://aws-us-east-1/.*/aws/${index}, URI:tributary-pod:[^ ]+$`, "u"),
        ),
      ),
    );
    // All that this ground puts on pods was there to be explained.
    const { spec, metadata } = pods[0]!;
    expect(metadata.annotations).toHaveProperty(["kubernetes.io/limit-ranger"]);
    expect(spec.imagePullSecrets).toEqual([{ name: "registry-of-the-member" }]);
    expect(spec.priority).toBe(seat.runtime === "full.notes" ? 1000 : 10);
    expect(spec.overhead === undefined).toBe(seat.runtime !== "full.notes");
    expect(spec.containers[0].imagePullPolicy).toBe("Always");
    expect(spec.tolerations.length).toBe(seat.runtime === "full.notes" ? 6 : 3);
  });

  it("enrol, when 256 start at once behind one address", async () => {
    const pods = await makeSeat(ground, { runtime: "plain", job: "crowd", workers: 256 });
    const names = await Promise.all(pods.map(enrol));
    expect(new Set(names).size).toBe(256);
  });
});

describe("a worker that asks its gate about a round", () => {
  /** What is no round, in parts of sizes that a round has: the gate looks for the worker before it looks at the round. */
  const noRound = {
    setup: Uint8Array.of(1),
    terms: Uint8Array.of(2),
    start: Uint8Array.of(3),
    line: 1,
    attempt: 1,
    signature: new Uint8Array(64),
  };

  async function ask(enrolled: EnrolledPod): Promise<string> {
    const client = openGateClient(enrolled.source, enrolled)!;
    try {
      return (await client.admit(noRound, { timeoutMs: 20_000 })).refusal;
    } finally {
      client.close();
    }
  }

  it("is answered while a pod of its seat is there", async () => {
    const [pod] = await makeSeat(ground, { runtime: "full.notes", job: "asks", workers: 1 });
    expect(await ask(await enrolPod({ ...ground, directory }, pod))).toContain("setup");
  });

  it("is kept out when its pod is gone, whatever its certificate says", async () => {
    const pods = await makeSeat(ground, { runtime: "plain", job: "gone", workers: 2 });
    const [pod] = pods;
    const [enrolled, neighbour] = await Promise.all(pods.map((each) => enrolPod({ ...ground, directory }, each)));
    // Nothing else is in the way.
    expect(await ask(neighbour!)).toContain("setup");
    const { name } = pod.metadata.ownerReferences[0];
    await ground.member.asHub(["delete", "job", name, "--namespace", jobNamespace, "--cascade=foreground"]);
    await eventually("the pod is gone", async () => ((await read(podPath(pod))).code === 404 ? true : undefined));
    await expect(ask(enrolled!)).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  });
});

describe("a pod that somebody changed after it was made", () => {
  const digest = `sha256:${"c".repeat(64)}`;
  // Such a one as the restricted level lets in.
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const debug = { name: "debug", image: "evil.example/debug:1", targetContainerName: "sidecar", securityContext };
  const changes: readonly { name: string; body: object; below?: string; says: string }[] = [
    {
      name: "another image",
      body: { spec: { containers: [{ name: "trainer", image: "evil.example/trainer:1" }] } },
      says: 'spec.containers[trainer].image must be "registry.example/trainer@',
    },
    {
      name: "a container for debugging",
      body: { spec: { ephemeralContainers: [debug] } },
      below: "/ephemeralcontainers",
      says: "spec.ephemeralContainers must be nothing, is",
    },
    { name: "an end of its own", body: { spec: { activeDeadlineSeconds: 60 } }, says: "spec.activeDeadlineSeconds" },
    { name: "a label that opens a way", body: { metadata: { labels: { app: "vault" } } }, says: "metadata.labels.app" },
    {
      name: "an annotation that runtimes act on",
      body: { metadata: { annotations: { "io.kubernetes.cri-o.Devices": "/dev/sda" } } },
      says: "metadata.annotations[io.kubernetes.cri-o.Devices] must be nothing, is there",
    },
    {
      name: "another runtime",
      body: { metadata: { labels: { "tributary.dev/runtime": "tagged" } } },
      says: "was made from version",
    },
    {
      name: "another running image",
      body: {
        status: {
          containerStatuses: [
            {
              name: "trainer",
              image: "a",
              imageID: `a@${digest}`,
              ready: true,
              restartCount: 0,
              state: {},
              lastState: {},
            },
          ],
        },
      },
      below: "/status",
      says: `the running image of container trainer must be sha256:${"b".repeat(64)}, is "a@${digest}"`,
    },
  ];
  let pods: readonly Pod[];
  beforeAll(async () => {
    pods = await makeSeat(ground, { runtime: "plain", job: "changed", workers: changes.length });
  });

  it.each(changes.map((change, index) => ({ ...change, index })))("does not enrol: $name", async (change) => {
    const pod = pods[change.index]!;
    await patch(pod, change.body, change.below);
    expect(await whyRefused(pod)).toContain(change.says);
  });
});

describe("a pod that somebody made", () => {
  it("does not enrol, though it has labels, images and token of a worker's", async () => {
    const [made] = await makeSeat(ground, { runtime: "plain", job: "copied", workers: 1 });
    const { uid: _uid, resourceVersion: _version, ownerReferences: _owners, ...metadata } = made.metadata;
    const copy = { ...made, metadata: { ...metadata, name: "copied-by-hand", finalizers: [] }, status: undefined };
    // Else the Job's controller would adopt it.
    copy.metadata.labels["batch.kubernetes.io/controller-uid"] = "none";
    copy.spec.initContainers[0].env[0].value = "192.0.2.66:8445";
    const path = `/api/v1/namespaces/${jobNamespace}/pods`;
    const { status, body } = await ground.admin.call({ method: "POST", path, body: copy });
    expect(status).toBe(201);
    const why = await whyRefused(body);
    expect(why).toContain("spec.initContainers[sidecar].env[TRIBUTARY_GATE_ADDRESS].value is another (not shown)");
    expect(why).not.toContain("192.0.2.66");
  });
});

describe("the comparison of a real pod with its runtime", () => {
  let pod: Pod;
  let runtime: Pod;
  let schemas: Schemas;
  beforeAll(async () => {
    const seat = { runtime: "full.notes", job: "compared", workers: 1 };
    [[pod], runtime] = [await makeSeat(ground, seat), await templateOf("full.notes")];
    schemas = (await read("/openapi/v3/api/v1")).components.schemas;
  });

  const differs = (change: (pod: Pod) => void) => {
    const copy = structuredClone(pod);
    change(copy);
    return comparePod(copy, runtime, nothingInjected) !== undefined;
  };

  /** What the cluster sets itself, and may therefore be anything, of a runtime with priority and a class. */
  const free: Readonly<Record<string, readonly string[]>> = {
    PodSpec: ["imagePullSecrets", "nodeName", "overhead", "preemptionPolicy", "priority"],
  };
  it.each([
    ["PodSpec", (each: Pod) => each.spec],
    ["PodSecurityContext", (each: Pod) => each.spec.securityContext],
    ["PodDNSConfig", (each: Pod) => each.spec.dnsConfig],
    ["Container", (each: Pod) => each.spec.containers[0]],
    ["Container", (each: Pod) => each.spec.initContainers[0]],
    ["SecurityContext", (each: Pod) => each.spec.containers[0].securityContext],
    ["ResourceRequirements", (each: Pod) => each.spec.containers[0].resources],
    ["Probe", (each: Pod) => each.spec.initContainers[0].livenessProbe],
    ["VolumeMount", (each: Pod) => each.spec.containers[0].volumeMounts[0]],
    ["EnvVar", (each: Pod) => each.spec.containers[0].env[0]],
    ["EnvVarSource", (each: Pod) => each.spec.containers[0].env.at(-1).valueFrom],
    ["ContainerPort", (each: Pod) => each.spec.initContainers[0].ports[0]],
    ["Volume", (each: Pod) => each.spec.volumes.at(-1)],
    ["Volume", (each: Pod) => each.spec.volumes[0]],
    ["ConfigMapVolumeSource", (each: Pod) => each.spec.volumes[0].configMap],
    ["PersistentVolumeClaimVolumeSource", (each: Pod) => each.spec.volumes.at(-1).persistentVolumeClaim],
    ["Toleration", (each: Pod) => each.spec.tolerations[0]],
  ] as const)("sees each field that this API server knows of a %s", (name, at) => {
    const fields = [...fieldsOf(schemas, `io.k8s.api.core.v1.${name}`)];
    const change = (field: string, value: unknown) => (each: Pod) => {
      at(each)[field] = value === true ? !at(each)[field] : value;
    };
    const unseen = fields.filter(([field, value]) => !differs(change(field, value)));
    expect(unseen.map(([field]) => field)).toEqual(free[name] ?? []);
  });

  /** What the cluster and the hub may set; the admission policies keep the hub from what is the cluster's. */
  const explained = [
    "pod nodeName",
    "pod imagePullSecrets",
    "pod overhead",
    "a limit of processors",
    "ephemeral storage",
    "pod label tributary.dev/job-uid=d8c1f9de-0000-4a57-9d7c-1f1d1a2b3c4d",
    "pod label tributary.dev/participant=another",
    "pod label tributary.dev/anything=else",
    // Nothing that runs depends on it.
    "a pod finalizer",
    "no pod origin",
  ];

  it("sees each change of a Job's pods by which a hub would smuggle something, but those that are explained", () => {
    const asJob = { metadata: { labels: { ...pod.metadata.labels } }, spec: { template: pod } };
    const changed = jobMutations.flatMap(({ name, change }) => {
      const job = mutate(asJob as never, [{ name, change }]) as Pod | undefined;
      const isOfPod = job !== undefined && JSON.stringify(job.spec.template) !== JSON.stringify(pod);
      return isOfPod ? [{ name, difference: comparePod(job.spec.template, runtime, nothingInjected) }] : [];
    });
    expect(changed.length).toBeGreaterThan(100);
    const passed = changed.filter(({ difference }) => difference === undefined).map(({ name }) => name);
    expect(passed).toEqual(explained);
  });
});

describe("the rights of the gate", () => {
  it("are those that it makes use of", async () => {
    const objects = await renderChart({
      chart: "tributary-member",
      release: "r",
      namespace: "tributary-gate",
      values: memberValues,
    });
    const { used, forbidden } = await ground.audit.read("system:serviceaccount:tributary-gate:tributary-gate");
    expect(forbidden).toEqual([]);
    expect([...used].toSorted()).toEqual([...grantedTo("tributary-gate", objects)].toSorted());
  });
});
