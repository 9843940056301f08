import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { renderBatchJob, type SeatInput } from "@tributary/operator";
import { hubValues, isAllowed, memberValues, type RunAs, refusal } from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { hooksOfMember, removeWorkers, runHelm } from "../support/helm.ts";

const charts = join(import.meta.dirname, "../../charts");

const securityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
const containerSecurity = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ name: "charts", controllerManager: true });
});

afterAll(async () => {
  await cluster?.stop();
});

interface PodTemplate {
  readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
}

const helm = (args: readonly string[], values?: object) => runHelm(cluster, args, values);
const kubectl = (...args: string[]) => cluster.kubectl(args);

describe("the member chart under Helm", () => {
  const chart = join(charts, "tributary-member");
  const inGate = "--namespace=tributary-gate";
  const inJobs = "--namespace=tributary-jobs";
  const upgrade = (values: object) => helm(["upgrade", "member", chart, inGate, "--reuse-values"], values);
  const { gate: _gate, ...values } = memberValues;
  let asHub: RunAs;

  const readRuntime = async (): Promise<object> =>
    JSON.parse(await kubectl("get", "podtemplate", "noop", inJobs, "-o", "json"));

  /** A Job of two workers of the runtime noop, made by the hub. */
  async function makeHubJob(template: object, ...flags: string[]): Promise<void> {
    const input = {
      job: {
        metadata: { name: "clinic-notes", namespace: "research", uid: "0b9c6f9e-9c0c-4a57-9d7c-1f1d1a2b3c4d" },
        spec: { failurePolicy: { workerRestartLimit: 3 }, trainer: { task: "noop", seed: 1 } },
      },
      participant: { name: "aws", workers: 2 },
      namespace: "tributary-jobs",
      origin: "hub",
      template,
    } as unknown as SeatInput;
    await asHub(["create", ...flags, "-f", "-"], JSON.stringify(renderBatchJob(input)));
  }

  /** Another account of the same name takes another token. */
  async function takeToken(): Promise<void> {
    const token = await cluster.mintToken({ namespace: "tributary-jobs", serviceAccount: "tributary-hub" });
    const access = [`--server=${cluster.url}`, `--certificate-authority=${cluster.authorityPath}`, `--token=${token}`];
    asHub = (args, input) => cluster.kubectl(["--kubeconfig=/dev/null", ...access, ...args], input);
  }

  /** Only the runtime of now may run: what it was before is refused. */
  async function expectJudgedByNow(before: object): Promise<void> {
    await takeToken();
    const dryRun = "--dry-run=server";
    await vi.waitFor(async () => expect(await refusal(async () => makeHubJob(await readRuntime(), dryRun))).toBe(""), {
      timeout: 60_000,
      interval: 500,
    });
    // Also when the hub says that it is the version of now.
    const { labels } = ((await readRuntime()) as PodTemplate).template.metadata;
    const { template, ...rest } = before as PodTemplate;
    const relabelled = { ...rest, template: { ...template, metadata: { ...template.metadata, labels } } };
    expect(await refusal(() => makeHubJob(relabelled, dryRun))).toContain("differ from the runtime: initContainers");
    expect(await refusal(() => makeHubJob(before, dryRun))).toContain("labels of the pod must be the runtime's own");
  }

  beforeAll(async () => {
    const state = { volumeSize: "16Mi" };
    const notes = await helm(["install", "member", chart, inGate, "--create-namespace"], {
      ...values,
      gate: { state },
    });
    expect(notes).toContain("--set-file gate.caCertificate=gate-ca.pem");
    await takeToken();
  });

  it("offers no runtime until the CA of the gate is pinned", async () => {
    expect(await kubectl("get", "podtemplates", inJobs, "-o", "name")).toBe("");
  });

  it("offers the runtimes, with the address that the gate's Service has, once it is", async () => {
    const notes = await upgrade({ gate: { caCertificate: "pem" } });
    expect(notes).toContain("Runtimes offered: noop tfjs.notes-aws");
    const address = await kubectl("get", "service", "tributary-gate", inGate, "-o", "jsonpath={.spec.clusterIP}");
    const template = JSON.parse(await kubectl("get", "podtemplate", "tfjs.notes-aws", inJobs, "-o", "json"));
    const variables = template.template.spec.initContainers[0].env;
    expect(variables).toContainEqual({ name: "TRIBUTARY_GATE_ADDRESS", value: `${address}:8445` });
    expect(variables).toContainEqual({ name: "TRIBUTARY_GATE_WORKER_ADDRESS", value: `${address}:8446` });
    expect(variables).toContainEqual({ name: "TRIBUTARY_GATE_CA_PEM", value: "pem" });
  });

  it("leaves the claim of the gate's state as large as it is when no size is set, and says so", async () => {
    const size = "jsonpath={.spec.resources.requests.storage}";
    const readSize = () => kubectl("get", "persistentvolumeclaim", "tributary-gate-state", inGate, "-o", size);
    const gate = { caCertificate: "pem" };
    const notes = await helm(["upgrade", "member", chart, inGate, "--reset-values"], { ...values, gate });
    expect(notes).toContain("stays on its claim of 16Mi");
    expect(await readSize()).toBe("16Mi");
    await expect(upgrade({ gate: { state: { volumeSize: "1Gi" } } })).rejects.toThrow("spec: Forbidden");
    expect(await readSize()).toBe("16Mi");
    await upgrade({ gate: { state: { volumeSize: "" } } });
  });

  it("leaves the gate's pod alone when the values stay the same", async () => {
    const generation = () =>
      kubectl("get", "deployment", "tributary-gate", inGate, "-o", "jsonpath={.metadata.generation}");
    const before = await generation();
    await upgrade({});
    expect(await generation()).toBe(before);
  });

  it("lets the hub in until hub.enabled is false; then its token is worth nothing", async () => {
    expect(await isAllowed(asHub, "create", "jobs.batch", inJobs)).toBe(true);
    await makeHubJob(await readRuntime());
    await helm(["upgrade", "member", chart, inGate, "--reuse-values", "--no-hooks"], { hub: { enabled: false } });
    // The API server remembers for seconds that a token was good.
    await vi.waitFor(
      async () =>
        expect(await refusal(() => asHub(["get", "jobs", inJobs]))).toMatch(
          /Unauthorized|must be logged in|forbidden/iu,
        ),
      { timeout: 60_000, interval: 500 },
    );
    const bindings = await kubectl("get", "validatingadmissionpolicybindings", "-o", "name");
    expect(bindings).not.toContain("tributary-workers-noop");
    expect(bindings).toContain("tributary-no-other-workers");
  });

  it("then removes what runs for the hub, and nothing else", async () => {
    await kubectl("create", "configmap", "settings", inJobs);
    const own = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "of-the-member", namespace: "tributary-jobs" },
      spec: { securityContext, containers: [{ name: "a", image: "a/b:1", securityContext: containerSecurity }] },
    };
    await cluster.kubectl(["create", "-f", "-"], stringify(own));
    const pods = () => kubectl("get", "pods", inJobs, "-o", "name");
    await vi.waitFor(async () => expect((await pods()).split("\n")).toHaveLength(4), { timeout: 60_000 });
    await removeWorkers(cluster, "tributary-jobs");
    expect(await kubectl("get", "jobs", inJobs, "-o", "name")).toBe("");
    expect(await pods()).toBe("pod/of-the-member\n");
  });

  it("judges by the runtimes of now once the hub is let in again", async () => {
    const before = await readRuntime();
    await upgrade({ hub: { enabled: true }, gate: { caCertificate: "another pem" } });
    await expectJudgedByNow(before);
  });

  it("judges by the runtimes of now once it was removed and installed again", async () => {
    const before = await readRuntime();
    await helm(["uninstall", "member", inGate]);
    await vi.waitFor(async () => expect(await policies()).toEqual(followers), { timeout: 60_000, interval: 500 });
    const { gate: _gate, ...values } = memberValues;
    await helm(["install", "member", chart, inGate], values);
    await upgrade({ gate: { caCertificate: "a third pem" } });
    await expectJudgedByNow(before);
  });

  const policies = async () =>
    (await kubectl("get", "validatingadmissionpolicies", "-o", "name"))
      .split("\n")
      .filter((name) => name !== "")
      .map((name) => name.replace(/^.*\//u, ""));
  /** They look at nothing, and keep the API server following what parameters are taken from. */
  const followers = ["tributary-follows-configmaps", "tributary-follows-podtemplates"];

  it("leaves the data's namespace and the CA's claim when it is removed", async () => {
    await helm(["uninstall", "member", inGate]);
    expect(await kubectl("get", "namespace", "tributary-jobs", "-o", "name")).toBe("namespace/tributary-jobs\n");
    expect(await kubectl("get", "pvc", "tributary-gate-ca", inGate, "-o", "name")).toContain("tributary-gate-ca");
    expect(await policies()).toEqual(followers);
  });
});

