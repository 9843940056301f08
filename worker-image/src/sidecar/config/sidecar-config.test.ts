import { describe, expect, it } from "vitest";
import { parseWorkerConfig } from "./sidecar-config.ts";

const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const parse = (changes: Record<string, string>) =>
  parseWorkerConfig(
    "worker.json",
    JSON.stringify({
      version: 1,
      jobUid: "u",
      participant: "aws",
      aggregator: {
        controlAddress: "10.0.0.1:30001",
        tensorAddress: "10.0.0.1:30002",
        serverName: "notes.research.aggregator.tributary",
        caPem: pem,
        ...changes,
      },
    }),
  );

describe("a worker's parameters", () => {
  it("take IPv6 addresses in brackets and bundles of several certificates", () => {
    const { aggregator } = parse({ controlAddress: "[2001:db8::1]:1", tensorAddress: "[::1]:2", caPem: pem + pem });
    expect(aggregator).toMatchObject({ controlAddress: "[2001:db8::1]:1", tensorHost: "::1", tensorPort: 2 });
    expect(aggregator.caPem).toBe(pem + pem);
  });

  it.each([
    [{ controlAddress: "2001:db8::1:443" }, 'aggregator.controlAddress is "2001:db8::1:443", must be host:port'],
    [{ tensorAddress: "host:0" }, 'aggregator.tensorAddress is "host:0", must be host:port'],
    [{ caPem: "oops" }, "aggregator.caPem must be one or more certificates in PEM"],
  ])("name the field that is wrong: %j", (changes, says) => {
    expect(() => parse(changes)).toThrow(says);
    expect(() => parse(changes)).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });

  it("never show what stands where a certificate should", () => {
    const key = pem.replaceAll("CERTIFICATE", "PRIVATE KEY");
    expect(() => parse({ caPem: key })).not.toThrow("AAAA");
  });
});
