import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type ControlPlane, ensureTools, startControlPlane, toStandardError } from "@tributary/clouds";
import { jobNamespace, memberValues, type RunAs } from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { aJob } from "../support/a-job.ts";
import { enrolPod } from "../support/enrolment/enrol-pod.ts";
import {
  becomeAdmin,
  freeGatePorts,
  type GatePorts,
  makeSeat,
  type SeatGround,
  startChartGate,
} from "../support/enrolment/enrolment-ground.ts";
import { eventually } from "../support/eventually.ts";
import { runHelm } from "../support/helm.ts";
import type { RunningProcess } from "../wire/support/running-process.ts";

const root = join(import.meta.dirname, "../..");
const inGate = "--namespace=tributary-gate";
const cluster = memberValues.cluster.name;

/** One API server is hub and member; its gate is a process, since there are no nodes. */
let controlPlane: ControlPlane;
let ground: SeatGround & { readonly stop: () => void };
let folder: string;
let gate: RunningProcess;
let ports: GatePorts;
/** What the gate that runs was told. */
let told: string;

const kubectl = (...args: readonly string[]): Promise<string> => controlPlane.kubectl(args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rotation-"));
  controlPlane = await startControlPlane({ name: "rotation", controllerManager: true });
  await prepareHub();
  const { gate: _gate, ...values } = memberValues;
  const chart = join(root, "charts/tributary-member");
  await runHelm(controlPlane, ["install", "tributary", chart, inGate, "--create-namespace"], values);
  const admin = await becomeAdmin({ controlPlane });
  ground = { member: { asHub: await becomeHub() }, admin, stop: () => admin.close() };
  await prepareShell();
  ports = await freeGatePorts();
  await mkdir(join(folder, "ca"));
  await startGate();
  await joinFirst();
});

afterAll(async () => {
  await gate?.kill();
  ground?.stop();
  await controlPlane?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function prepareHub(): Promise<void> {
  const crds = ["federatedtrainingjobs", "memberclusters", "trainingrounds"];
  const texts = await Promise.all(crds.map((plural) => readFile(join(root, `crds/${plural}.yaml`), "utf8")));
  await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], texts.join("\n---\n"));
  await kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all");
  for (const name of ["tributary-system", "research"]) await kubectl("create", "namespace", name);
  await controlPlane.kubectl(["create", "-f", "-"], stringify(aJob({ "metadata.namespace": "research" })));
}

async function becomeHub(): Promise<RunAs> {
  const token = await controlPlane.mintToken({ namespace: jobNamespace, serviceAccount: "tributary-hub" });
  const access = [`--server=${controlPlane.url}`, `--certificate-authority=${controlPlane.authorityPath}`];
  return (args, input) =>
    controlPlane.kubectl(["--kubeconfig=/dev/null", ...access, `--token=${token}`, ...args], input);
}

/** A shell that has helm, kubectl with its plugin, the charts and both kubeconfigs. */
async function prepareShell(): Promise<void> {
  const tools = await ensureTools(toStandardError);
  const plugin = `exec "${process.execPath}" "${root}/cli/src/main.ts" "$@"`;
  const script = `#!/bin/sh\nif [ "$1" = tributary ]; then shift; ${plugin}; fi\nexec "${tools.kubectl}" "$@"\n`;
  await writeFile(join(folder, "kubectl"), script);
  await chmod(join(folder, "kubectl"), 0o755);
  await symlink(tools.helm, join(folder, "helm"));
  await symlink(join(root, "charts/tributary-member"), join(folder, "tributary-member"));
  for (const name of ["clinic", "hub"]) await copyFile(controlPlane.kubeconfigPath, join(folder, `${name}.yaml`));
}

