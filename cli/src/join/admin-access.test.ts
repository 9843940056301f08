import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readAdminAccess } from "./admin-access.ts";
import { cloudPlugins } from "./admin-plugin.ts";
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

const withUser = (name: string, user: string): string => `${aKubeconfig()}  - name: ${name}\n    user: ${user}\n`;

const withKeyTwice = (user: string): string =>
  aKubeconfig({}, {}, { users: undefined }).concat(
    `users:\n  - {name: ${user}, user: {token: secret-key, token: b}}\n`,
  );

/** Ten times ten times … as much as is written. */
function aliasesWithoutEnd(): string {
  const tenOf = (name: string): string => `[${Array(10).fill(`*${name}`).join(", ")}]`;
  const names = ["a", "b", "c", "d", "e", "f"];
  const lists = names.slice(1).map((name, index) => `${name}: &${name} ${tenOf(names[index] as string)}\n`);
  return `a: &a [secret-key]\n${lists.join("")}${aKubeconfig()}`;
}

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

  // Each as kubectl v1.34.4 reads it: \`kubectl config view --minify\`.
  it.each<[string, string]>([
    ["an empty CA file", aKubeconfig({ "certificate-authority": "" })],
    ["no CA file", aKubeconfig({ "certificate-authority": null })],
    ["an empty token file", aKubeconfig({}, { token: "secret-token", tokenFile: "" })],
    [
      "empty files of a certificate",
      aKubeconfig({}, { token: "secret-token", "client-certificate": "", "client-key": "" }),
    ],
    [
      "a check of TLS that is not left out",
      aKubeconfig().replace("server:", "insecure-skip-tls-verify: no\n      server:"),
    ],
    ["a key twice in a user that the context does not name", withUser("v", "{token: secret-token, token: b}")],
    ["aliases of users that the context does not name", withUser("v", "&x {token: b}\n  - name: w\n    user: *x")],
    ["an alias that another user holds itself by", withUser("v", "&x {a: *x}")],
    [
      "an alias of the user that the context names",
      aKubeconfig({}, {}, { users: undefined }).concat(
        "users:\n  - {name: v, user: &x {token: secret-token}}\n  - {name: u, user: *x}\n",
      ),
    ],
    [
      "a mapping that is merged",
      aKubeconfig({}, {}, { users: undefined }).concat(
        "users:\n  - {name: v, user: &x {token: secret-token}}\n  - {name: u, user: {<<: *x}}\n",
      ),
    ],
    [
      "an anchor used by hundreds",
      aKubeconfig({}, {}, { users: undefined }).concat(
        "users:\n  - {name: u, user: &x {token: secret-token}}\n",
        ...Array.from({ length: 400 }, (_, n) => `  - {name: v${n}, user: *x}\n`),
      ),
    ],
  ])("with %s is taken", (_what, text) => {
    expect(read(text).credential).toEqual({ authorization: "Bearer secret-token" });
  });

  it("may be UTF-16, as a shell of Windows writes what kubectl prints", () => {
    const path = join(folder, "utf16.yaml");
    writeFileSync(path, Buffer.from(`\uFEFF${aKubeconfig()}`, "utf16le"));
    expect(readAdminAccess(path, []).endpoint.url).toBe("https://10.0.0.1:6443");
  });

  it.each<[string, string, string]>([
    ["a key twice in the user that the context names", withKeyTwice("u"), "a second time in line"],
    ["a list twice", `${aKubeconfig()}users:\n  - {name: u, user: {token: secret-key}}\n`, "a second time in line"],
    [
      "a user that holds itself",
      aKubeconfig({}, {}, { users: undefined }).concat(
        "users:\n  - {name: u, user: &x {token: secret-token, a: *x}}\n",
      ),
      "holds itself by an alias",
    ],
    ["an alias that leads nowhere", aKubeconfig().replace("user: u", "user: *secret-token"), "uses aliases"],
    ["aliases without end", aliasesWithoutEnd(), "uses aliases"],
    ["a user in its address", aKubeconfig({ server: "https://secret-key@10.0.0.1" }), "server: holds a user"],
    [
      "a password in its address",
      aKubeconfig({ server: "https://u:secret-password@10.0.0.1" }),
      "server: holds a user",
    ],
    [
      "a check of TLS that is no word",
      aKubeconfig({ "insecure-skip-tls-verify": "secret-key" }),
      "insecure-skip-tls-verify",
    ],
    ["a command line as its plugin", aKubeconfig({}, execOf("corp-login --password=secret-password")), "exec command"],
    [
      "a command line of a plugin of a cloud",
      aKubeconfig({}, execOf("aws --password=secret-password")),
      "move arguments to args",
    ],
    ["an address as its plugin", aKubeconfig({}, execOf("https://u:secret-password@h/login")), "exec command"],
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
