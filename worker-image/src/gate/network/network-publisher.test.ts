import { createLogger, type Logger } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { EnforcementReason, enforcementFor } from "./enforcement.ts";
import { NetworkPublisher } from "./network-publisher.ts";

const place = { namespace: "gate", configMap: "identity" };
const log: Logger = createLogger("test", "silent");

/** A ConfigMap whose first writes fail, and a clock that never waits but at the end of a publication. */
function publishing(failures: number) {
  const stop = new AbortController();
  const data: Record<string, string> = { "ca.crt": "kept" };
  let written = () => {};
  const api = {
    readConfigMap: async () => ({ ...data }),
    patchConfigMap: async (_namespace: string, _name: string, texts: Readonly<Record<string, string>>) => {
      if (failures-- > 0) throw new Error("away");
      Object.assign(data, texts);
      written();
    },
  };
  const sleep = (delayMs: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason));
      if (delayMs < 600_000) resolve();
    });
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep };
  const publisher = new NetworkPublisher([place], { api, clock, log }, stop.signal);
  const publish = (reason: EnforcementReason) => {
    const done = new Promise<void>((resolve) => (written = resolve));
    publisher.publish(enforcementFor(reason));
    return done;
  };
  return { data, publish, publisher, stop };
}

describe("the publisher of the network", () => {
  it("writes the newest beside what others wrote, tries again, and ends with its signal", async () => {
    const { data, publish, publisher, stop } = publishing(2);
    await publish(EnforcementReason.NotSettled);
    await publish(EnforcementReason.ForbiddenOpen);
    expect(data["ca.crt"]).toBe("kept");
    expect(JSON.parse(data["network.json"]!)).toEqual({ egressEnforced: enforcementFor("ForbiddenOpen") });
    stop.abort();
    await publisher.ended;
  });

  it("publishes nothing where there is no place for it", async () => {
    const api = { readConfigMap: () => Promise.reject(new Error("read")), patchConfigMap: async () => {} };
    const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} };
    const publisher = new NetworkPublisher([], { api, clock, log }, new AbortController().signal);
    publisher.publish(enforcementFor(EnforcementReason.NotSettled));
    await publisher.ended;
  });

  it("publishes where it can while another place is gone", async () => {
    const stop = new AbortController();
    const written: string[] = [];
    const api = {
      readConfigMap: async (namespace: string) => (namespace === "gone" ? Promise.reject(new Error("gone")) : {}),
      patchConfigMap: async (namespace: string) => void written.push(namespace),
    };
    const sleep = (_delayMs: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep };
    const places = ["gone", "jobs", "gate"].map((namespace) => ({ namespace, configMap: "network" }));
    const publisher = new NetworkPublisher(places, { api, clock, log }, stop.signal);
    publisher.publish(enforcementFor(EnforcementReason.ForbiddenOpen));
    await expect.poll(() => [...written].sort()).toEqual(["gate", "jobs"]);
    stop.abort();
    await publisher.ended;
  });
});
