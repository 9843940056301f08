import { Registry } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../runtime/testing/fake-clock.ts";
import type { MemberLinkState } from "./member-links.ts";
import { registerMemberMetrics } from "./member-metrics.ts";

describe("member metrics", () => {
  it("show state, time away, last sign of life and end of the credential, and forget a member that left", async () => {
    const clock = createFakeClock(1_000_000);
    const registry = new Registry();
    const states = new Map<string, MemberLinkState<unknown>>([
      [
        "up",
        {
          member: "up",
          isReachable: true,
          generation: 1,
          lossClock: { lastHeardMs: 999_000 },
          credentialExpiresAtMs: 5_000_000,
        },
      ],
      ["away", { member: "away", isReachable: false, generation: 1, lossClock: { disconnectedSinceMs: 940_000 } }],
    ]);
    registerMemberMetrics(registry, { members: () => [...states.keys()], stateOf: (name) => states.get(name) }, clock);
    const text = await registry.metrics();
    expect(
      text
        .split("\n")
        .filter((line) => line.startsWith("tributary_"))
        .sort(),
    ).toEqual([
      'tributary_cluster_credential_expiry_timestamp_seconds{cluster="up"} 5000',
      'tributary_cluster_disconnected_seconds{cluster="away"} 60',
      'tributary_cluster_disconnected_seconds{cluster="up"} 0',
      'tributary_cluster_last_heard_timestamp_seconds{cluster="up"} 999',
      'tributary_cluster_up{cluster="away"} 0',
      'tributary_cluster_up{cluster="up"} 1',
    ]);
    states.delete("away");
    expect(await registry.metrics()).not.toContain("away");
  });
});
