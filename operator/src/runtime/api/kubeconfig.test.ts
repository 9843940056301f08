import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { selfSignedCertificate } from "../testing/fault-endpoint.ts";
import { parseKubeconfig } from "./kubeconfig.ts";

const [one, two] = await Promise.all([0, 1].map(() => selfSignedCertificate(new Date(Date.now() + 86_400_000))));
const certPem = one!.cert;
const pem = base64(certPem);
const secretToken = "secret-token";

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

interface Parts {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  more?: Record<string, unknown>;
}

function kubeconfig({ cluster = {}, user = { token: secretToken }, more = {} }: Parts = {}): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "c", cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": pem, ...cluster } },
    ],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "n" } }],
    "current-context": "x",
    ...more,
  });
}

const caOf = (data: string): string => kubeconfig({ cluster: { "certificate-authority-data": data } });
const serverOf = (server: string): string => kubeconfig({ cluster: { server } });

function errorOf(text: string): Error & { code: string } {
  try {
    parseKubeconfig(text);
  } catch (error) {
    expect(isTributaryError(error, "KUBECONFIG_INVALID"), String(error)).toBe(true);
    return error as Error & { code: string };
  }
  throw new Error("the kubeconfig was accepted");
}

describe("parseKubeconfig", () => {
  it("gives endpoint, CA, credential and namespace of the current context", () => {
    const access = parseKubeconfig(kubeconfig({ cluster: { "tls-server-name": "api.example" } }));
    expect(access).toEqual({
      endpoint: { url: "https://10.0.0.1:6443", ca: certPem, serverName: "api.example" },
      credential: { authorization: "Bearer secret-token" },
      namespace: "n",
    });
  });

  const elsewhere = {
    clusters: [
      { name: "minikube", cluster: { server: "https://192.168.49.2", "certificate-authority": "/home/a/ca.crt" } },
      { name: "c", cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": pem } },
    ],
    users: [
      { name: "eks", user: { exec: { command: "aws" } } },
      { name: "u", user: { token: secretToken } },
    ],
  };
  const wrapped = `\n${pem.replace(/(.{76})/gu, "$1\n")}\n`;

  it.each([
    { what: "a file that another context names", text: kubeconfig({ more: elsewhere }) },
    { what: "two certificates, as while a CA is changed over", text: caOf(base64(`${certPem}\n${two!.cert}`)) },
    { what: "a CA with CRLF", text: caOf(base64(certPem.replaceAll("\n", "\r\n"))) },
    { what: "base64 without padding", text: caOf(pem.replace(/=+$/u, "")) },
    { what: "base64 with a line end", text: caOf(`${pem}\n`) },
    { what: "base64 in lines", text: caOf(wrapped) },
    {
      what: "no CA: the system's roots count",
      text: kubeconfig({ cluster: { "certificate-authority-data": undefined } }),
    },
    { what: "a token with a line end", text: kubeconfig({ user: { token: `${secretToken}\n` } }) },
    { what: "CRLF", text: kubeconfig().replaceAll("\n", "\r\n") },
    { what: "a byte order mark", text: `\uFEFF${kubeconfig()}` },
    { what: "an anchor that nothing uses", text: kubeconfig().replace("users:", "users: &a") },
    { what: "an empty document behind it", text: `${kubeconfig()}---\n` },
    { what: "an IPv6 address", text: serverOf("https://[fd00::1]:6443") },
    { what: "a path", text: serverOf("https://rancher.example.com/k8s/clusters/c-abc12") },
    { what: "a proxy", text: kubeconfig({ cluster: { "proxy-url": "http://proxy:3128" } }) },
    { what: "the name of a file that is empty", text: kubeconfig({ cluster: { "certificate-authority": "" } }) },
    { what: "the name of a file that is null", text: kubeconfig({ cluster: { "certificate-authority": null } }) },
    {
      what: "fields of a user that are empty or null",
      text: kubeconfig({ user: { token: "t", tokenFile: "", as: "", "as-groups": [], username: null, exec: null } }),
    },
    { what: "a slash at the end", text: serverOf("https://10.0.0.1:6443/") },
    {
      what: "a client certificate",
      text: kubeconfig({ user: { "client-certificate-data": pem, "client-key-data": base64(one!.key) } }),
    },
  ])("takes $what", ({ text }) => {
    expect(() => parseKubeconfig(text)).not.toThrow();
  });

  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "/bin/sh", args: ["-c", "id"] };
  const other = { "client-certificate-data": pem, "client-key-data": base64(two!.key) };

  it.each([
    { what: "text that is not YAML", text: "a: [", says: "is not YAML" },
    { what: "an empty text", text: "", says: "is empty" },
    { what: "a sign-in page", text: "<html>sign in</html>", says: "is not a mapping" },
    { what: "aliases", text: "a: &a [1]\nb: *a", says: "uses aliases" },
    { what: "two documents", text: `${kubeconfig()}---\n${kubeconfig()}`, says: "holds 2 YAML documents" },
    {
      what: "a map of clusters",
      text: kubeconfig({ more: { clusters: { name: "c" } } }),
      says: "clusters: is no list",
    },
    { what: "no users", text: kubeconfig({ more: { users: null } }), says: "names no user" },
    {
      what: "a name that is a number",
      text: kubeconfig({ more: { "current-context": 1234 } }),
      says: "put it in quotes",
    },
    {
      what: "an empty current context",
      text: kubeconfig({ more: { "current-context": "" } }),
      says: "use-context NAME",
    },
    {
      what: "a CA file",
      text: kubeconfig({ cluster: { "certificate-authority": "/etc/passwd" } }),
      says: "names a file",
    },
    { what: "a token file", text: kubeconfig({ user: { tokenFile: "/etc/passwd" } }), says: 'user "u" tokenFile' },
    {
      what: "a client certificate file",
      text: kubeconfig({ user: { "client-certificate": "/etc/passwd" } }),
      says: "names a file",
    },
    { what: "an exec plugin nobody allowed", text: kubeconfig({ user: { exec } }), says: '"/bin/sh" may not run here' },
    {
      what: "no TLS verification",
      text: kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }),
      says: "skips TLS verification",
    },
    {
      what: "a user in the address",
      text: serverOf("https://admin@10.0.0.1"),
      says: "server: holds a user or a password",
    },
    { what: "a password in the address", text: serverOf(`https://:${secretToken}@10.0.0.1`), says: "holds a user" },
    { what: "a number as a file", text: kubeconfig({ user: { tokenFile: 5 } }), says: "tokenFile: is a number" },
    {
      what: "a check of TLS that is neither on nor off",
      text: kubeconfig({ cluster: { "insecure-skip-tls-verify": "maybe" } }),
      says: "insecure-skip-tls-verify: is neither true nor false",
    },
    {
      what: "an empty text where true or false belongs",
      text: kubeconfig({ cluster: { "insecure-skip-tls-verify": "" } }),
      says: "is neither true nor false",
    },
    {
      what: "groups of another user",
      text: kubeconfig({ user: { token: "t", "as-groups": ["a"] } }),
      says: "impersonates",
    },
    { what: "a password alone", text: kubeconfig({ user: { token: "t", password: "b" } }), says: "password" },
    {
      what: "two users of the name",
      text: kubeconfig({ more: { users: [1, 2].map((n) => ({ name: "u", user: { token: `t${n}` } })) } }),
      says: 'users: holds two entries of the name "u"',
    },
    {
      what: "a key that is written twice, whoever's",
      text: kubeconfig().replace("users:", "users:\n  - name: v\n    user:\n      token: a\n      token: b"),
      says: "a second time in line",
    },
    { what: "plain http", text: serverOf("http://10.0.0.1"), says: "no https URL" },
    {
      what: "a proxy by SOCKS",
      text: kubeconfig({ cluster: { "proxy-url": "socks5://proxy" } }),
      says: "proxy-url: is no http",
    },
    { what: "impersonation", text: kubeconfig({ user: { token: "t", as: "system:admin" } }), says: "impersonates" },
    {
      what: "an auth provider",
      text: kubeconfig({ user: { "auth-provider": { name: "gcp" } } }),
      says: "auth-provider",
    },
    { what: "a password", text: kubeconfig({ user: { username: "a", password: "b" } }), says: "password" },
    { what: "a user without credential", text: kubeconfig({ user: {} }), says: "has no credential" },
    { what: "a token of two words", text: kubeconfig({ user: { token: "secret-token two" } }), says: "holds blanks" },
    {
      what: "a certificate without key",
      text: kubeconfig({ user: { "client-certificate-data": pem } }),
      says: "without its key",
    },
    { what: "the key of another certificate", text: kubeconfig({ user: other }), says: "not the key of the client" },
    { what: "a CA that is no PEM", text: caOf("AAAA"), says: "is not base64 of PEM" },
    { what: "a CA that is PEM itself", text: caOf(certPem), says: "is PEM itself" },
    { what: "a CA in base64 twice", text: caOf(base64(pem)), says: "is base64 of base64" },
    { what: "a CA that is cut", text: caOf(pem.slice(0, -80)), says: "ends inside a PEM block" },
    { what: "a damaged CA", text: caOf(base64(certPem.replace(/\n.{8}/u, "\n"))), says: "holds a damaged certificate" },
    { what: "a key as CA", text: caOf(base64(one!.key)), says: "holds a PRIVATE KEY" },
    { what: "a missing context", text: kubeconfig({ more: { "current-context": "y" } }), says: "names no context" },
    { what: "a missing user", text: kubeconfig({ more: { users: [] } }), says: "names no user" },
    { what: "a missing cluster", text: kubeconfig({ more: { clusters: [] } }), says: "names no cluster" },
  ])("refuses $what", ({ text, says }) => {
    const error = errorOf(text);
    expect(error.message).toContain(says);
    expect(error.message).not.toContain(secretToken);
    expect(String(error.cause)).not.toContain(secretToken);
  });

  it("does not open a file that the kubeconfig names", () => {
    const path = join(mkdtempSync(join(tmpdir(), "kubeconfig-")), "stolen");
    writeFileSync(path, "stolen-content");
    const error = errorOf(kubeconfig({ user: { "token-file": path } }));
    expect(error.message).toContain('user "u" token-file: names a file');
  });

  it("says which entry is missing when a mapping stands where its name belongs", () => {
    const users = [{ name: { toString: "a" }, user: { token: secretToken } }];
    expect(errorOf(kubeconfig({ more: { users } })).message).toContain("user");
  });

  it("puts no part of the text into its error", () => {
    const error = errorOf(`${kubeconfig()}\n  broken: ]`);
    expect(JSON.stringify({ ...error, message: error.message, cause: String(error.cause) })).not.toContain(secretToken);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a number among its arguments", { args: ["--account", 123_456_789_012] }, "exec args[1]: is a number"],
    ["a word of YAML among its arguments", { args: [true] }, "exec args[0]: is a boolean"],
    ["arguments in one text", { args: "-c id" }, "exec args: is no list"],
    ["a number as a variable", { env: [{ name: "AWS_ACCOUNT", value: 12 }] }, "exec env[0] value: is a number"],
    ["a variable without a name", { env: [{ value: "a" }] }, "exec env[0]: has no name"],
    ["variables as a mapping", { env: { AWS_PROFILE: "clinic" } }, "exec env: is no list"],
  ])("never runs a plugin with less than was written: %s", (_what, more, says) => {
    const text = kubeconfig({ user: { exec: { ...exec, ...more } } });
    expect(() => parseKubeconfig(text, { allowedExecCommands: ["/bin/sh"] })).toThrow(says);
  });

  it("takes a variable without a value as an empty one", () => {
    const text = kubeconfig({ user: { exec: { ...exec, env: [{ name: "AWS_PROFILE" }] } } });
    expect(parseKubeconfig(text, { allowedExecCommands: ["/bin/sh"] }).exec?.env).toEqual([
      { name: "AWS_PROFILE", value: "" },
    ]);
  });

  // Each line as kubectl v1.34.4 reads it.
  it.each([
    ...["n", "no", "No", "off", "OFF", "false", "~"].map((word) => ({ word, is: false })),
    ...["y", "yes", "YES", "On", "on", "true", "TRUE"].map((word) => ({ word, is: true })),
  ])("takes the word $word for $is", ({ word, is }) => {
    const withWord = (text: string): string => text.replace("WORD", word);
    const cluster = withWord(kubeconfig({ cluster: { "insecure-skip-tls-verify": "WORD" } }));
    if (is) expect(errorOf(cluster).message).toContain("skips TLS verification");
    else expect(() => parseKubeconfig(cluster)).not.toThrow();
    const user = withWord(kubeconfig({ user: { exec: { ...exec, provideClusterInfo: "WORD" } } }));
    expect(parseKubeconfig(user, { allowedExecCommands: ["/bin/sh"] }).exec?.provideClusterInfo).toBe(is);
  });

  it("keeps for a plugin what the cluster says of itself", () => {
    const config = { audience: "clinic" };
    const extensions = [
      { name: "other", extension: { a: 1 } },
      { name: "client.authentication.k8s.io/exec", extension: config },
    ];
    const infoOf = (provideClusterInfo: boolean) => {
      const cluster = { extensions, "disable-compression": true };
      const text = kubeconfig({ cluster, user: { exec: { ...exec, provideClusterInfo } } });
      return parseKubeconfig(text, { allowedExecCommands: ["/bin/sh"] }).exec?.clusterInfo;
    };
    expect(infoOf(true)).toEqual({ config, "disable-compression": true });
    expect(infoOf(false)).toBeUndefined();
  });

  it("runs no plugin for one who has a token, as kubectl does", () => {
    const access = parseKubeconfig(kubeconfig({ user: { token: "t", exec } }), { allowedExecCommands: ["/bin/sh"] });
    expect(access).toMatchObject({ credential: { authorization: "Bearer t" } });
    expect(access.exec).toBeUndefined();
  });

  it.each([
    "login --password=hunter2",
    "/opt/login\n--password hunter2",
    "https://u:hunter2@corp.example/login",
    `hunter2${"A".repeat(300)}`,
  ])("shows no command that is no plain name or path: %j", (command) => {
    expect(errorOf(kubeconfig({ user: { exec: { command } } })).message).not.toContain("hunter2");
  });

  it("accepts an exec plugin that the policy lists", () => {
    const access = parseKubeconfig(kubeconfig({ user: { exec } }), { allowedExecCommands: ["/bin/sh"] });
    expect(access.exec).toMatchObject({ command: "/bin/sh", args: ["-c", "id"] });
  });
});
