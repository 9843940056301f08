import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, type Disk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { GateMemory } from "./gate-memory.ts";
import { digestOf, seatName, sumOf } from "./testing/seats.ts";

const log = createLogger("test", "silent");
const policy = { repeatedStarts: "Refuse" } as const;
const eight = [1, 2, 3, 4, 5, 6, 7, 8];
let folder: string;
beforeAll(async () => {
  folder = await trialFolder("gate-memory-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const seats = [1, 2, 3];
const ask = (memory: GateMemory, seat: number, survivors: readonly number[]) =>
  memory.record(
    {
      seat: seatName(seat),
      startSha256: digestOf("start"),
      sums: ["update", "evaluation"].map((section) => sumOf(survivors, { section })),
    },
    policy,
  );

describe.each(Object.values(Fault))("the gate's memory, %s at every call in turn", (fault) => {
  it("holds every sum that was answered with yes, and takes the others afterwards", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, fault, String(trial++));
      const signed = new Set<number>();
      const within = async (disk: Disk | undefined, act: (memory: GateMemory) => Promise<void>) => {
        const memory = await GateMemory.open({
          directory,
          startsPerSeat: 10,
          bytesPerSeat: 2 ** 20,
          log,
          ...(disk !== undefined && { disk }),
        });
        try {
          await act(memory);
        } finally {
          await memory.close();
        }
      };
      const sign = async (memory: GateMemory, all: readonly number[]) => {
        const answers = await Promise.allSettled(
          all.map((seat) => ask(memory, seat, eight).then(() => signed.add(seat))),
        );
        const failed = answers.find((answer) => answer.status === "rejected");
        if (failed !== undefined) throw failed.reason;
      };
      const check = () =>
        within(undefined, async (memory) => {
          for (const seat of signed) {
            expect(memory.startsOf(seatName(seat))).toBe(2);
            await expect(ask(memory, seat, eight.slice(1))).rejects.toMatchObject({ code: "DIFFERENCE_OF_JOBS" });
          }
          for (const seat of seats) expect([0, 2]).toContain(memory.startsOf(seatName(seat)));
        });
      return {
        operate: async (disk) => {
          await within(disk, (memory) => sign(memory, seats.slice(0, 1)));
          await within(disk, (memory) => sign(memory, seats));
        },
        check,
        done: async () => {
          expect([...signed].sort()).toEqual(seats);
          await check();
        },
      };
    });
    expect(calls).toBeGreaterThan(20);
  });
});
