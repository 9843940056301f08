import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  readApiServer,
  readGateCa,
  readMemberName,
  readNamespaceMap,
  readOperatorNamespace,
  readProxy,
  readServiceAccount,
  readTokenSeconds,
} from "./arguments.ts";
import { caPem, otherCaPem } from "./test-certificates.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gate-ca-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string): string => {
  const path = join(folder, "ca.crt");
  writeFileSync(path, text);
  return path;
};

describe("arguments of join", () => {
  it("are read", () => {
    expect(readMemberName("aws-us-east-1")).toBe("aws-us-east-1");
    expect(readServiceAccount("jobs/tributary-hub")).toEqual({ namespace: "jobs", name: "tributary-hub" });
    expect(readNamespaceMap(["a=b", "c=b"])).toEqual([
      { hub: "a", member: "b" },
      { hub: "c", member: "b" },
    ]);
    expect(readTokenSeconds("24")).toBe(86_400);
    expect(readTokenSeconds("0.5")).toBe(1_800);
    expect(readApiServer("https://10.0.0.1:6443")).toBe("https://10.0.0.1:6443");
    expect(readProxy("none")).toBe("none");
  });

  it("name each certificate of the gate's CA by its fingerprint", () => {
    const one = readGateCa(file(caPem)).fingerprints;
    expect(one).toHaveLength(1);
    const two = readGateCa(file(`${caPem}${otherCaPem}`)).fingerprints;
    expect(two).toEqual([...one, ...readGateCa(file(otherCaPem)).fingerprints]);
    expect(new Set(two).size).toBe(2);
  });

  it.each<[string, () => unknown, string]>([
    ["a name with a dot", () => readMemberName("aws.east"), '<name> is "aws.east"; must be'],
    ["an account without a namespace", () => readServiceAccount("hub"), '--service-account is "hub"; must be'],
    ["an account with a part too much", () => readServiceAccount("a/b/c"), "<namespace>/<name>"],
    ["a map without a member", () => readNamespaceMap(["a"]), '--map is "a"; must be'],
    ["a map with a part too much", () => readNamespaceMap(["a=b=c"]), "--map"],
    ["a hub namespace twice", () => readNamespaceMap(["a=b", "a=c"]), '--map is "a=c"; must be the only one'],
    ["a life in words", () => readTokenSeconds("abc"), '--token-hours is "abc"; must be'],
    ["a life of nothing", () => readTokenSeconds("0"), "--token-hours"],
    ["a life in the past", () => readTokenSeconds("-24"), "--token-hours"],
    ["a life of five minutes", () => readTokenSeconds("0.08"), "--token-hours"],
    ["an API server without TLS", () => readApiServer("http://a"), "--api-server"],
    ["an API server that is a host alone", () => readApiServer("10.0.0.1:6443"), "--api-server"],
    ["an API server with a user", () => readApiServer("https://admin@10.0.0.1"), "without user and password"],
    [
      "a namespace with capitals",
      () => readOperatorNamespace("Tributary"),
      '--operator-namespace is "Tributary"; must',
    ],
    ["a CA that is missing", () => readGateCa("/missing/ca.crt"), "--gate-ca: /missing/ca.crt cannot be read"],
    ["a CA that is none", () => readGateCa(file("-----BEGIN CERTIFICATE-----\n")), "--gate-ca"],
    [
      "a CA with its key",
      () => readGateCa(file(`${caPem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`)),
      "--gate-ca",
    ],
  ])("with %s are refused by the name of the flag", (_what, reading, said) => {
    expect(reading).toThrow(said);
  });

  it("show no password of a proxy", () => {
    expect(() => readProxy("htp://u:secret@p")).toThrow(/^--proxy-url must be an http or https URL, or none$/u);
  });

  it.each<[string, () => unknown]>([
    ["a password of an API server", () => readApiServer("https://u:secret@10.0.0.1")],
    ["the content of a file instead of its path", () => readGateCa("-----BEGIN PRIVATE KEY-----\nsecret\n")],
    ["a key instead of a file, in base64", () => readGateCa(`${"A".repeat(300)}secret`)],
    ["a key instead of a name", () => readMemberName("-----BEGIN PRIVATE KEY-----\nsecret\n")],
  ])("show nothing of %s", (_what, reading) => {
    expect(reading).toThrow(/^(?!.*secret)/su);
  });
});
