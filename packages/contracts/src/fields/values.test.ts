import { describe, expect, it } from "vitest";
import { formatAddress, readAddress, readHost } from "./address.ts";
import { readDecimal } from "./decimal.ts";
import { readExtendedResource } from "./extended-resource.ts";
import { describeFinding, type Reading } from "./finding.ts";
import { readLabel, readObjectName } from "./names.ts";
import { readPemBundle } from "./pem.ts";
import { readQuantity, wholeQuantity } from "./quantity.ts";
import { readStep } from "./step.ts";

const meaningOf = <T>(reading: Reading<T>): T | undefined => (reading.ok ? reading.value : undefined);

describe("decimals", () => {
  it.each([
    ["0.005", 0.005],
    ["1e-3", 0.001],
    ["-1.80", -1.8],
    ["+2", 2],
    [".5", 0.5],
    ["5.", 5],
    ["1E99", 1e99],
  ])("read %s", (text, value) => expect(meaningOf(readDecimal(text))).toBe(value));

  it.each(["NaN", "Infinity", "-inf", "1e99999", "1e100", "0x1", "", ".", "1,5", " 1", "1_0", "1".repeat(33)])(
    "refuse %j",
    (text) => expect(readDecimal(text).ok).toBe(false),
  );
});

describe("quantiser steps", () => {
  it.each([
    ["2^-20", 2 ** -20],
    ["2^0", 1],
    ["2^96", 2 ** 96],
    ["2^-96", 2 ** -96],
  ])("read %s", (text, value) => expect(meaningOf(readStep(text))).toBe(value));

  it.each(["2^97", "2^99", "2^-97", "2^100", "2^1.5", "2^", "0.5", "4^2", "2^+3"])("refuse %s", (text) =>
    expect(readStep(text)).toMatchObject({ ok: false, expected: expect.stringContaining("2^-96 to 2^96") }),
  );
});

describe("quantities", () => {
  it.each([
    ["8", 8],
    ["1k", 1_000],
    ["1Ki", 1_024],
    ["1.5Gi", 1_610_612_736],
    ["1e3", 1_000],
    ["1E3", 1_000],
    ["2E", 2e18],
    ["12e-1", 2],
    ["500m", 1],
    ["2500m", 3],
    ["-2500m", -2],
    ["0", 0],
    ["+3", 3],
    [".5", 1],
    ["3.", 3],
    ["1n", 1],
    ["2u", 1],
    ["0.1n", 1],
  ])("count %s", (text, value) => {
    const quantity = meaningOf(readQuantity(text));
    expect(quantity === undefined ? undefined : wholeQuantity(quantity)).toBe(value);
  });

  it.each(["", "k", "1kk", "1K", "1ki", "1 k", "1e", "ten", "1e3k", "NaN", "."])("refuse %j", (text) =>
    expect(readQuantity(text).ok).toBe(false),
  );
});

