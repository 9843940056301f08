import { describe, expect, it } from "vitest";
import { EnforcementReason } from "./enforcement.ts";
import { settle, unsettled, untilNextLookMs } from "./settle.ts";

const { ForbiddenBlocked, ForbiddenOpen, NotSettled } = EnforcementReason;
const after = (...looks: EnforcementReason[]) => looks.reduce(settle, unsettled);

describe("settle", () => {
  it.each([
    { looks: [], want: NotSettled },
    { looks: [ForbiddenBlocked, ForbiddenBlocked], want: NotSettled },
    { looks: [ForbiddenBlocked, ForbiddenBlocked, ForbiddenBlocked], want: ForbiddenBlocked },
    // A plugin that binds a new pod late.
    {
      looks: [ForbiddenOpen, ForbiddenOpen, ForbiddenBlocked, ForbiddenBlocked, ForbiddenBlocked],
      want: ForbiddenBlocked,
    },
    { looks: [ForbiddenOpen, ForbiddenBlocked, ForbiddenOpen, ForbiddenBlocked, ForbiddenOpen], want: NotSettled },
  ])("says $want after $looks", ({ looks, want }) => {
    expect(after(...looks).reason).toBe(want);
  });

  it("keeps what it said until three looks in a row say another thing", () => {
    const blocked = [ForbiddenBlocked, ForbiddenBlocked, ForbiddenBlocked];
    expect(after(...blocked, ForbiddenOpen, ForbiddenOpen).reason).toBe(ForbiddenBlocked);
    expect(after(...blocked, ForbiddenOpen, ForbiddenOpen, ForbiddenOpen).reason).toBe(ForbiddenOpen);
  });
});

describe("untilNextLookMs", () => {
  it("is short while looks are missing, and ten minutes when they agree with what is said", () => {
    const blocked = [ForbiddenBlocked, ForbiddenBlocked, ForbiddenBlocked];
    expect(untilNextLookMs(after(ForbiddenBlocked))).toBe(5_000);
    expect(untilNextLookMs(after(...blocked))).toBe(600_000);
    expect(untilNextLookMs(after(...blocked, ForbiddenOpen))).toBe(5_000);
    expect(untilNextLookMs(after(...blocked, ForbiddenOpen, ForbiddenBlocked))).toBe(600_000);
  });
});
