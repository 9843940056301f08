import { describe, expect, it } from "vitest";
import { awayMs, heard, type LossClock, persistLossClock, readLossClock, unheard } from "./loss-clock.ts";

describe("loss clock", () => {
  it("keeps the first failure over later ones", () => {
    const clock = unheard(unheard(heard({}, 1_000), 5_000), 9_000);
    expect(clock).toEqual({ lastHeardMs: 1_000, disconnectedSinceMs: 5_000 });
    expect(awayMs(clock, 65_000)).toBe(60_000);
  });

  it("starts over once the member is heard", () => {
    const clock = heard(unheard(heard({}, 1_000), 5_000), 7_000);
    expect(clock).toEqual({ lastHeardMs: 7_000 });
    expect(awayMs(clock, 99_000)).toBe(0);
  });

  it.each<{ what: string; clock: LossClock }>([
    { what: "never heard", clock: {} },
    { what: "heard", clock: { lastHeardMs: 1_800_000_000_000 } },
    { what: "away", clock: { lastHeardMs: 1_800_000_000_000, disconnectedSinceMs: 1_800_000_060_000 } },
  ])("survives a restart through the status when $what", ({ clock }) => {
    expect(readLossClock(persistLossClock(clock))).toEqual(clock);
  });

  it("takes a broken time in the status for none", () => {
    expect(readLossClock({ lastHeardTime: "yesterday" })).toEqual({});
  });

  it("does not go backwards when the wall clock does", () => {
    expect(heard({ lastHeardMs: 9_000 }, 4_000)).toEqual({ lastHeardMs: 9_000 });
    expect(awayMs({ disconnectedSinceMs: 9_000 }, 4_000)).toBe(0);
  });
});
