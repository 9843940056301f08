import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { createWorkQueue } from "../queue/work-queue.ts";
import { createFakeClock, settle } from "../testing/fake-clock.ts";
import { permanentRetryMs, type Reconcile, type ReconcileReport, runController } from "./controller.ts";

function start(reconcile: Reconcile, more: { concurrency?: number; whenReady?: () => Promise<boolean> } = {}) {
  const clock = createFakeClock();
  const queue = createWorkQueue({ clock });
  const reports: ReconcileReport[] = [];
  const stop = new AbortController();
  const abandon = new AbortController();
  const running = runController(
    { name: "test", queue, reconcile, clock, report: (report) => reports.push(report), ...more },
    { stop: stop.signal, abandon: abandon.signal },
  );
  return { clock, queue, reports, stop, abandon, running };
}

describe("controller", () => {
  it.each([
    { when: "it succeeds", thrown: undefined, outcome: "success", againInMs: undefined },
    {
      when: "the error is transient",
      thrown: new TributaryError("API_UNAVAILABLE", "gone"),
      outcome: "error",
      againInMs: 5,
    },
    {
      when: "the error is permanent",
      thrown: new TributaryError("SPEC_INVALID", "bad"),
      outcome: "terminal",
      againInMs: permanentRetryMs,
    },
    {
      when: "the error names a time to wait",
      thrown: new TributaryError("QUORUM_NOT_REACHED", "few", { retryAfterMs: 700 }),
      outcome: "requeued",
      againInMs: 700,
    },
    {
      when: "a bug throws a foreign error",
      thrown: new TypeError("x is not a function"),
      outcome: "error",
      againInMs: 5,
    },
  ])("reports $outcome when $when", async ({ thrown, outcome, againInMs }) => {
    const { clock, queue, reports, stop, running } = start(async () => {
      if (thrown) throw thrown;
      return undefined;
    });
    queue.add("a");
    await clock.advance(1);
    expect(reports[0]?.outcome).toBe(outcome);
    expect(reports[0]?.againInMs).toBe(againInMs);
    stop.abort();
    await running;
  });

  it("looks again after the time that the reconciler asked for", async () => {
    let runs = 0;
    const { clock, queue, stop, running } = start(async () => {
      runs++;
      return { requeueAfterMs: 1_000 };
    });
    queue.add("a");
    await clock.advance(999);
    expect(runs).toBe(1);
    await clock.advance(1);
    expect(runs).toBe(2);
    stop.abort();
    await running;
  });

  it("aborts a reconcile at its deadline and never runs its key meanwhile", async () => {
    let running = 0;
    let most = 0;
    const {
      clock,
      queue,
      reports,
      stop,
      running: ended,
    } = start(async (_key, { signal }) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      running--;
      throw signal.reason;
    });
    queue.add("a");
    await clock.advance(10_000);
    queue.add("a");
    await clock.advance(19_999);
    expect(reports).toEqual([]);
    await clock.advance(1);
    expect(reports[0]?.outcome).toBe("error");
    expect(most).toBe(1);
    stop.abort();
    await clock.advance(60_000);
    await ended;
  });

  it("takes no key before the caches are complete", async () => {
    let open = (_isReady: boolean) => {};
    const seen: string[] = [];
    const { queue, stop, running } = start(
      async (key) => {
        seen.push(key);
        return undefined;
      },
      { whenReady: () => new Promise((resolve) => (open = resolve)) },
    );
    queue.add("a");
    await settle();
    expect(seen).toEqual([]);
    open(true);
    await settle();
    expect(seen).toEqual(["a"]);
    stop.abort();
    await running;
  });

  it("finishes what runs after the stop and takes no more", async () => {
    let finish = () => {};
    const seen: string[] = [];
    const { queue, stop, running } = start(
      async (key) => {
        seen.push(key);
        await new Promise<void>((resolve) => (finish = resolve));
        return undefined;
      },
      { concurrency: 1 },
    );
    queue.add("a");
    queue.add("b");
    await settle();
    stop.abort();
    await settle();
    finish();
    await running;
    expect(seen).toEqual(["a"]);
  });
});