/** Runs a line of the guide; throws with what it said when it fails. */
function run(line: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment, PATH: `${folder}${delimiter}${process.env.PATH}` };
    execFile("sh", ["-c", line], { env, cwd: folder }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${line}: ${stderr}`)),
    );
  });
}

/** The guide's own lines of a command, in their order. */
async function readGuide(): Promise<readonly string[]> {
  const guide = await readFile(join(root, "docs/guides/rotation.md"), "utf8");
  return [...guide.matchAll(/^```sh\n(.*?)^```$/gmsu)].flatMap((block) => block[1]!.trim().split("\n"));
}

const readMap = async (name: string): Promise<Record<string, string>> =>
  JSON.parse(await kubectl("get", "configmap", name, inGate, "-o", "json")).data ?? {};

const readTold = async (): Promise<string> => (await readMap("tributary-gate"))["gate.json"]!;

interface RotatedKey {
  readonly fingerprint: string;
  readonly signs: boolean;
}

async function readRotation(): Promise<{ readonly ca: RotatedKey[]; readonly identity: RotatedKey[] }> {
  return JSON.parse((await readMap("tributary-gate-identity"))["rotation.json"]!);
}

/** Starts the gate as its Deployment would, and waits until it has published what it is. */
async function startGate(): Promise<void> {
  told = await readTold();
  await kubectl("patch", "configmap", "tributary-gate-identity", inGate, "--type=merge", "-p", '{"data":null}');
  gate = await startChartGate({ controlPlane }, folder, ports);
  await eventually("the gate publishes", async () => (await readMap("tributary-gate-identity"))["ca.crt"]);
}

/** As its Deployment does when the configuration is another. */
async function restartIfTold(): Promise<void> {
  if ((await readTold()) === told) return;
  await gate.stop();
  await startGate();
}

/** The chart's second step and the member's registration, as before any rotation. */
async function joinFirst(): Promise<void> {
  const lines = await readGuide();
  for (const end of ["> gate-ca.pem", "--set-file gate.caCertificate=gate-ca.pem", "--map research=tributary-jobs"])
    await run(lines.find((line) => line.endsWith(end))!);
}

let seats = 0;

/** A worker that is made now enrols by what its runtime pins, and the hub knows who signed its certificate. */
async function expectTrustedWorker(): Promise<void> {
  const [pod] = await makeSeat(ground, { runtime: "noop", job: `rotated-${++seats}`, workers: 1 });
  const { env } = pod!.spec.initContainers[0];
  const { value: gateCaPem } = env.find(({ name }: { name: string }) => name === "TRIBUTARY_GATE_CA_PEM");
  const target = { admin: ground.admin, ports, gateCaPem, directory: folder };
  const certificate = new X509Certificate((await enrolPod(target, pod)).certificatePem);
  const { spec } = JSON.parse(await kubectl("get", "membercluster", cluster, "-o", "json"));
  const bundle: string[] = spec.gate.caBundle.match(/-----BEGIN.*?-----END CERTIFICATE-----/gsu);
  const issuers = bundle
    .map((pem) => new X509Certificate(pem))
    .filter(({ publicKey }) => certificate.verify(publicKey));
  expect(issuers).toHaveLength(1);
}

/** There is no operator here that would see the suspension. */
async function tellSuspended(): Promise<void> {
  const job = JSON.parse(
    await kubectl("get", "federatedtrainingjob", "clinic-notes", "--namespace=research", "-o", "json"),
  );
  expect(job.spec.suspend).toBe(true);
  const condition = {
    type: "Suspended",
    status: "True",
    reason: "Suspended",
    message: "",
    lastTransitionTime: new Date(),
  };
  const patch = JSON.stringify({ status: { conditions: [condition] } });
  const args = ["patch", "federatedtrainingjob", "clinic-notes", "--namespace=research"];
  await kubectl(...args, "--subresource=status", "--type=merge", "-p", patch);
}

/** The values by which the guide calls the keys. */
async function nameKeys(known: Record<string, string>): Promise<void> {
  const { ca, identity } = await readRotation();
  for (const [name, keys] of [
    ["CA", ca],
    ["IDENTITY", identity],
  ] as const)
    if (keys.length === 2 && keys[0]!.signs) {
      known[`FORMER_${name}`] = keys[0]!.fingerprint;
      known[`NEXT_${name}`] = keys[1]!.fingerprint;
    }
}

const shapeOf = (keys: readonly RotatedKey[]): string => keys.map(({ signs }) => (signs ? "signs" : "waits")).join(" ");

describe("the guide of rotation", () => {
  it("replaces CA and identity key by its commands, and a worker that is made after any of them is trusted", async () => {
    const before = await readRotation();
    const lines = await readGuide();
    expect(lines.length).toBeGreaterThan(15);
    const known: Record<string, string> = {};
    const stages: Record<"ca" | "identity", string[]> = { ca: [], identity: [] };
    for (const line of lines) {
      if (line.includes(" wait ")) await tellSuspended();
      const said = await run(line, known);
      if (line.includes("{.data.rotation")) expect(JSON.parse(said)).toEqual(await readRotation());
      await restartIfTold();
      await nameKeys(known);
      const now = await readRotation();
      for (const kind of ["ca", "identity"] as const)
        if (shapeOf(now[kind]) !== stages[kind].at(-1)) stages[kind].push(shapeOf(now[kind]));
      if (!line.includes("suspend")) await expectTrustedWorker();
    }
    const steps = ["signs", "signs waits", "waits signs", "signs"];
    expect(stages).toEqual({ ca: steps, identity: steps });
    const after = await readRotation();
    for (const kind of ["ca", "identity"] as const)
      expect(after[kind].map(({ fingerprint }) => fingerprint)).toEqual([known[`NEXT_${kind.toUpperCase()}`]]);
    expect(after.identity[0]!.fingerprint).not.toBe(before.identity[0]!.fingerprint);
    const exported = JSON.parse(await readFile(join(folder, "clinic.json"), "utf8"));
    expect(exported).not.toHaveProperty("alsoKey");
    const job = JSON.parse(
      await kubectl("get", "federatedtrainingjob", "clinic-notes", "--namespace=research", "-o", "json"),
    );
    expect(job.spec.suspend).toBe(false);
    // Some thirty commands of Helm and kubectl, and a worker after nearly each.
  }, 900_000);

  it("says what a gate says of a wish that cannot be, which starts again once that is right", async () => {
    const wish = (fingerprint: string) => ["--reuse-values", "--set-string", `gate.ca.rotation.use=${fingerprint}`];
    const upgrade = ["upgrade", "tributary", join(root, "charts/tributary-member"), inGate];
    const right = (await readRotation()).ca.find(({ signs }) => signs)!.fingerprint;
    await runHelm(controlPlane, [...upgrade, ...wish("00".repeat(32))]);
    await gate.stop();
    gate = await startChartGate({ controlPlane }, folder, ports);
    expect((await gate.ended).code).toBeGreaterThan(1);
    const said = gate.lines.find(({ code }) => code === "CONFIGURATION_INVALID")!.msg;
    expect(said).toContain(`ca.use is "${"00".repeat(32)}"`);
    expect(said).toContain(`${right} (signs)`);
    await runHelm(controlPlane, [...upgrade, ...wish("")]);
    await startGate();
    await expectTrustedWorker();
  });
});
