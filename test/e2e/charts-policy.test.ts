import type { FederatedTrainingJob } from "@tributary/contracts";
import { renderAnchor, renderBatchJob, type SeatInput, seatName } from "@tributary/operator";
import {
  type ChartApi,
  jobNamespace,
  type RenderedObject,
  refusal,
  startMemberApi,
  untilRefused,
} from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";

const inJobs = `--namespace=${jobNamespace}`;
const job = {
  metadata: { name: "clinic-notes", namespace: "research", uid: "0b9c6f9e-9c0c-4a57-9d7c-1f1d1a2b3c4d" },
  spec: { failurePolicy: { workerRestartLimit: 3 }, trainer: { task: "noop", seed: 1 } },
} as unknown as FederatedTrainingJob;

let member: ChartApi;

beforeAll(async () => {
  member = await startMemberApi();
  const batchJob = tampered(await jobFor("noop"), (each) => {
    each.spec.template.spec.hostNetwork = true;
  });
  await untilRefused(() => create(batchJob), "hostNetwork");
});

afterAll(async () => {
  await member?.controlPlane.stop();
});

function create(object: object): Promise<string> {
  return member.asHub(["create", "--dry-run=server", "-o", "json", "-f", "-"], stringify(object));
}

/** The Job of a seat as the operator renders it from the runtime that the API server returns. */
async function jobFor(runtime: string, accelerators?: number): Promise<RenderedObject> {
  const accelerator = { resource: "nvidia.com/gpu", count: accelerators };
  const input = {
    job,
    participant: { name: "aws", workers: 2, ...(accelerators === undefined ? {} : { accelerator }) },
    namespace: jobNamespace,
    origin: "hub",
    endpoint: { controlAddress: "192.0.2.10:30443", tensorAddress: "192.0.2.10:30444" },
    caPem: "-----BEGIN CERTIFICATE-----\n",
    template: await readTemplate(runtime),
  } as unknown as SeatInput;
  return renderBatchJob(input) as RenderedObject;
}

/** As the operator sees it: it may list the runtimes, not ask for one. */
async function readTemplate(runtime: string): Promise<object> {
  const one = `--field-selector=metadata.name=${runtime}`;
  return JSON.parse(await member.asHub(["get", "podtemplates", one, inJobs, "-o", "json"])).items[0];
}

// biome-ignore lint/suspicious/noExplicitAny: changes reach into every part of a Job
type Change = (job: any) => void;

function tampered(original: RenderedObject, change: Change): RenderedObject {
  const copy = structuredClone(original);
  change(copy);
  return copy;
}

describe("a Job as the operator renders it", () => {
  it.each(["noop", "tfjs.notes-aws"])("is admitted for the runtime %s", async (runtime) => {
    expect(await refusal(async () => create(await jobFor(runtime)))).toBe("");
  });

  it("is admitted with as many accelerators as the runtime allows", async () => {
    expect(await refusal(async () => create(await jobFor("noop", 4)))).toBe("");
  });
});

describe("a Job that was admitted", () => {
  const name = seatName("hub", job, "aws");
  const template = ["podtemplate", "tfjs.notes-aws", inJobs];

  beforeAll(async () => {
    const anchor = renderAnchor({
      job,
      participant: { name: "aws" },
      namespace: jobNamespace,
      origin: "hub",
      endpoint: { controlAddress: "", tensorAddress: "" },
      caPem: "",
    } as unknown as SeatInput);
    const suspended = tampered(await jobFor("tfjs.notes-aws"), (each) => {
      each.spec.suspend = true;
    });
    const apply = ["apply", "--server-side", "--field-manager=tributary-operator", "-f", "-"];
    for (const object of [anchor, suspended]) await member.asHub(apply, stringify(object));
  });

  const update = (spec: object) =>
    member.asHub(["patch", "job", name, inJobs, "--type=merge", "--patch", JSON.stringify({ spec })]);

  it("keeps its pods as they are, also where Kubernetes would let them change", async () => {
    const elsewhere = { template: { spec: { nodeSelector: { pool: "other" } } } };
    expect(await refusal(() => update(elsewhere))).toContain("may not change the pods of a Job");
  });

  it("can be resumed and deleted after its runtime is gone, while no other can be created", async () => {
    const batchJob = await jobFor("tfjs.notes-aws");
    const kept = JSON.parse(await member.controlPlane.kubectl(["get", ...template, "-o", "json"]));
    await member.controlPlane.kubectl(["delete", ...template]);
    try {
      const another = tampered(batchJob, (each) => {
        each.metadata.name = "another";
      });
      await untilRefused(() => create(another), "no params found");
      await update({ suspend: false });
      await member.asHub(["delete", "job,configmap", name, inJobs, "--cascade=foreground", "--timeout=60s"]);
    } finally {
      const { resourceVersion: _version, uid: _uid, ...metadata } = kept.metadata;
      await member.controlPlane.kubectl(["create", "-f", "-"], stringify({ ...kept, metadata }));
    }
  });
});

