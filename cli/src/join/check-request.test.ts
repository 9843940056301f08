import { describe, expect, it } from "vitest";
import { checkRequest } from "./check-request.ts";
import type { JoinRequest } from "./join-request.ts";
import { caPem } from "./test-certificates.ts";

function aRequest(changes: Partial<JoinRequest> = {}): JoinRequest {
  return {
    name: "aws-us-east-1",
    serviceAccount: { namespace: "tributary-jobs", name: "tributary-hub" },
    gateCa: { pem: caPem, fingerprints: [] },
    namespaces: [{ hub: "research", member: "tributary-jobs" }],
    operatorNamespace: "tributary-system",
    mayBeAnotherCluster: false,
    tokenSeconds: 3_600,
    route: {},
    ...changes,
  };
}

const namespaces = (count: number) => Array.from({ length: count }, (_, n) => ({ hub: `hub-${n}`, member: "jobs" }));
const pemOf = (length: number) => ({ pem: caPem.padStart(length, "#"), fingerprints: [] });

describe("a request to join", () => {
  it.each<[string, Partial<JoinRequest>]>([
    ["everything at its bound", { provider: "p".repeat(32), region: "r".repeat(64), namespaces: namespaces(100) }],
    ["the longest CA", { gateCa: pemOf(16_384) }],
    ["an organisation of several words", { organisation: "St. Anna Hospital" }],
    ["neither provider nor region", {}],
  ])("with %s is taken", (_what, changes) => {
    const request = aRequest(changes);
    expect(checkRequest(request)).toBe(request);
  });

  it.each<[string, Partial<JoinRequest>, string, string]>([
    ["a provider that is too long", { provider: "p".repeat(33) }, "--provider", "32"],
    ["a region that is too long", { region: "r".repeat(65) }, "--region", "64"],
    ["an organisation that is too long", { organisation: "o".repeat(64) }, "--organisation", "63"],
    ["an organisation in another form than NFC", { organisation: "Zu\u0308rich" }, "--organisation", "NFC"],
    ["more namespaces than a member maps", { namespaces: namespaces(101) }, "--map", "100"],
    ["a CA that is too long", { gateCa: pemOf(16_385) }, "--gate-ca", "16384"],
  ])("with %s is refused by flag and bound", (_what, changes, flag, bound) => {
    expect(() => checkRequest(aRequest(changes))).toThrow(new RegExp(`^${flag} .*${bound}`, "u"));
  });
});