describe("the hub's account under Helm", () => {
  const release = ["member", join(charts, "tributary-member"), "--namespace=tributary-gate"];
  const where = "jsonpath={.items[*].metadata.namespace}";
  const accounts = () =>
    kubectl("get", "serviceaccounts", "-A", "--field-selector=metadata.name=tributary-hub", "-o", where);
  const upgrade = (names: string[], hub: object = {}) =>
    helm(["upgrade", ...release, "--no-hooks"], {
      ...memberValues,
      jobNamespaces: names.map((name) => ({ name, create: true })),
      hub,
    });

  beforeAll(async () => {
    await helm(["install", ...release], { ...memberValues, jobNamespaces: [{ name: "mine", create: true }] });
  });

  afterAll(async () => {
    await helm(["uninstall", "member", "--namespace=tributary-gate"]);
  });

  it("stays where it is when the list of job namespaces begins with another", async () => {
    expect(await accounts()).toBe("mine");
    await upgrade(["tributary-jobs", "another", "mine"]);
    expect(await accounts()).toBe("mine");
  });

  it("can be switched off after somebody deleted it, as often as it takes, and comes back where it was", async () => {
    await kubectl("delete", "serviceaccount", "tributary-hub", "--namespace=mine");
    const off = { enabled: false };
    await upgrade(["another", "mine"], off);
    await upgrade(["another", "mine"], off);
    expect(await accounts()).toBe("");
    await upgrade(["tributary-jobs", "another", "mine"]);
    expect(await accounts()).toBe("mine");
  });

  it("is not moved without a word when its namespace is a job namespace no longer", async () => {
    expect(await refusal(() => upgrade(["tributary-jobs"]))).toContain("set hub.serviceAccount.namespace to mine");
    await upgrade(["tributary-jobs"], { serviceAccount: { namespace: "mine" } });
    expect(await accounts()).toBe("mine");
    await upgrade(["tributary-jobs"], { serviceAccount: { namespace: "tributary-jobs" } });
    await vi.waitFor(async () => expect(await accounts()).toBe("tributary-jobs"), { timeout: 60_000, interval: 500 });
  });

  /** What the policies of the hub's writes know the hub by. */
  const judged = async () =>
    JSON.parse(
      (
        await kubectl(
          ...["get", "validatingadmissionpolicy", "tributary-hub-writes-its-own"],
          ...["-o", "jsonpath={.spec.matchConditions[0].expression}"],
        )
      ).replace("request.userInfo.username in ", ""),
    ) as string[];
  /** What is taken away may take a moment to be gone. */
  const untilJudged = (wanted: string[], hub: object = {}) =>
    vi.waitFor(
      async () => {
        await upgrade(["tributary-jobs"], hub);
        expect(await judged()).toEqual(wanted);
      },
      { timeout: 60_000, interval: 500 },
    );
  const present = "system:serviceaccount:tributary-jobs:tributary-hub";
  const former = "system:serviceaccount:mine:tributary-hub";

  it("is judged under its former name too until the upgrade that moves it has ended", async () => {
    expect(await judged()).toEqual([present, former]);
    await untilJudged([present]);
  });

  it("is judged under its former name as long as an upgrade that failed left that its rights", async () => {
    const labels = { "app.kubernetes.io/name": "tributary-member", "app.kubernetes.io/instance": "member" };
    const left = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "left-behind", namespace: "mine", labels },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "tributary-hub" },
      subjects: [{ kind: "ServiceAccount", name: "tributary-hub", namespace: "mine" }],
    };
    await cluster.kubectl(["create", "-f", "-"], stringify(left));
    await upgrade(["tributary-jobs"]);
    expect(await judged()).toEqual([present, former]);
    await kubectl("delete", "rolebinding", "left-behind", "--namespace=mine");
    await untilJudged([present]);
  });

  it("is renamed only after the hub was switched off, and the kill switch works under either name", async () => {
    const renamed = { serviceAccount: { name: "research-hub" } };
    expect(await refusal(() => upgrade(["tributary-jobs"], renamed))).toContain(
      "set hub.serviceAccount.name to tributary-hub to leave it",
    );
    expect(await judged()).toEqual([present]);
    await upgrade(["tributary-jobs"], { ...renamed, enabled: false });
    const other = "system:serviceaccount:tributary-jobs:research-hub";
    expect(await judged()).toEqual([other, present]);
    await untilJudged([other], renamed);
    expect(await accounts()).toBe("");
  });
});

