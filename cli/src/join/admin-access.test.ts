import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { cloudPlugins, readAdminAccess } from "./admin-access.ts";
import { caPem } from "./test-certificates.ts";

type Fields = Record<string, unknown>;

const secrets = ["secret-token", "secret-password", "secret-argument", "secret-key"];
const caData = Buffer.from(caPem).toString("base64");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfigs-"));
  mkdirSync(join(folder, "files"));
  writeFileSync(join(folder, "files/ca.crt"), caPem);
  writeFileSync(join(folder, "files/token"), "secret-token\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function aKubeconfig(cluster: Fields = {}, user: Fields = { token: "secret-token" }, more: Fields = {}): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "one",
    clusters: [{ name: "one", cluster: { server: "https://10.0.0.1:6443", ...cluster } }],
    contexts: [{ name: "one", context: { cluster: "one", user: "u" } }],
    users: [{ name: "u", user }],
    ...more,
  });
}

function read(text: string, plugins: readonly string[] = cloudPlugins) {
  const path = join(folder, "config.yaml");
  writeFileSync(path, text);
  return readAdminAccess(path, plugins);
}

const execOf = (command: string, more: Fields = {}): Fields => ({
  exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command, args: ["secret-argument"], ...more },
});

describe("the kubeconfig of an admin", () => {
  it.each(["aws", "gke-gcloud-auth-plugin", "kubelogin"])("may get its credential from %s", (command) => {
    const { exec } = read(aKubeconfig({}, execOf(command, { provideClusterInfo: true })));
    expect(exec).toMatchObject({ command, args: ["secret-argument"], provideClusterInfo: true });
  });

  it("runs its plugin in the environment of the admin, with what it sets itself", () => {
    process.env.AWS_PROFILE = "clinic";
    const { exec } = read(aKubeconfig({}, execOf("aws", { env: [{ name: "AWS_REGION", value: "us-east-1" }] })));
    delete process.env.AWS_PROFILE;
    expect(exec?.env).toContainEqual({ name: "AWS_PROFILE", value: "clinic" });
    expect(exec?.env.at(-1)).toEqual({ name: "AWS_REGION", value: "us-east-1" });
  });

  it.each(["evil", "/usr/bin/evil", "./evil", "aws2"])("may not run %s unless it is allowed", (command) => {
    const text = aKubeconfig({}, execOf(command));
    const program = command.split("/").at(-1) as string;
    expect(() => read(text)).toThrow(`--allow-exec-plugin ${program}`);
    expect(read(text, [program]).exec?.command).toBe(command === "./evil" ? join(folder, "evil") : command);
  });

  it("keeps every field of the connection and puts in what files hold", () => {
    const fields = {
      server: "https://rancher.example.com/k8s/clusters/c-abc12",
      "certificate-authority": "files/ca.crt",
      "tls-server-name": "kube.example.internal",
      "proxy-url": "http://proxy.example.com:3128",
    };
    expect(read(aKubeconfig(fields, { tokenFile: "files/token" }))).toMatchObject({
      endpoint: {
        url: fields.server,
        ca: caPem,
        serverName: fields["tls-server-name"],
        proxyUrl: fields["proxy-url"],
      },
      credential: { authorization: "Bearer secret-token" },
    });
  });

  it.each<[string, Fields, string]>([
    ["of its file where it names one", { token: "secret-old", tokenFile: "files/token" }, "secret-token"],
    ["beside a file that is missing", { token: "secret-old", tokenFile: "files/no-token" }, "secret-old"],
    ["beside a file that is empty", { token: "secret-old", tokenFile: "files/empty" }, "secret-old"],
  ])("sends the token that kubectl sends: the one %s", (_which, user, token) => {
    writeFileSync(join(folder, "files/empty"), "\n");
    expect(read(aKubeconfig({}, user)).credential).toEqual({ authorization: `Bearer ${token}` });
  });

  it("is judged by its current context alone", () => {
    const broken = [
      { name: "one", cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": caData } },
      { name: "minikube", cluster: { server: "nowhere", "certificate-authority": "/missing/ca.crt" } },
      { name: "other", cluster: null },
    ];
    const users = [
      { name: "u", user: { token: "secret-token" } },
      { name: "v", user: execOf("evil") },
    ];
    expect(read(aKubeconfig({}, {}, { clusters: broken, users })).endpoint.ca).toBe(caPem);
  });

  it.each<[string, string, string]>([
    [
      "a file that is missing",
      aKubeconfig({ "certificate-authority": "files/no.crt" }),
      "no.crt, which cannot be read",
    ],
    ["a key file that is missing", aKubeconfig({}, { "client-key": "files/no.key" }), 'user "u" client-key'],
    ["a token where its file belongs", aKubeconfig({}, { tokenFile: "secret-token" }), 'user "u" tokenFile'],
    ["a key where its file belongs", aKubeconfig({}, { "client-key": "secret-key" }), 'user "u" client-key'],
    ["no check of the certificate", aKubeconfig({ "insecure-skip-tls-verify": true }), "certificate-authority-data"],
    ["an address without TLS", aKubeconfig({ server: "http://10.0.0.1" }), "no https URL"],
    ["a proxy with a typo", aKubeconfig({ "proxy-url": "htp://u:secret-password@p" }), "proxy-url"],
    ["a password", aKubeconfig({}, { username: "a", password: "secret-password" }), "uses a password"],
    ["another's identity", aKubeconfig({}, { as: "root", token: "secret-token" }), "impersonates"],
    ["a token with a blank", aKubeconfig({}, { token: "secret-token secret-key" }), "token"],
    ["a token that is a list", aKubeconfig({}, { token: ["secret-token"] }), "token"],
    ["a key without its certificate", aKubeconfig({}, { "client-key-data": "secret-key" }), "without its key"],
    ["a certificate that is none", aKubeconfig({ "certificate-authority-data": "secret-key" }), "base64"],
    ["nothing to be known by", aKubeconfig({}, {}), "has no credential"],
    [
      "variables of a plugin that are no list",
      aKubeconfig({}, execOf("aws", { env: { A: "secret-key" } })),
      "exec env",
    ],
    ["an argument of a plugin that is no text", aKubeconfig({}, execOf("aws", { args: [5] })), "exec args[0]"],
    ["a plugin without a command", aKubeconfig({}, { exec: { args: ["secret-argument"] } }), "exec"],
    ["clusters that are a mapping", aKubeconfig({}, { token: "secret-token" }, { clusters: { one: {} } }), "clusters"],
    ["no users", aKubeconfig({}, {}, { users: null }), "user"],
    ["two documents", `${aKubeconfig()}---\n${aKubeconfig()}`, "2 YAML documents"],
    ["broken YAML", `${aKubeconfig()}  token: "secret-token\n`, "is not YAML"],
    ["HTML", "<html>secret-token</html>", "is not a mapping"],
    ["nothing", "", "is empty"],
  ])("with %s is refused in one line that shows no secret", (_what, text, said) => {
    let message = "";
    try {
      read(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(said);
    expect(message).toContain(join(folder, "config.yaml"));
    expect(message).not.toContain("\n");
    for (const secret of secrets) expect(message).not.toContain(secret);
  });

  it("that is not there is named", () => {
    expect(() => readAdminAccess(join(folder, "missing.yaml"), [])).toThrow("missing.yaml cannot be read");
    expect(() => readAdminAccess(aKubeconfig(), [])).toThrow(/^kubeconfig a text that is no path cannot be read/u);
  });
});
