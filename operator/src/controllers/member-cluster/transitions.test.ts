import { describe, expect, it } from "vitest";
import { tellMemberTransition } from "./transitions.ts";

const ready = (status: "True" | "False", reason: string) => ({
  conditions: [
    { type: "Ready", status, reason, message: `${reason} of aws`, lastTransitionTime: "2027-01-15T08:00:00Z" },
  ],
});

describe("a member's transition", () => {
  it.each([
    ["the first problem", undefined, ready("False", "KubeconfigInvalid"), "Warning"],
    ["a problem after connecting", ready("False", "Connecting"), ready("False", "ClusterUnreachable"), "Warning"],
    ["another problem", ready("False", "ClusterUnreachable"), ready("False", "CredentialRejected"), "Warning"],
    ["a member that is lost", ready("True", "Connected"), ready("False", "ClusterUnreachable"), "Warning"],
    ["a member that is back", ready("False", "ClusterUnreachable"), ready("True", "Connected"), "Normal"],
  ])("is told when it is %s", (_what, before, after, type) => {
    const { reason, message } = after.conditions[0]!;
    expect(tellMemberTransition(before, after)).toEqual({ type, reason, note: message });
  });

  it.each([
    ["the same problem again", ready("False", "ClusterUnreachable"), ready("False", "ClusterUnreachable")],
    ["connecting", undefined, ready("False", "Connecting")],
    ["the first connection", ready("False", "Connecting"), ready("True", "Connected")],
    ["a status that is not written", ready("True", "Connected"), undefined],
  ])("is not told when it is %s", (_what, before, after) => {
    expect(tellMemberTransition(before, after)).toBeUndefined();
  });
});