describe("a job namespace that is taken from the values", () => {
  const release = ["member", join(charts, "tributary-member"), "--namespace=tributary-gate"];
  const withNamespaces = (...names: string[]) => ({
    ...memberValues,
    jobNamespaces: names.map((name) => ({ name, create: true })),
  });
  const hooks = () => hooksOfMember(cluster);
  const closed = () => kubectl("get", "networkpolicies", "--namespace=another", "-o", "name");

  it("is emptied of the hub's workers before the upgrade has ended, and is closed until then", async () => {
    await helm(["install", ...release], withNamespaces("tributary-jobs", "another"));
    const left = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "worker", namespace: "another", labels: { "tributary.dev/origin": "hub" } },
      spec: { securityContext, containers: [{ name: "a", image: "a/b:1", securityContext: containerSecurity }] },
    };
    await vi.waitFor(() => cluster.kubectl(["create", "-f", "-"], stringify(left)), { timeout: 60_000, interval: 500 });
    await helm(["upgrade", ...release, "--no-hooks"], withNamespaces("tributary-jobs"));
    const made = await hooks();
    const batchJob = made.find(({ kind }) => kind === "Job")!;
    expect(batchJob.spec.template.spec.containers[0].env).toEqual([
      { name: "TRIBUTARY_JOB_NAMESPACES", value: "another" },
    ]);
    expect(await closed()).toContain("tributary-workers");
    const access = made.filter((object) => object !== batchJob).map((object) => stringify(object));
    await cluster.kubectl(["create", "-f", "-"], access.join("---\n"));
    await removeWorkers(cluster, "another");
    expect(await kubectl("get", "pods", "--namespace=another", "-o", "name")).toBe("");

    await helm(["upgrade", ...release, "--no-hooks"], withNamespaces("tributary-jobs"));
    expect(await hooks(), "a removal that did not end is tried again").toHaveLength(made.length);
    await cluster.kubectl(["delete", "-f", "-"], access.join("---\n"));
    await helm(["upgrade", ...release], withNamespaces("tributary-jobs"));
    expect(await hooks()).toEqual([]);
    expect(await closed()).toBe("");
    await helm(["uninstall", "member", "--namespace=tributary-gate"]);
  });
});

