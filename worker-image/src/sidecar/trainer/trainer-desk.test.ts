import { createLogger } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { TrainerDesk, type TrainerTask } from "./trainer-desk.ts";

const log = createLogger("test", "silent");
const task: TrainerTask = { id: "round-0/Train", kind: "Train" };
const never = new AbortController().signal;
const context = { signal: never, peerCertificate: undefined };
const success = { case: "success", value: { metrics: [] } } as never;

describe("TrainerDesk", () => {
  it("gives the open task to whoever asks until its outcome came, then nothing", async () => {
    const desk = new TrainerDesk(log, 60_000);
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
    const desk = new TrainerDesk(log, 60_000, clock);
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
    const desk = new TrainerDesk(log, 60_000);
    const asked = desk.methods.nextTask({ waitMs: 60_000 } as never, context);
    const done = desk.run(task, never);
    expect(await asked).toEqual({ task });
    await desk.methods.completeTask({ taskId: task.id, outcome: success } as never, context);
    await done;
  });

  it("takes no outcome for a task that is not open", async () => {
    const desk = new TrainerDesk(log, 60_000);
    const controller = new AbortController();
    const done = desk.run(task, controller.signal);
    await desk.methods.completeTask({ taskId: "round-9/Train", outcome: success } as never, context);
    controller.abort(new Error("the attempt ended"));
    await expect(done).rejects.toThrow("the attempt ended");
  });

  it("calls a trainer lost that never asks", async () => {
    const desk = new TrainerDesk(log, 1);
    await expect(desk.run(task, never)).rejects.toMatchObject({ code: "TRAINER_LOST" });
  });

  it("refuses an outcome that is none", async () => {
    const desk = new TrainerDesk(log, 60_000);
    const outcome = { case: undefined };
    await expect(desk.methods.completeTask({ taskId: "x", outcome } as never, context)).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
    });
  });

  it("tells the trainer that the job is over and waits until it hangs up", async () => {
    const desk = new TrainerDesk(log, 60_000);
    desk.connected();
    const asked = desk.methods.nextTask({ waitMs: 60_000 } as never, context);
    const finished = desk.finish(60_000);
    expect(await asked).toEqual({ finished: true });
    desk.disconnected();
    await finished;
  });
});
