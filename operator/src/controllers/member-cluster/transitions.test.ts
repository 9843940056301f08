import { describe, expect, it } from "vitest";
import { tellMemberTransitions } from "./transitions.ts";

const said = (status: "True" | "False" | "Unknown", reason: string, type = "Ready") => ({
  conditions: [{ type, status, reason, message: `${reason} of aws`, lastTransitionTime: "2027-01-15T08:00:00Z" }],
});

describe("a member's transition", () => {
  it.each([
    ["the first problem", undefined, said("False", "KubeconfigInvalid"), "Warning"],
    ["a problem after connecting", said("False", "Connecting"), said("False", "ClusterUnreachable"), "Warning"],
    ["another problem", said("False", "ClusterUnreachable"), said("False", "CredentialRejected"), "Warning"],
    ["a member that is lost", said("True", "Connected"), said("False", "ClusterUnreachable"), "Warning"],
    ["a member that is back", said("False", "ClusterUnreachable"), said("True", "Connected"), "Normal"],
    [
      "a namespace",
      said("True", "AllReady", "NamespacesReady"),
      said("False", "RBACDenied", "NamespacesReady"),
      "Warning",
    ],
    ["a gate", undefined, said("False", "GateCaInvalid", "GateTrusted"), "Warning"],
  ])("is told when it is %s", (_what, before, after, type) => {
    const { reason, message } = after.conditions[0]!;
    expect(tellMemberTransitions(before, after)).toEqual([{ type, reason, note: message }]);
  });

  it.each([
    ["the same problem again", said("False", "ClusterUnreachable"), said("False", "ClusterUnreachable")],
    ["connecting", undefined, said("False", "Connecting")],
    ["the first connection", said("False", "Connecting"), said("True", "Connected")],
    [
      "what cannot be known",
      said("True", "Connected", "NodesVisible"),
      said("Unknown", "ClusterUnreachable", "NodesVisible"),
    ],
    ["a status that is not written", said("True", "Connected"), undefined],
  ])("is not told when it is %s", (_what, before, after) => {
    expect(tellMemberTransitions(before, after)).toEqual([]);
  });

  it("is told once when several conditions say the same", () => {
    const problem = {
      status: "False" as const,
      reason: "SecretNotFound",
      message: "no Secret",
      lastTransitionTime: "",
    };
    const after = { conditions: ["Ready", "CredentialsValid"].map((type) => ({ type, ...problem })) };
    expect(tellMemberTransitions(undefined, after)).toHaveLength(1);
  });

  it("tells that another cluster answers", () => {
    expect(tellMemberTransitions({ clusterUid: "a" }, { clusterUid: "b" })).toMatchObject([
      { type: "Warning", reason: "ClusterChanged", note: expect.stringContaining("another cluster") },
    ]);
    expect(tellMemberTransitions({}, { clusterUid: "b" })).toEqual([]);
  });
});
