import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ControlPlane, freePorts, startControlPlane } from "@tributary/clouds";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeGateFiles, writeTrustFiles } from "../support/gate-files.ts";
import { until } from "../support/until.ts";
import { bundleOf } from "./support/program-bundles.ts";
import { type RunningProcess, startProgram } from "./support/running-process.ts";
import { JOB_UID, WireJob } from "./support/wire-job.ts";

const IMAGE = "registry.example/tributary/dataplane:test";
const RUNTIME_LABELS = { "tributary.dev/runtime": "wire" };
let cluster: ControlPlane;
let directory: string;
let gate: RunningProcess;
let gatePort: number;
let workerPort: number;
let gateCaPem: string;
let gateEnv: Record<string, string>;
let job: WireJob | undefined;

beforeAll(async () => {
  cluster = await startControlPlane({ name: "gate" });
  directory = await mkdtemp(join(tmpdir(), "tributary-gate-"));
  await cluster.kubectl(["apply", "-f", "-"], objects());
  await mkdir(join(directory, "ca"));
  [gatePort, workerPort] = (await freePorts(2)) as [number, number];
  gate = await startGate();
  gateCaPem = await readFile(join(directory, "ca/ca.crt"), "utf8");
}, 300_000);

afterEach(async () => {
  await job?.destroy();
  job = undefined;
});

