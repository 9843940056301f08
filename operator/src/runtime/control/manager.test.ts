import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { createWorkQueue } from "../queue/work-queue.ts";
import { createFakeClock, settle } from "../testing/fake-clock.ts";
import type { ControllerSignals } from "./controller.ts";
import { controllerPart, createManager, leadershipPart, type Part } from "./manager.ts";

function untilAbort(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function part(name: string, more: Partial<Part> = {}): Part {
  return { name, run: ({ stop }) => untilAbort(stop), ...more };
}

describe("manager", () => {
  it("is ready when all parts are, and not once it stops", async () => {
    let isReady = false;
    const manager = createManager({
      clock: createFakeClock(),
      parts: [part("a"), part("b", { isReady: () => isReady })],
    });
    const stop = new AbortController();
    const running = manager.run(stop.signal);
    expect(manager.health()).toEqual({ isLive: true, isReady: false, problems: ["b: not ready"] });
    isReady = true;
    expect(manager.health().isReady).toBe(true);
    stop.abort();
    expect(manager.health()).toMatchObject({ isLive: true, isReady: false });
    await running;
  });

  it("is not live while a part is sick", () => {
    const manager = createManager({
      clock: createFakeClock(),
      parts: [part("a", { sickness: () => "stuck for 90 s" })],
    });
    expect(manager.health()).toEqual({ isLive: false, isReady: false, problems: ["a: stuck for 90 s"] });
  });

  it("lets running work finish before it releases the lease", async () => {
    const order: string[] = [];
    let finish = () => {};
    const worker = part("worker", {
      async run({ stop }) {
        await untilAbort(stop);
        await new Promise<void>((resolve) => (finish = resolve));
        order.push("drained");
      },
    });
    const manager = createManager({
      clock: createFakeClock(),
      parts: [worker],
      onStopped: async () => void order.push("released"),
    });
    const stop = new AbortController();
    const running = manager.run(stop.signal);
    stop.abort();
    await settle();
    expect(order).toEqual([]);
    finish();
    await running;
    expect(order).toEqual(["drained", "released"]);
  });

  it.each([
    { which: "that heeds its signal", heeds: true },
    { which: "that ignores its signal", heeds: false },
  ])("abandons work $which when the drain takes too long", async ({ heeds }) => {
    const clock = createFakeClock();
    const signals: ControllerSignals[] = [];
    const worker = part("worker", {
      run(given) {
        signals.push(given);
        return heeds ? untilAbort(given.abandon) : new Promise(() => {});
      },
    });
    let isReleased = false;
    const manager = createManager({
      clock,
      parts: [worker],
      drainMs: 1_000,
      onStopped: async () => {
        isReleased = true;
      },
    });
    const stop = new AbortController();
    const running = manager.run(stop.signal);
    stop.abort();
    await clock.advance(999);
    expect(signals[0]?.abandon.aborted).toBe(false);
    await clock.advance(2_001);
    await running;
    expect(signals[0]?.abandon.aborted).toBe(true);
    expect(isReleased).toBe(true);
  });

  it("stops all parts and throws when one fails", async () => {
    const failing = part("failing", {
      run: async () => {
        throw new TributaryError("LEADERSHIP_LOST", "another replica leads");
      },
    });
    const manager = createManager({ clock: createFakeClock(), parts: [part("a"), failing] });
    await expect(manager.run(new AbortController().signal)).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(manager.health().isLive).toBe(false);
  });

  it("is ready as a standby, takes no key before it leads, and abandons its work when it loses the lease", async () => {
    const clock = createFakeClock();
    const lost = new AbortController();
    let hasSeenLease = false;
    let lead = (_leads: boolean) => {};
    let wasAborted = false;
    const queue = createWorkQueue({ clock });
    queue.add("a");
    const controller = controllerPart({
      name: "c",
      queue,
      clock,
      whenReady: async () => true,
      whenLeading: () => new Promise((resolve) => (lead = resolve)),
      async reconcile(_key, { signal }) {
        await untilAbort(signal);
        wasAborted = true;
        return undefined;
      },
    });
    const leadership = leadershipPart({ lost: lost.signal, hasSeenLease: () => hasSeenLease });
    const manager = createManager({ clock, parts: [leadership, controller] });
    const running = manager.run(new AbortController().signal);
    await settle();
    expect(manager.health().problems).toEqual(["leadership: not ready"]);
    hasSeenLease = true;
    expect(manager.health().isReady).toBe(true);
    expect(queue.depth).toBe(1);
    lead(true);
    await settle();
    expect(queue.depth).toBe(0);
    expect(wasAborted).toBe(false);
    const ended = expect(running).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
    lost.abort(new TributaryError("LEADERSHIP_LOST", "another replica leads"));
    await settle();
    await clock.advance(0);
    expect(wasAborted).toBe(true);
    await ended;
  });

  it("counts a controller as sick whose reconcile ignores its deadline", async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue({ clock });
    let open = (_isReady: boolean) => {};
    const part = controllerPart({
      name: "jobs",
      queue,
      clock,
      deadlineMs: 1_000,
      reconcile: () => new Promise(() => {}),
      whenReady: () => new Promise((resolve) => (open = resolve)),
    });
    const stop = new AbortController();
    void part.run({ stop: stop.signal, abandon: stop.signal });
    expect(part.isReady?.()).toBe(false);
    open(true);
    queue.add("ns/a");
    await clock.advance(3_000);
    expect(part.isReady?.()).toBe(true);
    expect(part.sickness?.()).toBeUndefined();
    await clock.advance(1);
    expect(part.sickness?.()).toBe("reconcile of ns/a runs for 3 s");
    stop.abort();
  });
});
