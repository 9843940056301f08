import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { describeFailure } from "./describe-failure.ts";

describe("a failure of a member", () => {
  it.each([
    [
      "names the Secret whose kubeconfig is wrong",
      "KUBECONFIG_INVALID",
      "KubeconfigInvalid",
      "aws (Secret member-aws): ",
    ],
    [
      "names the Secret whose credential is refused",
      "CREDENTIAL_REJECTED",
      "CredentialRejected",
      "(Secret member-aws): ",
    ],
    ["names no Secret when the line is cut", "MEMBER_UNREACHABLE", "ClusterUnreachable", "MemberCluster aws: "],
  ] as const)("%s", (_what, code, reason, start) => {
    const problem = describeFailure(new TributaryError(code, "what was said; the remedy"), "aws", "member-aws");
    expect(problem.reason).toBe(reason);
    expect(problem.message).toContain(`${start}what was said; the remedy`);
  });
});
