import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "@tributary/clouds";
import { parseKubeconfig } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ChartApi, jobNamespace, startMemberApi } from "../support/chart-api.ts";

const root = join(import.meta.dirname, "../..");
const system = "tributary-system";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One API server is hub and member: the CRDs and the member chart are on it. */
let api: ChartApi;
let folder: string;
let adminToken: string;
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "join-"));
  api = await startMemberApi();
  const { controlPlane } = api;
  const crds = ["federatedtrainingjobs", "memberclusters", "trainingrounds"];
  const texts = await Promise.all(crds.map((plural) => readFile(join(root, `crds/${plural}.yaml`), "utf8")));
  await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], texts.join("\n---\n"));
  await controlPlane.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  await controlPlane.kubectl(["create", "namespace", system]);
  await controlPlane.kubectl(["create", "serviceaccount", "admin", "--namespace=default"]);
  const admin = ["--clusterrole=cluster-admin", "--serviceaccount=default:admin"];
  await controlPlane.kubectl(["create", "clusterrolebinding", "admin", ...admin]);
  adminToken = await controlPlane.mintToken({ namespace: "default", serviceAccount: "admin" });
  await writeFile(path("gate-ca.pem"), controlPlane.authorityPem);
});

afterAll(async () => {
  await api?.controlPlane.stop();
  await rm(folder, { recursive: true, force: true });
});

const tributary = (...args: readonly string[]): Promise<Ended> => tributaryIn({}, args);

function tributaryIn(environment: Readonly<Record<string, string>>, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...environment } };
    execFile(process.execPath, [join(root, "cli/src/main.ts"), ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** A program that prints an ExecCredential, as those of the clouds do. */
async function writePlugin(name: string, status: object): Promise<string> {
  const credential = { apiVersion: "client.authentication.k8s.io/v1beta1", kind: "ExecCredential", status };
  await writeFile(path("credential.json"), JSON.stringify(credential));
  await writeFile(path(name), `#!/bin/sh\ncat ${path("credential.json")}\n`);
  await chmod(path(name), 0o755);
  return path(name);
}

async function writeKubeconfig(name: string, user: object, cluster: object = {}): Promise<string> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "member",
    contexts: [
      { name: "broken", context: { cluster: "broken", user: "broken" } },
      { name: "member", context: { cluster: "member", user: "admin" } },
    ],
    clusters: [
      { name: "broken", cluster: { server: "nowhere", "certificate-authority": "/missing/ca.crt" } },
      {
        name: "member",
        cluster: { server: api.controlPlane.url, "certificate-authority": api.controlPlane.authorityPath, ...cluster },
      },
    ],
    users: [
      { name: "broken", user: { "client-key": "/missing/key" } },
      { name: "admin", user },
    ],
  };
  await writeFile(path(name), stringify(config));
  return path(name);
}

function joinArguments(memberKubeconfig: string, more: Readonly<Record<string, string>> = {}): string[] {
  const flags = {
    "--hub-kubeconfig": api.controlPlane.kubeconfigPath,
    "--member-kubeconfig": memberKubeconfig,
    "--service-account": `${jobNamespace}/tributary-hub`,
    "--gate-ca": path("gate-ca.pem"),
    "--map": `research=${jobNamespace}`,
    ...more,
  };
  return Object.entries(flags).flat();
}

async function joinAs(
  name: string,
  kubeconfig: string,
  more: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return tributaryIn(environment, ["join", name, ...joinArguments(kubeconfig, more)]);
}

const kubectl = (...args: readonly string[]): Promise<string> => api.controlPlane.kubectl(args);

async function memberSpec(name: string): Promise<Record<string, unknown>> {
  return (JSON.parse(await kubectl("get", "mbr", name, "-o", "json")) as { spec: Record<string, unknown> }).spec;
}

async function storedKubeconfig(name: string): Promise<string> {
  const secret = JSON.parse(await kubectl("get", "secret", `member-${name}`, "-n", system, "-o", "json")) as {
    data: { kubeconfig: string };
  };
  return Buffer.from(secret.data.kubeconfig, "base64").toString("utf8");
}

/** Has a MemberCluster lead to a cluster, as the operator says it. */
async function setClusterUid(name: string, clusterUid: string): Promise<void> {
  const patch = JSON.stringify({ status: { clusterUid } });
  await kubectl("patch", "mbr", name, "--subresource=status", "--type=merge", "-p", patch);
}