afterAll(async () => {
  await gate?.kill();
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const SHIFT_CLOCK = fileURLToPath(new URL("./support/shift-clock.mjs", import.meta.url));

describe("the gate against a real API server", () => {
  it("enrols a pod's sidecar, whose certificate the aggregator accepts for that seat alone", async () => {
    await makePod("worker-0", {});
    const { sidecar } = await startWorker("worker-0");
    await until("the sidecar joins", () => sidecar.lines.some(({ msg }) => msg === "joined the job"));
    const enrolled = gate.lines.find(({ msg, pod }) => msg === "worker enrolled" && pod === "worker-0");
    expect(enrolled).toMatchObject({ uri: `tributary://cluster-0/jobs/${JOB_UID}/p0/0` });
    expect(JSON.stringify(gate.lines)).not.toContain(await readFile(join(directory, "worker-0.token"), "utf8"));
    expect((await job!.state()).parties).toMatchObject([{ participant: "p0", workerIndex: 0 }]);
  });

  it("gives a worker whose clock is a day ahead a certificate that it keeps over a restart", async () => {
    await makePod("worker-ahead", {});
    const clock = { NODE_OPTIONS: `--import ${SHIFT_CLOCK}`, TRIBUTARY_TEST_CLOCK_SHIFT_MS: String(24 * 3_600_000) };
    const worker = await startWorker("worker-ahead", {}, clock);
    for (let start = 0; start < 2; start++) {
      if (start > 0) worker.sidecar = await job!.startSidecar(worker, worker.env);
      await until("the sidecar joins", () => worker.sidecar.lines.some(({ msg }) => msg === "joined the job"));
      await worker.sidecar.kill();
    }
    const enrolled = gate.lines.filter(({ msg, pod }) => msg === "worker enrolled" && pod === "worker-ahead");
    expect(enrolled).toHaveLength(1);
  });

  it("keeps its CA over a restart", async () => {
    await gate.stop();
    gate = await startGate();
    expect(await readFile(join(directory, "ca/ca.crt"), "utf8")).toBe(gateCaPem);
    await makePod("worker-again", {});
    const { sidecar } = await startWorker("worker-again");
    await until("the sidecar joins", () => sidecar.lines.some(({ msg }) => msg === "joined the job"));
  });

  it("ends once another gate has its volume, and says whose it is; the other goes on", async () => {
    const [former, configPath] = [gate, join(directory, "gate-b.json")];
    const config = JSON.parse(await readFile(gateEnv.TRIBUTARY_GATE_CONFIG!, "utf8"));
    await writeFile(configPath, JSON.stringify({ ...config, listen: { port: 0, workerPort: 0, healthPort: 0 } }));
    const env = { ...gateEnv, TRIBUTARY_GATE_CONFIG: configPath, HOSTNAME: "gate-b" };
    gate = await startProgram("gate", { name: "gate-b", env, logPath: join(directory, "gate-b.jsonl") });
    await until("the other gate is ready", () => gate.lines.some(({ msg }) => msg === "gate is ready"));
    await writeTrustFiles(join(directory, "trust"), { policy: { maxLocalSteps: 7 } });
    expect(await former.ended).toMatchObject({ code: 54 });
    const says = former.lines.at(-1)?.msg;
    expect(says).toMatch(/holder\.json names another gate: \{.*"holder":"gate-b"/u);
    await until(
      "the other's policy is in force",
      () => gate.lines.filter(({ msg }) => msg === "peers and policy are in force").length > 1,
    );
    expect((await readAudit()).end).toContain("lines are right");
    await gate.stop();
    gate = await startGate();
  });

  it("costs no round while it is away when a certificate should be renewed, and renews it once it is back", async () => {
    await makePod("worker-old", {});
    const worker = await startWorker("worker-old");
    const joins = () => worker.sidecar.lines.filter(({ msg }) => msg === "joined the job").length;
    await until("the sidecar joins", () => joins() === 1);
    await worker.sidecar.kill();
    await gate.stop();
    const keptPath = join(worker.directory, "memory/identity.json");
    const kept = JSON.parse(await readFile(keptPath, "utf8")) as { enrolledMs: number };
    await writeFile(keptPath, JSON.stringify({ ...kept, renewAtMs: kept.enrolledMs }));
    worker.sidecar = await job!.startSidecar(worker, worker.env);
    await until("the sidecar asks the gate", () =>
      worker.sidecar.lines.some(({ code }) => code === "GATE_UNREACHABLE"),
    );
    await job!.openWindow({ from: 0, through: 1 });
    await job!.untilCommitted(2);
    expect(joins()).toBe(1);
    gate = await startGate();
    await until("the sidecar joins by the new certificate", () => joins() === 2, 60_000);
    expect(gate.lines.filter(({ msg, pod }) => msg === "worker enrolled" && pod === "worker-old")).toHaveLength(1);
    await job!.openWindow({ from: 2, through: 2 });
    expect((await job!.untilCommitted(3)).failedRounds).toBe(0);
  });

  it("is asked about each round, keeps out whom the policy keeps out, and writes it all down", async () => {
    await makePod("worker-asks", {});
    const { sidecar } = await startWorker(
      "worker-asks",
      {},
      { TRIBUTARY_GATE_WORKER_ADDRESS: `127.0.0.1:${workerPort}` },
    );
    await until("the sidecar joins", () => sidecar.lines.some(({ msg }) => msg === "joined the job"));
    await job!.openWindow({ from: 0, through: 1 });
    await job!.untilCommitted(2);
    await writeTrustFiles(join(directory, "trust"), { policy: { withdrawn: true } });
    await until(
      "the policy is in force",
      () => gate.lines.filter(({ msg }) => msg === "peers and policy are in force").length > 1,
    );
    await job!.openWindow({ from: 2, through: 2 });
    await until("the round is refused", () => sidecar.lines.some(({ code }) => code === "TERMS_REFUSED"));
    expect(sidecar.lines.find(({ code }) => code === "TERMS_REFUSED")?.msg).toContain(
      "policy.withdrawn is true, this member takes part in nothing",
    );
    await writeTrustFiles(join(directory, "trust"), { policy: unmasked });
    await job!.untilCommitted(3);
    const { lines, end } = await readAudit();
    const ofJob = lines.filter(({ job: uid, pod }) => uid === JOB_UID && pod === undefined);
    expect(ofJob.filter(({ kind }) => kind === "Admitted").map(({ line }) => line)).toEqual([0, 1, 2]);
    expect(ofJob.find(({ kind }) => kind === "Refused")).toMatchObject({
      line: 2,
      code: "TERMS_REFUSED",
      reason: expect.stringContaining("policy.withdrawn"),
    });
    expect(lines.filter(({ kind }) => kind === "TrustChanged").length).toBeGreaterThan(2);
    expect(end).toContain(`gate-audit: ${lines.length} lines are right`);
  });

  it("keeps out a pod that is gone, though its certificate is good", async () => {
    await makePod("worker-gone", {});
    const { sidecar } = await startWorker(
      "worker-gone",
      {},
      { TRIBUTARY_GATE_WORKER_ADDRESS: `127.0.0.1:${workerPort}` },
    );
    await until("the sidecar joins", () => sidecar.lines.some(({ msg }) => msg === "joined the job"));
    await cluster.kubectl(["delete", "pod", "--all", "--namespace=jobs", "--force", "--grace-period=0"]);
    await gate.stop();
    gate = await startGate();
    await job!.openWindow({ from: 0, through: 0 });
    await until(
      "the round is refused",
      () => sidecar.lines.some(({ code }) => code === "GATE_UNREACHABLE" || code === "ENROLMENT_REFUSED"),
      60_000,
    );
  });

  it("lets no worker of another job onto a seat", async () => {
    await makePod("stranger", { labels: { "tributary.dev/job-uid": "another-job" } });
    const { sidecar } = await startWorker("stranger");
    await until("the aggregator refuses", () => sidecar.lines.some(({ code }) => code === "IDENTITY_REJECTED"));
    expect((await job!.state()).parties).toEqual([]);
  });

  it.each([
    { name: "an image that is not listed", pod: { image: "evil.example/image:1" }, token: {}, exitCode: 71 },
    { name: "a namespace that is not served", pod: { namespace: "elsewhere" }, token: {}, exitCode: 71 },
    { name: "a pod that is not its runtime's", pod: { spec: { hostPID: true } }, token: {}, exitCode: 71 },
    {
      name: "a runtime that nobody offers",
      pod: { labels: { "tributary.dev/runtime": "x" } },
      token: {},
      exitCode: 71,
    },
    { name: "a token for another audience", pod: {}, token: { audience: "other" }, exitCode: 70 },
    { name: "a token that is bound to no pod", pod: {}, token: { isUnbound: true }, exitCode: 70 },
  ])("refuses $name, and the sidecar ends with the code of it", async ({ name, pod, token, exitCode }) => {
    const podName = name.replaceAll(/[^a-z]/gu, "-");
    await makePod(podName, pod);
    const { sidecar } = await startWorker(podName, { ...pod, ...token });
    expect(await sidecar.ended).toEqual({ code: exitCode, signal: null });
  });
});

/** A policy for jobs of one worker, whose rounds cannot be masked. */
const unmasked = { protocols: ["None"] };

async function startGate(): Promise<RunningProcess> {
  const config = {
    version: 1,
    cluster: "cluster-0",
    namespaces: ["jobs"],
    images: [IMAGE],
    serverNames: ["gate.test", "127.0.0.1"],
    caDirectory: join(directory, "ca"),
    stateDirectory: directory,
    listen: { port: gatePort, workerPort, healthPort: 0 },
  };
  const token = await cluster.kubectl(["create", "token", "gate", "--namespace=gate"]);
  const env = await writeGateFiles(directory, cluster, { config, token, policy: unmasked });
  gateEnv = env;
  const started = await startProgram("gate", { name: "gate", env, logPath: join(directory, "gate.jsonl") });
  await until("the gate is ready", () => started.lines.some(({ msg }) => msg === "gate is ready"));
  return started;
}

/** The trail as `gate-audit --verify` prints it, while the gate runs. */
async function readAudit() {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [await bundleOf("gate-audit"), "--verify"], {
    env: { ...process.env, ...gateEnv },
  });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { lines, end: stderr };
}

interface PodOptions {
  readonly namespace?: string;
  readonly image?: string;
  readonly labels?: Record<string, string>;
  /** What it has besides its runtime's. */
  readonly spec?: object;
}

/** What the runtime's pods are made of. */
function podSpec(image: string) {
  return {
    restartPolicy: "Never",
    serviceAccountName: "worker",
    initContainers: [{ name: "sidecar", image, restartPolicy: "Always" }],
    containers: [{ name: "trainer", image: "registry.example/trainer:test" }],
  };
}

/** A pod as a Job's would be, of the runtime that {@link objects} offers. */
async function makePod(name: string, options: PodOptions): Promise<void> {
  const { namespace = "jobs", image = IMAGE, labels = {}, spec = {} } = options;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: {
        "tributary.dev/job-uid": JOB_UID,
        "tributary.dev/participant": "p0",
        "batch.kubernetes.io/job-completion-index": "0",
        ...RUNTIME_LABELS,
        ...labels,
      },
    },
    spec: { ...podSpec(image), ...spec },
  };
  // Not applied: that would leave an annotation, which no controller does.
  await cluster.kubectl(["create", "-f", "-"], JSON.stringify(pod));
}