const sidecar = (each: RenderedObject) => each.spec.template.spec.initContainers[0];
const trainer = (each: RenderedObject) => each.spec.template.spec.containers[0];
const pod = (each: RenderedObject) => each.spec.template.spec;
const volume = (each: RenderedObject, name: string) =>
  pod(each).volumes.find((candidate: { name: string }) => candidate.name === name);

describe("a Job of the hub is refused when", () => {
  const cases: readonly [string, Change, string][] = [
    ["the sidecar has another image", (each) => (sidecar(each).image = "evil/sidecar:1"), "initContainers"],
    ["the sidecar has another gate", (each) => (sidecar(each).env[0].value = "192.0.2.66:8445"), "initContainers"],
    ["the sidecar asks no gate about rounds", (each) => sidecar(each).env.splice(1, 1), "initContainers"],
    ["the sidecar is left out", (each) => delete pod(each).initContainers, "initContainers"],
    ["the trainer has another image", (each) => (trainer(each).image = "evil/trainer:1"), "trainer"],
    ["the trainer has another command", (each) => (trainer(each).command = ["cat", "/etc/passwd"]), "trainer"],
    ["the trainer has other arguments", (each) => (trainer(each).args = ["--leak"]), "trainer"],
    ["the trainer has one variable more", (each) => trainer(each).env.push({ name: "A", value: "b" }), "trainer"],
    ["the trainer reads a Secret", (each) => (trainer(each).envFrom = [{ secretRef: { name: "s" } }]), "trainer"],
    [
      "the trainer mounts the sidecar's memory",
      (each) => trainer(each).volumeMounts.push({ name: "tributary-memory", mountPath: "/m" }),
      "trainer",
    ],
    ["the trainer may write to its data set", (each) => delete trainer(each).volumeMounts.at(-1).readOnly, "trainer"],
    [
      "the trainer may write to its root",
      (each) => (trainer(each).securityContext.readOnlyRootFilesystem = false),
      "trainer",
    ],
    [
      "the trainer has a hook",
      (each) => (trainer(each).lifecycle = { postStart: { exec: { command: ["a"] } } }),
      "trainer",
    ],
    [
      "there is another container",
      (each) => pod(each).containers.push({ name: "extra", image: "evil/extra:1" }),
      "containers",
    ],
    ["there is another volume", (each) => pod(each).volumes.push({ name: "extra", emptyDir: {} }), "volumes"],
    [
      "a volume is a folder of the node",
      (each) => {
        delete volume(each, "tmp").emptyDir;
        volume(each, "tmp").hostPath = { path: "/" };
      },
      "tmp",
    ],
    [
      "the data set is another claim",
      (each) => (volume(each, "dataset").persistentVolumeClaim.claimName = "other"),
      "dataset",
    ],
    [
      "the token has another audience",
      (each) =>
        (volume(each, "tributary-token").projected.sources[0].serviceAccountToken.audience =
          "https://kubernetes.default.svc"),
      "tributary-token",
    ],
    [
      "the parameters are another ConfigMap",
      (each) => (volume(each, "tributary-parameters").configMap.name = "kube-root-ca.crt"),
      "tributary-parameters",
    ],
    [
      "the parameters pick a key",
      (each) => (volume(each, "tributary-parameters").configMap.items = [{ key: "a", path: "worker.json" }]),
      "tributary-parameters",
    ],
    [
      "the parameters are a Secret",
      (each) => {
        delete volume(each, "tributary-parameters").configMap;
        volume(each, "tributary-parameters").secret = { secretName: each.metadata.name };
      },
      "tributary-parameters",
    ],
    ["it runs as another account", (each) => (pod(each).serviceAccountName = "tributary-hub"), "serviceAccountName"],
    [
      "it gets a token of its account",
      (each) => (pod(each).automountServiceAccountToken = true),
      "automountServiceAccountToken",
    ],
    ["it uses the node's network", (each) => (pod(each).hostNetwork = true), "hostNetwork"],
    [
      "it shares processes between containers",
      (each) => (pod(each).shareProcessNamespace = true),
      "shareProcessNamespace",
    ],
    ["it resolves names", (each) => (pod(each).dnsPolicy = "ClusterFirst"), "dnsPolicy"],
    ["it is bound to a node", (each) => (pod(each).nodeName = "node-1"), "nodeName"],
    ["it is another user", (each) => (pod(each).securityContext.runAsUser = 0), "securityContext"],
    [
      "it asks for more accelerators",
      (each) => {
        trainer(each).resources.limits["nvidia.com/gpu"] = "5";
        trainer(each).resources.requests["nvidia.com/gpu"] = "5";
      },
      "nvidia.com/gpu=4",
    ],
    [
      "it asks for an accelerator that is not offered",
      (each) => {
        trainer(each).resources.limits["amd.com/gpu"] = "1";
        trainer(each).resources.requests["amd.com/gpu"] = "1";
      },
      "nvidia.com/gpu=4",
    ],
    ["it asks for more memory", (each) => (trainer(each).resources.limits.memory = "64Gi"), "resources of the runtime"],
    ["it asks for no memory", (each) => delete trainer(each).resources.limits, "resources of the runtime"],
    [
      "its pod has an annotation",
      (each) =>
        (each.spec.template.metadata.annotations = {
          "container.apparmor.security.beta.kubernetes.io/trainer": "unconfined",
        }),
      "annotations",
    ],
    [
      "its pod has a label of others",
      (each) => (each.spec.template.metadata.labels["sidecar.istio.io/inject"] = "true"),
      "labels",
    ],
    [
      "its pod is labelled as another runtime",
      (each) => (each.spec.template.metadata.labels["tributary.dev/runtime"] = "noop"),
      "labels",
    ],
    [
      "its pod has a finalizer",
      (each) => (each.spec.template.metadata.finalizers = ["example.com/keep"]),
      "labels and annotations only",
    ],
    [
      "it selects pods by itself",
      (each) => {
        each.spec.manualSelector = true;
        each.spec.selector = { matchLabels: { a: "b" } };
        each.spec.template.metadata.labels.a = "b";
      },
      "manualSelector",
    ],
    ["it is run by another controller", (each) => (each.spec.managedBy = "example.com/other"), "managedBy"],
    ["it names no runtime", (each) => delete each.metadata.labels["tributary.dev/runtime"], "must name a runtime"],
    [
      "it names a runtime that is not offered",
      (each) => (each.metadata.labels["tributary.dev/runtime"] = "torch"),
      "must name a runtime",
    ],
    [
      "it names the runtime without its data set",
      (each) => delete each.metadata.labels["tributary.dev/dataset"],
      "must name a runtime",
    ],
    [
      "it names another runtime",
      (each) => {
        each.metadata.labels["tributary.dev/runtime"] = "noop";
        delete each.metadata.labels["tributary.dev/dataset"];
      },
      "binding 'tributary-workers-noop'",
    ],
    [
      "it does not say which hub made it",
      (each) => delete each.metadata.labels["tributary.dev/origin"],
      "tributary.dev/",
    ],
  ];

  it.each(cases)("%s", async (_sentence, change, wantMessage) => {
    const batchJob = tampered(await jobFor("tfjs.notes-aws"), change);
    const message = await refusal(() => create(batchJob));
    expect(message).toContain("ValidatingAdmissionPolicy");
    expect(message).toContain(wantMessage);
  });
});
