import type { MemberCluster } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { MemberSnapshot } from "../snapshot.ts";
import { decideConditions } from "./conditions.ts";

const problem = (reason: string, message = `${reason} is the cause`) => ({ reason, message });

function aSnapshot(changes: Partial<MemberSnapshot> = {}): MemberSnapshot {
  return {
    nowMs: 1_000,
    member: { metadata: { name: "aws" } } as MemberCluster,
    link: { state: "reachable", heardMs: 900 },
    credential: { state: "in-use" },
    namespaces: [{ name: "jobs", isMapped: true }],
    nodes: { state: "known", totals: { readyNodes: 1, accelerators: [] } },
    requested: new Map(),
    gate: { state: "valid", fingerprint: "SHA256:0", certificates: 1, endsMs: 2_000 },
    server: { kubernetesVersion: "v1.34.4", egress: { status: "True", ...problem("ForbiddenBlocked") } },
    leftovers: { beganMs: 0, remaining: new Map([["jobs", 0]]), problems: [] },
    ...changes,
  };
}

const said = (changes: Partial<MemberSnapshot>): Record<string, string> =>
  Object.fromEntries(
    decideConditions(aSnapshot(changes)).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

const away = { state: "unreachable", problem: problem("ClusterUnreachable"), sinceMs: 0, heardMs: 0 } as const;

describe("the conditions of a member", () => {
  it("all hold when all is well, and none is said that does not apply", () => {
    expect(said({})).toEqual({
      Ready: "True Connected",
      CredentialsValid: "True Connected",
      NamespacesReady: "True AllReady",
      NodesVisible: "True Connected",
      GateTrusted: "True Valid",
      EgressEnforced: "True ForbiddenBlocked",
      Clean: "True CleanedUp",
    });
  });

  it("claim nothing of a member that is away but what is known without it", () => {
    expect(said({ link: away })).toEqual({
      Ready: "False ClusterUnreachable",
      CredentialsValid: "Unknown ClusterUnreachable",
      NamespacesReady: "Unknown ClusterUnreachable",
      NodesVisible: "Unknown ClusterUnreachable",
      GateTrusted: "True Valid",
      EgressEnforced: "Unknown ClusterUnreachable",
      Clean: "Unknown ClusterUnreachable",
    });
    expect(decideConditions(aSnapshot({ link: away }))[0]?.message).toContain("last heard 1970-01-01T00:00:00.000Z");
  });

  it.each<[string, Partial<MemberSnapshot>, Record<string, string>]>([
    [
      "a new kubeconfig does not work",
      { credential: { state: "refused", problem: problem("CredentialRejected"), isOldInUse: true } },
      { Ready: "True Connected", CredentialsValid: "False CredentialRejected" },
    ],
    [
      "the Secret is gone",
      {
        link: { ...away, problem: problem("SecretNotFound") },
        credential: { state: "refused", problem: problem("SecretNotFound"), isOldInUse: false },
      },
      { Ready: "False SecretNotFound", CredentialsValid: "False SecretNotFound", Stalled: "True SecretNotFound" },
    ],
    [
      "the hub does not show the Secret",
      { credential: { state: "unproven", problem: problem("RBACDenied") } },
      { Ready: "True Connected", CredentialsValid: "Unknown RBACDenied" },
    ],
    [
      "one namespace of two cannot be used",
      {
        namespaces: [
          { name: "jobs", isMapped: true },
          { name: "typo", isMapped: true, problem: problem("RBACDenied") },
        ],
      },
      { Ready: "True Connected", NamespacesReady: "False RBACDenied" },
    ],
    [
      "no namespace can be used",
      { namespaces: [{ name: "typo", isMapped: true, problem: problem("RBACDenied") }] },
      { Ready: "False RBACDenied", NamespacesReady: "False RBACDenied", Stalled: "True RBACDenied" },
    ],
    [
      "only a namespace that is mapped no more cannot be used",
      {
        namespaces: [
          { name: "jobs", isMapped: true },
          { name: "old", isMapped: false, problem: problem("NamespaceNotMapped") },
        ],
      },
      { Ready: "True Connected", NamespacesReady: "True AllReady" },
    ],
    [
      "nodes may not be read",
      { nodes: { state: "failed", problem: problem("RBACDenied") } },
      { Ready: "True Connected", NodesVisible: "False RBACDenied" },
    ],
    [
      "no gate is registered",
      { gate: { state: "absent" } },
      { Ready: "True Connected", GateTrusted: "False GateNotRegistered" },
    ],
    [
      "the gate's certificates have ended",
      { gate: { state: "valid", fingerprint: "", certificates: 1, endsMs: 500 } },
      { GateTrusted: "False GateCaInvalid" },
    ],
    ["nobody looked for leftovers yet", { leftovers: undefined as never }, { Clean: "Unknown Connecting" }],
    [
      "leftovers cannot be removed",
      { leftovers: { beganMs: 0, remaining: new Map(), problems: [problem("ForeignObject")] } },
      { Ready: "True Connected", Clean: "False ForeignObject" },
    ],
    [
      "it is being deleted",
      { waitsFor: "the deletion waits for job research/a" },
      { Ready: "False CleanupPending", ContentRemaining: "True CleanupPending" },
    ],
  ])("say so when %s", (_what, changes, want) => {
    expect(said(changes)).toMatchObject(want);
  });

  it("say that the kubeconfig before is still in use, and how to end that", () => {
    const credential = { state: "refused", problem: problem("KubeconfigInvalid"), isOldInUse: true } as const;
    const condition = decideConditions(aSnapshot({ credential })).find(({ type }) => type === "CredentialsValid");
    expect(condition?.message).toContain("still in use, delete the Secret to revoke it");
  });

  it("say in which namespaces nothing of a removed job is left, in as many words as a message holds", () => {
    const cleanIn = (...names: string[]): string | undefined => {
      const leftovers = { beganMs: 0, remaining: new Map(names.map((name) => [name, 0])), problems: [] };
      return decideConditions(aSnapshot({ leftovers })).find(({ type }) => type === "Clean")?.message;
    };
    expect(cleanIn("new")).toBe("nothing of a removed job is left in namespace new");
    expect(cleanIn("old", "new")).toBe("nothing of a removed job is left in namespaces new, old");
    const many = cleanIn(...Array.from({ length: 200 }, (_none, index) => `${"n".repeat(60)}${index}`));
    expect(many).toMatch(/, n+\d+ and \d+ more$/u);
    expect(many?.length).toBeLessThan(1_024);
  });
});
