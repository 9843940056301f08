import { type Clock, createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TrainerDesk, type TrainerTask } from "./trainer-desk.ts";

const log = createLogger("test", "silent");
const task: TrainerTask = { id: "round-0/Train", kind: "Train" };
const never = new AbortController().signal;
const context = { signal: never, peerCertificate: undefined };
const success = { case: "success", value: { metrics: [] } } as never;

const aDesk = (timeoutMs: number, clock?: Clock) => new TrainerDesk(log, timeoutMs, async () => {}, clock);

describe("TrainerDesk", () => {
  it("gives a trainer its job once it has taken note of it, and none to one that is refused", async () => {
    const told: unknown[] = [];
    const desk = new TrainerDesk(log, 60_000, async ({ kinds }) => {
      if (kinds.length === 0) throw new TributaryError("MESSAGE_INVALID", "kinds: 0 verbs");
      told.push(kinds);
    });
    desk.setJob({ jobUid: "uid" });
    await expect(desk.methods.register({ kinds: [] } as never, context)).rejects.toThrow("kinds: 0 verbs");
    expect(await desk.methods.register({ kinds: ["Train"] } as never, context)).toEqual({ jobUid: "uid" });
    expect(told).toEqual([["Train"]]);
  });

  it("gives the open task to whoever asks until its outcome came, then nothing", async () => {
    const desk = aDesk(60_000);
    const done = desk.run(task, never);
    expect(await desk.methods.nextTask({ waitMs: 0 } as never, context)).toEqual({ task });
    expect(await desk.methods.nextTask({ waitMs: 0 } as never, context)).toEqual({ task });
    await desk.methods.completeTask({ taskId: task.id, outcome: success } as never, context);
    expect(await done).toBe(success);
    expect(await desk.methods.nextTask({ waitMs: 0 } as never, context)).toEqual({});
  });

  it("tells whoever asks what then remains of the task's time, whatever the wall clock says", async () => {
    let nowMs = 1_000;
    const clock = { nowMs: () => Number.NaN, monotonicMs: () => nowMs, sleep: async () => {} };
    const desk = aDesk(60_000, clock);
    const stop = new AbortController();
    const done = desk.run({ ...task, expiresMs: 11_000 }, stop.signal);
    const ask = () => desk.methods.nextTask({ waitMs: 0 } as never, context);
    expect(await ask()).toEqual({ task: { ...task, remainingMs: 10_000n } });
    nowMs = 5_000;
    expect(await ask()).toEqual({ task: { ...task, remainingMs: 6_000n } });
    nowMs = 99_000;
    expect(await ask()).toEqual({ task: { ...task, remainingMs: 0n } });
    stop.abort(new Error("the attempt ended"));
    await expect(done).rejects.toThrow("the attempt ended");
  });

  it("wakes a trainer that waits when a task comes", async () => {
    const desk = aDesk(60_000);
    const asked = desk.methods.nextTask({ waitMs: 60_000 } as never, context);
    const done = desk.run(task, never);
    expect(await asked).toEqual({ task });
    await desk.methods.completeTask({ taskId: task.id, outcome: success } as never, context);
    await done;
  });

  it("takes no outcome for a task that is not open", async () => {
    const desk = aDesk(60_000);
    const controller = new AbortController();
    const done = desk.run(task, controller.signal);
    await desk.methods.completeTask({ taskId: "round-9/Train", outcome: success } as never, context);
    controller.abort(new Error("the attempt ended"));
    await expect(done).rejects.toThrow("the attempt ended");
  });

  it("calls a trainer lost that never asks", async () => {
    const desk = aDesk(1);
    await expect(desk.run(task, never)).rejects.toMatchObject({ code: "TRAINER_LOST" });
  });

  describe("with work that outlives its attempt", () => {
    const TIMEOUT_MS = 120_000;
    const HOUR_MS = 3_600_000;
    const other: TrainerTask = { id: "round-1/Train", kind: "Train" };
    const failureOf = (code: string) => ({ case: "failure", value: { code, message: "", retriable: true } }) as never;
    const late = failureOf("DEADLINE_EXCEEDED");
    const broken = failureOf("TRAINER_LOSS_NOT_FINITE");
    let desk: TrainerDesk;
    beforeEach(() => {
      vi.useFakeTimers();
      const clock = { nowMs: () => Number.NaN, monotonicMs: () => Date.now(), sleep: async () => {} };
      desk = aDesk(TIMEOUT_MS, clock);
      desk.connected();
    });
    afterEach(() => vi.useRealTimers());

    const ask = () => desk.methods.nextTask({ waitMs: 0 } as never, context);
    const handIn = (taskId: string, outcome = success) =>
      desk.methods.completeTask({ taskId, outcome } as never, context);
    /** Has a trainer begin a task whose attempt then ends. */
    async function withdrawn(begun: TrainerTask): Promise<void> {
      const attempt = new AbortController();
      const done = desk.run(begun, attempt.signal).catch((error: Error) => error.message);
      expect(await ask()).toMatchObject({ task: { id: begun.id } });
      attempt.abort(new Error("the attempt ended"));
      expect(await done).toBe("the attempt ended");
    }
    /** Has a task done and tells, whenever it is asked, what became of it. */
    function begin(wanted: TrainerTask): () => Promise<unknown> {
      let fate: unknown = "open";
      desk.run(wanted, never).then(
        (outcome) => {
          fate = outcome;
        },
        (error: { readonly code: string }) => {
          fate = error.code;
        },
      );
      return async () => {
        await vi.advanceTimersByTimeAsync(0);
        return fate;
      };
    }

    it("waits for the same work, however long it takes, and never calls its trainer lost", async () => {
      await withdrawn(task);
      expect([task, other].map(({ id }) => desk.isBegun(id))).toEqual([true, false]);
      const fate = begin(task);
      await vi.advanceTimersByTimeAsync(24 * HOUR_MS);
      expect(await fate()).toBe("open");
      await handIn(task.id);
      expect(await fate()).toBe(success);
    });

    it("takes what was done meanwhile, once", async () => {
      await withdrawn(task);
      await handIn(task.id);
      expect(desk.isBegun(task.id)).toBe(true);
      expect(await desk.run(task, never)).toBe(success);
      expect(desk.isBegun(task.id)).toBe(false);
      expect(await begin(task)()).toBe("open");
    });

    it("takes what a former process gave out", async () => {
      await handIn(task.id);
      expect(await desk.run(task, never)).toBe(success);
    });

    it("has work done again that failed meanwhile, or of which the outcome is older than another task", async () => {
      await withdrawn(task);
      await handIn(task.id, late);
      expect(await begin(task)()).toBe("open");
      await handIn(task.id);
      await withdrawn(task);
      await handIn(task.id);
      await withdrawn(other);
      expect(await begin(task)()).toBe("open");
    });

    it("gives the task out again when the trainer gave up by an earlier attempt's time", async () => {
      await withdrawn({ ...task, expiresMs: Date.now() + HOUR_MS });
      const fate = begin({ ...task, expiresMs: Date.now() + 2 * HOUR_MS });
      await handIn(task.id, late);
      expect(await fate()).toBe("open");
      expect(await ask()).toEqual({ task: { ...task, remainingMs: BigInt(2 * HOUR_MS) } });
      await handIn(task.id, late);
      expect(await fate()).toBe(late);
    });

    it.each([
      { when: "that the trainer failed at", failure: broken },
      { when: "whose time had passed", failure: late },
    ])("gives the task out when the outcome of a try $when is handed in again", async ({ failure }) => {
      const before = begin(task);
      await ask();
      await handIn(task.id, failure);
      expect(await before()).toBe(failure);
      const fate = begin(task);
      await handIn(task.id, failure);
      expect(await fate()).toBe("open");
      expect(await ask()).toEqual({ task });
      await handIn(task.id, failure);
      expect(await fate()).toBe(failure);
    });

    it("gives the task out when a trainer failed at one that a former process gave out, and takes what it has done", async () => {
      const fate = begin(task);
      await handIn(task.id, broken);
      expect(await fate()).toBe("open");
      await handIn(task.id);
      expect(await fate()).toBe(success);
    });

    it("takes a failure of a task that was given, also over another connection or after its attempt", async () => {
      const fate = begin(task);
      await ask();
      desk.disconnected();
      desk.connected();
      await handIn(task.id, broken);
      expect(await fate()).toBe(broken);
      await withdrawn(task);
      const next = begin(task);
      await handIn(task.id, broken);
      expect(await next()).toBe(broken);
    });

    it("lets a trainer finish other work within its time before it counts as lost", async () => {
      await withdrawn({ ...other, expiresMs: Date.now() + HOUR_MS });
      const fate = begin(task);
      await vi.advanceTimersByTimeAsync(HOUR_MS + TIMEOUT_MS - 1);
      expect(await fate()).toBe("open");
      await vi.advanceTimersByTimeAsync(1);
      expect(await fate()).toBe("TRAINER_LOST");
    });

    it("gives the task to a trainer that comes from other work", async () => {
      await withdrawn(other);
      const fate = begin(task);
      await handIn(other.id);
      expect(await ask()).toEqual({ task });
      await handIn(task.id);
      expect(await fate()).toBe(success);
    });

    it.each([
      { when: "came from other work and asks for nothing", leave: () => handIn(other.id), afterMs: TIMEOUT_MS },
      { when: "closed its connection", leave: async () => desk.disconnected(), afterMs: 5_000 },
    ])("calls a trainer lost that $when", async ({ leave, afterMs }) => {
      await withdrawn(other);
      const fate = begin(task);
      await leave();
      await vi.advanceTimersByTimeAsync(afterMs - 1);
      expect(await fate()).toBe("open");
      await vi.advanceTimersByTimeAsync(1);
      expect(await fate()).toBe("TRAINER_LOST");
    });

    it("calls a trainer lost that went away while nobody waited, and did not come back", async () => {
      await withdrawn(task);
      desk.disconnected();
      const fate = begin(task);
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
      expect(await fate()).toBe("TRAINER_LOST");
    });
  });

  it("refuses an outcome that is none", async () => {
    const desk = aDesk(60_000);
    const outcome = { case: undefined };
    await expect(desk.methods.completeTask({ taskId: "x", outcome } as never, context)).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
    });
  });

  it("tells the trainer that the job is over and waits until it hangs up", async () => {
    const desk = aDesk(60_000);
    desk.connected();
    const asked = desk.methods.nextTask({ waitMs: 60_000 } as never, context);
    const finished = desk.finish(60_000);
    expect(await asked).toEqual({ finished: true });
    desk.disconnected();
    await finished;
  });
});