describe("addresses", () => {
  it.each([
    ["gate.tributary.svc:8445", "gate.tributary.svc", 8445],
    ["10.0.0.1:443", "10.0.0.1", 443],
    ["[2001:db8::1]:443", "2001:db8::1", 443],
    ["[::]:1", "::", 1],
    ["[::ffff:10.0.0.1]:65535", "::ffff:10.0.0.1", 65_535],
    ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
  ])("read %s and write it again", (text, host, port) => {
    expect(meaningOf(readAddress(text))).toEqual({ host, port });
    expect(formatAddress(host, port)).toBe(text);
  });

  it.each([
    "2001:db8::1:443",
    "::1",
    "host",
    "host:",
    "host:0",
    "host:65536",
    ":443",
    "[host]:443",
    "a b:1",
    "[1:2]:3",
  ])("refuse %s", (text) =>
    expect(readAddress(text)).toMatchObject({ ok: false, expected: expect.stringContaining("brackets") }),
  );

  it.each([
    ["hub.example.org", "hub.example.org"],
    ["10.0.0.1", "10.0.0.1"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["host:1", undefined],
    ["[host]", undefined],
    ["", undefined],
    ["a_b.example.org.", "a_b.example.org."],
    ["1:2:3:4:5:6:10.0.0.1", "1:2:3:4:5:6:10.0.0.1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7::"],
    ["1::2::3", undefined],
    ["12345::", undefined],
    [":::", undefined],
    ["::.", undefined],
    ["::10.0.0.256", undefined],
    ["::010.0.0.1", undefined],
    ["10.0.0.1::", undefined],
    ["1::2:3:4:5:6:7:8", undefined],
    ["fe80::1%a%b", undefined],
    ["256.1.1.1", undefined],
    ["10.0.0", undefined],
    ["1.2.3.4.5", undefined],
    ["a..b", undefined],
    ["a.-b", undefined],
    [`${"a".repeat(64)}.org`, undefined],
  ])("take the host %s", (text, host) => expect(meaningOf(readHost(text))).toBe(host));
});

describe("bundles of certificates", () => {
  const pem = (body: string, label = "CERTIFICATE") => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

  it("give each certificate as a text of its own, whatever stands between them", () => {
    const bundle = `# old\r\n${pem("AAAA").replaceAll("\n", "\r\n")}subject=CN=new\n${pem("BBBB\nCC==")}`;
    expect(meaningOf(readPemBundle(bundle))).toEqual([pem("AAAA"), pem("BBBBCC==")]);
  });

  it.each([
    ["no PEM", "MIIBszCCAVmgAwIBAgIU"],
    ["nothing", ""],
    ["one that is cut off", `${pem("AAAA")}-----BEGIN CERTIFICATE-----\nAAAA`],
    ["a private key", pem("AAAA", "PRIVATE KEY")],
    ["a private key beside a certificate", pem("AAAA") + pem("AAAA", "EC PRIVATE KEY")],
    ["base64 that lost a letter", pem("AAA")],
    ["a block without a body", pem("")],
  ])("refuse %s", (_what, text) => expect(readPemBundle(text).ok).toBe(false));
});

describe("names", () => {
  it.each([
    ["aws-us-east-1", true],
    ["1a", true],
    ["", false],
    ["-a", false],
    ["a-", false],
    ["A", false],
    ["a.b", false],
    ["a".repeat(64), false],
  ])("of labels: %s", (text, isTaken) => expect(readLabel(text).ok).toBe(isTaken));

  it.each([
    ["models", true],
    ["models.v2", true],
    ["../models", false],
    ["a..b", false],
    ["a/b", false],
    ["a".repeat(254), false],
  ])("of objects: %s", (text, isTaken) => expect(readObjectName(text).ok).toBe(isTaken));
});

describe("extended resources", () => {
  const domainOf = (length: number) => "a".repeat(length);
  const nameOf = (length: number) => "b".repeat(length);

  it.each([
    "nvidia.com/gpu",
    "nvidia.com/mig-1g.5gb",
    "gpu.example-cloud.com/A100_80.GB",
    "requests/gpu",
    "a.requests.b/gpu",
    "kubernetes.io.example/gpu",
    "1/2",
    `${domainOf(244)}/gpu`,
    `nvidia.com/${nameOf(63)}`,
    `${domainOf(244)}/${nameOf(63)}`,
  ])("read %s", (text) => expect(meaningOf(readExtendedResource(text))).toBe(text));

  it.each([
    "",
    "gpu",
    "/gpu",
    "nvidia.com/",
    "nvidia.com/gpu/0",
    "nvidia.com//gpu",
    "-a/b",
    "a-/b",
    ".a/b",
    "a..b/c",
    "Nvidia.com/gpu",
    "nvidia_com/gpu",
    "nvidia.com/gpu-",
    "nvidia.com/-gpu",
    "nvidia.com/_",
    "nvidia.com/g p",
    "nvidia.com/gpu\n",
    "requests.nvidia.com/gpu",
    "kubernetes.io/gpu",
    "example.kubernetes.io/gpu",
    "mykubernetes.io/gpu",
    `${domainOf(245)}/gpu`,
    `nvidia.com/${nameOf(64)}`,
    `nvidia.com/${nameOf(80)}`,
  ])("refuse %j", (text) =>
    expect(readExtendedResource(text)).toMatchObject({
      ok: false,
      expected: expect.stringContaining("an extended resource such as nvidia.com/gpu"),
    }),
  );
});

describe("findings", () => {
  it("are one sentence with field, value and what would be right, long values cut", () => {
    expect(describeFinding({ path: "spec.a", value: "x", expected: "y" })).toBe('spec.a is "x", must be y');
    expect(describeFinding({ path: "spec.a", value: undefined, expected: "y" })).toBe("spec.a is absent, must be y");
    expect(describeFinding({ path: "a", value: "x".repeat(200), expected: "y" }).length).toBeLessThan(110);
  });

  it.each<[string, (pem: string) => unknown]>([
    ["a text", (pem) => pem],
    ["a text that starts otherwise", (pem) => `# the key\n${pem}`],
    ["a part of a value", (pem) => ({ caBundle: [pem] })],
    ["base64", (pem) => Buffer.from(pem).toString("base64")],
  ])("name a PEM in %s and show none of it, since there may be a key in it", (_where, wrap) => {
    const value = wrap("-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n");
    expect(describeFinding({ path: "a", value, expected: "y" })).toBe("a is a PEM text, must be y");
  });
});