describe("the hub chart under Helm", () => {
  const chart = join(charts, "tributary-hub");
  const release = ["hub", chart, "--namespace=tributary-system"];

  it("installs, upgrades to the same and leaves the definitions when it is removed", async () => {
    await helm(["install", ...release, "--create-namespace"], hubValues);
    const deployment = ["get", "deployment", "tributary-operator", "--namespace=tributary-system"];
    const generation = () => kubectl(...deployment, "-o", "jsonpath={.metadata.generation}");
    const before = await generation();
    await helm(["upgrade", ...release], hubValues);
    expect(await generation()).toBe(before);
    await helm(["uninstall", "hub", "--namespace=tributary-system"]);
    const definitions = await kubectl("get", "crds", "-o", "name");
    expect(definitions.split("\n").filter((name) => name.endsWith(".tributary.dev"))).toHaveLength(3);
  });

  it("gives the operator a new process when its configuration changes", async () => {
    await helm(["install", ...release], hubValues);
    const hash = () =>
      kubectl(
        ...["get", "deployment", "tributary-operator", "--namespace=tributary-system"],
        ...["-o", "jsonpath={.spec.template.metadata.annotations}"],
      );
    const before = await hash();
    await helm(["upgrade", ...release], { ...hubValues, aggregator: { memoryLimit: "2Gi" } });
    expect(await hash()).not.toBe(before);
  });
});