interface TokenChoice {
  readonly namespace?: string;
  readonly audience?: string;
  readonly isUnbound?: boolean;
}

/** A sidecar that has the token its pod would mount; nothing here runs pods. */
async function startWorker(
  pod: string,
  { namespace = "jobs", audience = "tributary", isUnbound = false }: TokenChoice = {},
  more: Record<string, string> = {},
) {
  const binding = isUnbound ? [] : ["--bound-object-kind=Pod", `--bound-object-name=${pod}`];
  const token = await cluster.kubectl([
    "create",
    "token",
    "worker",
    `--namespace=${namespace}`,
    `--audience=${audience}`,
    ...binding,
  ]);
  const tokenPath = join(directory, `${pod}.token`);
  await writeFile(tokenPath, token.trim());
  job = await WireJob.create({ workers: [1], gateCaPems: [gateCaPem] });
  await job.startAggregator();
  const env = {
    TRIBUTARY_IDENTITY_DIR: "",
    TRIBUTARY_GATE_ADDRESS: `127.0.0.1:${gatePort}`,
    TRIBUTARY_GATE_SERVER_NAME: "gate.test",
    TRIBUTARY_GATE_CA_PEM: gateCaPem,
    TRIBUTARY_TOKEN_PATH: tokenPath,
    ...more,
  };
  return Object.assign(await job.addWorker(0, 0, env), { env });
}

function objects(): string {
  const namespaces = ["jobs", "elsewhere", "gate"].map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  }));
  const account = (name: string, namespace: string) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace },
  });
  const subjects = [{ kind: "ServiceAccount", name: "gate", namespace: "gate" }];
  const rbac = "rbac.authorization.k8s.io";
  const reviews = { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] };
  const pods = { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] };
  const runtimes = { apiGroups: [""], resources: ["podtemplates"], verbs: ["list"] };
  const items = [
    ...namespaces,
    account("worker", "jobs"),
    account("worker", "elsewhere"),
    account("gate", "gate"),
    {
      apiVersion: "v1",
      kind: "PodTemplate",
      metadata: { name: "wire", namespace: "jobs", labels: RUNTIME_LABELS },
      template: { metadata: { labels: RUNTIME_LABELS }, spec: podSpec(IMAGE) },
    },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "gate" }, rules: [reviews] },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "gate" },
      subjects,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "gate" },
    },
    { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name: "gate", namespace: "jobs" }, rules: [pods, runtimes] },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "gate", namespace: "jobs" },
      subjects,
      roleRef: { apiGroup: rbac, kind: "Role", name: "gate" },
    },
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
