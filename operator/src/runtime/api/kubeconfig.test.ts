import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseKubeconfig } from "./kubeconfig.ts";

const pem = Buffer.from("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n").toString("base64");

interface Parts {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  more?: Record<string, unknown>;
}

function kubeconfig({ cluster = {}, user = { token: "secret-token" }, more = {} }: Parts = {}): string {
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

function errorOf(text: string): Error & { code: string } {
  try {
    parseKubeconfig(text);
  } catch (error) {
    expect(isTributaryError(error, "KUBECONFIG_INVALID")).toBe(true);
    return error as Error & { code: string };
  }
  throw new Error("the kubeconfig was accepted");
}

describe("parseKubeconfig", () => {
  it("gives endpoint, CA, credential and namespace of the current context", () => {
    const access = parseKubeconfig(kubeconfig({ cluster: { "tls-server-name": "api.example" } }));
    expect(access).toEqual({
      endpoint: {
        url: "https://10.0.0.1:6443",
        ca: "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
        serverName: "api.example",
      },
      credential: { authorization: "Bearer secret-token" },
      namespace: "n",
    });
  });

  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "/bin/sh", args: ["-c", "id"] };

  it.each([
    { what: "text that is not YAML", text: "a: [", says: "is not YAML" },
    { what: "an empty text", text: "", says: "is not a mapping" },
    { what: "aliases", text: "a: &a [1]\nb: *a", says: "is not YAML" },
    {
      what: "a CA file",
      text: kubeconfig({ cluster: { "certificate-authority": "/etc/passwd" } }),
      says: "names a file",
    },
    { what: "a token file", text: kubeconfig({ user: { tokenFile: "/etc/passwd" } }), says: "users[0].user.tokenFile" },
    {
      what: "a client certificate file",
      text: kubeconfig({ user: { "client-certificate": "/etc/passwd" } }),
      says: "names a file",
    },
    { what: "an exec plugin nobody allowed", text: kubeconfig({ user: { exec } }), says: '"/bin/sh" is not allowed' },
    {
      what: "no TLS verification",
      text: kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }),
      says: "skips TLS verification",
    },
    { what: "plain http", text: kubeconfig({ cluster: { server: "http://10.0.0.1" } }), says: "no https URL" },
    { what: "a proxy", text: kubeconfig({ cluster: { "proxy-url": "http://proxy" } }), says: "names a proxy" },
    { what: "impersonation", text: kubeconfig({ user: { token: "t", as: "system:admin" } }), says: "impersonates" },
    {
      what: "an auth provider",
      text: kubeconfig({ user: { "auth-provider": { name: "gcp" } } }),
      says: "auth-provider",
    },
    { what: "a password", text: kubeconfig({ user: { username: "a", password: "b" } }), says: "password" },
    { what: "a user without credential", text: kubeconfig({ user: {} }), says: "has no credential" },
    {
      what: "a certificate without key",
      text: kubeconfig({ user: { "client-certificate-data": pem } }),
      says: "without its key",
    },
    {
      what: "a CA that is no PEM",
      text: kubeconfig({ cluster: { "certificate-authority-data": "AAAA" } }),
      says: "is not base64 of PEM",
    },
    { what: "a missing context", text: kubeconfig({ more: { "current-context": "y" } }), says: "names no context" },
    { what: "a missing user", text: kubeconfig({ more: { users: [] } }), says: "names no user" },
    { what: "a missing cluster", text: kubeconfig({ more: { clusters: [] } }), says: "names no cluster" },
  ])("refuses $what", ({ text, says }) => {
    expect(errorOf(text).message).toContain(says);
  });

  it("does not open a file that the kubeconfig names", () => {
    const path = join(mkdtempSync(join(tmpdir(), "kubeconfig-")), "stolen");
    writeFileSync(path, "stolen-content");
    const error = errorOf(kubeconfig({ user: { "token-file": path } }));
    expect(error.message).toContain("users[0].user.token-file: names a file");
  });

  it("puts no part of the text into its error", () => {
    const error = errorOf(`${kubeconfig()}\n  broken: ]`);
    expect(JSON.stringify({ ...error, message: error.message, cause: String(error.cause) })).not.toContain(
      "secret-token",
    );
  });

  it("accepts an exec plugin that the policy lists", () => {
    const access = parseKubeconfig(kubeconfig({ user: { exec } }), { allowedExecCommands: ["/bin/sh"] });
    expect(access.exec).toMatchObject({ command: "/bin/sh", args: ["-c", "id"] });
  });
});
