import { describe, expect, it } from "vitest";
import { EnforcementReason, enforcementFor, judgeLook, Reach } from "./enforcement.ts";

const { Open, Refused, Silent } = Reach;

describe("judgeLook", () => {
  it.each([
    { forbidden: Silent, permitted: Open, reason: "ForbiddenBlocked", status: "True" },
    { forbidden: Open, permitted: Open, reason: "ForbiddenOpen", status: "False" },
    { forbidden: Open, permitted: Silent, reason: "ForbiddenOpen", status: "False" },
    { forbidden: Refused, permitted: Open, reason: "ForbiddenRefused", status: "Unknown" },
    { forbidden: Silent, permitted: Silent, reason: "PermittedBlocked", status: "Unknown" },
    { forbidden: Silent, permitted: Refused, reason: "PermittedBlocked", status: "Unknown" },
    { forbidden: Refused, permitted: Silent, reason: "PermittedBlocked", status: "Unknown" },
    { forbidden: undefined, permitted: Open, reason: "NothingToTry", status: "Unknown" },
  ] as const)("takes $forbidden beside $permitted for $reason", ({ forbidden, permitted, reason, status }) => {
    expect(judgeLook({ forbidden, permitted })).toBe(reason);
    expect(enforcementFor(reason)).toMatchObject({ status, reason });
  });

  it("says True for one reason alone", () => {
    const says = Object.values(EnforcementReason).filter((reason) => enforcementFor(reason).status === "True");
    expect(says).toEqual([EnforcementReason.ForbiddenBlocked]);
  });
});
