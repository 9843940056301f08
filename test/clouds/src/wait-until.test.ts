import { describe, expect, it } from "vitest";
import { giveUp, waitUntil } from "./wait-until.ts";

describe("waitUntil", () => {
  it("returns what the first successful look saw", async () => {
    const answers = [undefined, false, "ready"] as const;
    let looks = 0;
    const seen = await waitUntil("it", () => answers[looks++], { timeoutMs: 60_000, intervalMs: 1 });
    expect(seen).toBe("ready");
    expect(looks).toBe(3);
  });

  it("names what it waited for and why the last look failed", async () => {
    const look = () => Promise.reject(new Error("connection refused"));
    await expect(waitUntil("the hub is up", look, { timeoutMs: 0 })).rejects.toThrow(
      "the hub is up did not happen within 0 ms: connection refused",
    );
  });

  it("ends at once when a look gives up", async () => {
    const reason = new Error("etcd ended");
    await expect(waitUntil("it", () => giveUp(reason), { timeoutMs: 60_000 })).rejects.toBe(reason);
  });
});