/** A kubeconfig of one who may read and write MemberClusters and Secrets on the hub, and only read one of the two. */
async function writeHubKubeconfig(account: string, forbidden: string): Promise<string> {
  const rule = (resources: string): string[] => [
    `--resource=${resources === "secrets" ? resources : `${resources}.tributary.dev`}`,
    `--verb=get${resources === forbidden ? "" : ",create,patch"}`,
  ];
  await kubectl("create", "serviceaccount", account, "-n", "default");
  for (const resources of ["memberclusters", "secrets"]) {
    const role = `${account}-${resources}`;
    await kubectl("create", "clusterrole", role, ...rule(resources));
    await kubectl("create", "clusterrolebinding", role, `--clusterrole=${role}`, `--serviceaccount=default:${account}`);
  }
  const token = await api.controlPlane.mintToken({ namespace: "default", serviceAccount: account });
  return writeKubeconfig(`${account}.yaml`, { token });
}

const isRegistered = async (name: string): Promise<boolean> =>
  (await kubectl("get", "mbr,secret", "-n", system, "-o", "name")).includes(name);

describe("kubectl tributary join", () => {
  it("registers a member by the plugin of its admin's cloud, and the hub holds its own account's token alone", async () => {
    const command = await writePlugin("aws", { token: adminToken });
    const exec = { apiVersion: "client.authentication.k8s.io/v1beta1", command, interactiveMode: "IfAvailable" };
    const kubeconfig = await writeKubeconfig("eks.yaml", { exec }, { "tls-server-name": "localhost" });
    const refused = await joinAs("aws", kubeconfig);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`--allow-exec-plugin ${command}`);
    // A program of a cloud is allowed by its name where the PATH has it, and nowhere else.
    const named = { exec: { ...exec, command: "aws" } };
    const onPath = await writeKubeconfig("eks.yaml", named, { "tls-server-name": "localhost" });
    const more = { "--provider": "aws", "--region": "us-east-1", "--organisation": "St. Anna Hospital" };
    const ended = await joinAs("aws", onPath, more, { PATH: `${folder}:${process.env.PATH}` });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain("member cluster aws is registered");
    expect(ended.stdout).toContain("gate CA fingerprint: ");
    const stored = await storedKubeconfig("aws");
    expect(stored).not.toContain(adminToken);
    expect(parseKubeconfig(stored)).toMatchObject({
      endpoint: { url: api.controlPlane.url, ca: api.controlPlane.authorityPem, serverName: "localhost" },
      namespace: jobNamespace,
    });
    await writeFile(path("stored.yaml"), stored);
    const asHub = ["--kubeconfig", path("stored.yaml"), "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
    expect(await kubectl(...asHub)).toBe(`system:serviceaccount:${jobNamespace}:tributary-hub`);
  });

  it("names every certificate of a gate's CA that is being rotated by its fingerprint", async () => {
    const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
    const next = (await createAuthority("next gate")).certificatePem;
    const pems = [api.controlPlane.authorityPem, next];
    await writeFile(path("rotated-ca.pem"), pems.join(""));
    const ended = await joinAs("rotated", kubeconfig, { "--gate-ca": path("rotated-ca.pem") });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const fingerprints = pems.map((pem) => new X509Certificate(pem).fingerprint256);
    expect(new Set(fingerprints).size).toBe(2);
    for (const fingerprint of fingerprints)
      expect(ended.stdout).toContain(`gate CA fingerprint: ${fingerprint}; compare it`);
    expect(await memberSpec("rotated")).toMatchObject({ gate: { caBundle: pems.join("") } });
  });

  it("renews a member and keeps its provider, region and organisation", async () => {
    const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
    const before = await storedKubeconfig("aws");
    expect(await joinAs("aws", kubeconfig)).toMatchObject({ code: 0 });
    const kept = { provider: "aws", organisation: "St. Anna Hospital" };
    expect(await memberSpec("aws")).toMatchObject({ ...kept, region: "us-east-1" });
    expect(await storedKubeconfig("aws")).not.toBe(before);
    const other = { "--region": "us-west-2", "--map": `clinic=${jobNamespace}` };
    expect(await joinAs("aws", kubeconfig, other)).toMatchObject({ code: 0 });
    expect(await memberSpec("aws")).toMatchObject({
      ...kept,
      region: "us-west-2",
      namespaces: [{ hub: "clinic", member: jobNamespace }],
    });
  });

  it("does not lead a name to another cluster unless it is told to", async () => {
    const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
    const here = await kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");
    await setClusterUid("aws", here);
    expect(await joinAs("aws", kubeconfig)).toMatchObject({ code: 0 });
    await setClusterUid("aws", "uid-of-another");
    const [spec, secret] = [await memberSpec("aws"), await storedKubeconfig("aws")];
    const other = { "--map": `other=${jobNamespace}` };
    const refused = await joinAs("aws", kubeconfig, other);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    for (const part of ["MemberCluster aws", "uid-of-another", here, "--another-cluster"])
      expect(refused.stderr).toContain(part);
    expect(await memberSpec("aws")).toEqual(spec);
    expect(await storedKubeconfig("aws")).toBe(secret);
    const allowed = await tributary("join", "aws", ...joinArguments(kubeconfig, other), "--another-cluster");
    expect(allowed).toMatchObject({ code: 0, stderr: "" });
    expect(await storedKubeconfig("aws")).not.toBe(secret);
    await setClusterUid("aws", here);
  });

  it("maps the hub namespaces of the last --map alone, whoever wrote others", async () => {
    const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
    const entry = (hub: string) => ({ hub, member: jobNamespace });
    await api.controlPlane.kubectl(
      ["apply", "--server-side", "--field-manager=somebody", "-f", "-"],
      stringify({
        apiVersion: "tributary.dev/v1alpha1",
        kind: "MemberCluster",
        metadata: { name: "shared" },
        spec: {
          access: { kubeconfig: { secretName: "member-shared" } },
          region: "here",
          namespaces: [entry("withdrawn"), entry("research"), entry("gone")],
        },
      }),
    );
    expect(await joinAs("shared", kubeconfig)).toMatchObject({ code: 0, stderr: "" });
    expect(await memberSpec("shared")).toMatchObject({ region: "here", namespaces: [entry("research")] });
    expect(await joinAs("shared", kubeconfig, { "--map": `clinic=${jobNamespace}` })).toMatchObject({ code: 0 });
    expect(await memberSpec("shared")).toMatchObject({ namespaces: [entry("clinic")] });
  });

  it("takes a plugin that gives a client certificate once it is allowed, and refuses it before", async () => {
    const { certificatePem, keyPem } = await api.controlPlane.clientCertificate({
      user: "admin",
      groups: ["system:masters"],
    });
    const status = { clientCertificateData: certificatePem, clientKeyData: keyPem };
    await writePlugin("corporate-login", status);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./corporate-login" };
    const kubeconfig = await writeKubeconfig("corporate.yaml", { exec });
    const refused = await joinAs("corporate", kubeconfig);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`--allow-exec-plugin ${path("corporate-login")}`);
    const byName = await joinAs("corporate", kubeconfig, { "--allow-exec-plugin": "corporate-login" });
    expect(byName).toMatchObject({ code: 1, stdout: "" });
    expect(await isRegistered("corporate")).toBe(false);
    for (const program of ["./corporate-login", path("corporate-login")])
      expect(await joinAs("corporate", kubeconfig, { "--allow-exec-plugin": program })).toMatchObject({ code: 0 });
  });

  it("hands the hub another way to the member, and says that it was not tried", async () => {
    const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
    const way = { "--api-server": "https://10.99.0.1:6443/k8s/c-1", "--proxy-url": "http://u:secret@10.99.0.2:3128" };
    const ended = await joinAs("elsewhere", kubeconfig, way);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain("not tried from here: https://10.99.0.1:6443/k8s/c-1, the proxy;");
    expect(ended.stdout).not.toContain("secret");
    const { endpoint } = parseKubeconfig(await storedKubeconfig("elsewhere"));
    expect(endpoint).toMatchObject({ url: way["--api-server"], proxyUrl: way["--proxy-url"] });
  });

  it.each<[string, Readonly<Record<string, string>>, number, readonly string[]]>([
    ["an account that is not there", { "--service-account": "default/hub" }, 2, ["--service-account", "default/hub"]],
    ["an account without rights", { "--service-account": "default/default" }, 1, ["default/default may not", "nodes"]],
    ["a namespace that is not mapped in the member", { "--map": "a=default" }, 1, ["may not", "namespace default"]],
    ["a token that the member would not renew", { "--token-hours": "48" }, 1, ["48 h", "hub.token.maxLifetimeSeconds"]],
    ["a gate's CA that is none", { "--gate-ca": join(root, "README.md") }, 2, ["--gate-ca", "README.md"]],
    ["a region that is too long", { "--region": "r".repeat(65) }, 2, ["--region", "64"]],
    ["a namespace of the operator that is not there", { "--operator-namespace": "nowhere" }, 1, ["nowhere"]],
    ["a life in words", { "--token-hours": "abc" }, 2, ["--token-hours", "abc"]],
    ["a flag that is not there", { "--provder": "aws" }, 2, ["--provder"]],
  ])("registers nothing with %s and names what to mend", async (_what, more, code, said) => {
    const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
    const ended = await joinAs("refused", kubeconfig, more);
    expect(ended).toMatchObject({ code, stdout: "" });
    for (const part of said) expect(ended.stderr).toContain(part);
    expect(ended.stderr).not.toContain(adminToken);
    expect(await isRegistered("refused")).toBe(false);
  });

  it.each(["memberclusters", "secrets"])(
    "registers nothing as one who may not write %s on the hub, nor changes what is registered",
    async (forbidden) => {
      const hub = await writeHubKubeconfig(`all-but-${forbidden}`, forbidden);
      const kubeconfig = await writeKubeconfig("token.yaml", { token: adminToken });
      const before = [await memberSpec("aws"), await storedKubeconfig("aws")];
      for (const name of ["refused", "aws"]) {
        const ended = await joinAs(name, kubeconfig, { "--hub-kubeconfig": hub, "--region": "elsewhere" });
        expect(ended).toMatchObject({ code: 1, stdout: "" });
        expect(ended.stderr).toContain(forbidden);
      }
      expect(await isRegistered("refused")).toBe(false);
      expect([await memberSpec("aws"), await storedKubeconfig("aws")]).toEqual(before);
    },
  );

  it.each<[string, object, object, string]>([
    ["refuses the credential", { token: "wrong-secret" }, {}, "credential"],
    ["has another name", { token: "wrong-secret" }, { "tls-server-name": "wrong.example.com" }, "tls-server-name"],
    ["does not answer", { token: "wrong-secret" }, { server: "https://127.0.0.1:1" }, "check the address"],
    ["has a password in its address", { token: "t" }, { server: "https://admin:wrong-secret@127.0.0.1:1" }, "server"],
    ["has a command line as its plugin", { exec: { command: "aws --password=wrong-secret" } }, {}, "exec command"],
    ["gives its plugin a NUL", { exec: { command: "node", args: ["--password=wrong-secret\0"] } }, {}, "started"],
    ["is given by a plugin that fails", { exec: { command: "aws", env: [{ name: "PATH", value: "" }] } }, {}, "aws"],
  ])("says in one line without a secret that the member %s", async (_what, user, cluster, said) => {
    const kubeconfig = await writeKubeconfig("away.yaml", user, cluster);
    const ended = await joinAs("away", kubeconfig, { "--allow-exec-plugin": "node" });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain("wrong-secret");
    expect(await isRegistered("away")).toBe(false);
  });

  it("leaves alone a Secret of somebody else under the name that it would write", async () => {
    await kubectl("create", "secret", "generic", "member-taken", "-n", system, "--from-literal=mine=1");
    const ended = await joinAs("taken", await writeKubeconfig("token.yaml", { token: adminToken }));
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.stderr).toContain(`Secret ${system}/member-taken`);
    expect(await kubectl("get", "secret", "member-taken", "-n", system, "-o", "jsonpath={.data}")).toBe(
      '{"mine":"MQ=="}',
    );
  });

  it("says what it takes, and how validate ends", async () => {
    const help = await tributary("join", "--help");
    expect(help.code).toBe(0);
    for (const flag of joinArguments("x", { "--allow-exec-plugin": "x", "--tls-server-name": "x" }))
      if (flag.startsWith("--")) expect(help.stdout).toContain(flag);
    expect(help.stdout).toContain("--another-cluster");
    expect((await tributary("validate", join(root, "examples/smollm2-lora/job.yaml"))).code).toBe(0);
    await writeFile(path("bad.yaml"), "apiVersion: tributary.dev/v1alpha2\nkind: FederatedTrainingJob\n");
    expect((await tributary("validate", path("bad.yaml"))).code).toBe(1);
    expect((await tributary("validate", path("missing.yaml"))).code).toBe(2);
    expect((await tributary("validate")).code).toBe(2);
    expect((await tributary("nonsense")).code).toBe(2);
  });
});
