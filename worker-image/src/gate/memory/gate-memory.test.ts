import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import { GateMemory, type SectionSum } from "./gate-memory.ts";
import { digestOf, seatName, sumOf } from "./testing/seats.ts";

const log = createLogger("test", "silent");
const refuse = { repeatedStarts: "Refuse" } as const;
const allow = { repeatedStarts: "Allow" } as const;
const eight = [1, 2, 3, 4, 5, 6, 7, 8];
let folder: string;
let memory: GateMemory;
beforeEach(async () => {
  folder = await trialFolder("gate-memory");
  memory = await open();
});
afterEach(async () => {
  await memory.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (startsPerSeat = 100, bytesPerSeat = 2 ** 20) =>
  GateMemory.open({ directory: folder, startsPerSeat, bytesPerSeat, log });
const record = (
  sums: readonly SectionSum[],
  { seat = 1, start = "start", policy = refuse as typeof refuse | typeof allow } = {},
) => memory.record({ seat: seatName(seat), startSha256: digestOf(start), sums }, policy);

describe("the gate's memory", () => {
  it("says how many seats are missing and new, and what would help", async () => {
    await record([sumOf(eight)]);
    await expect(record([sumOf([...eight.slice(1), 9])])).rejects.toMatchObject({
      code: "DIFFERENCE_OF_JOBS",
      message: expect.stringMatching(
        /section "update": .* 1 of its seats are missing now and 1 are new; .* all of them others, at least 3 in both; .*another model .*`last`.*repeatedStarts: Allow/u,
      ),
      details: { section: "update", why: "Near", missing: 1, added: 1, least: 3 },
    });
  });

  it("remembers all sections of a request or none", async () => {
    await record([sumOf(eight, { section: "evaluation" })]);
    const both = [sumOf(eight.slice(1)), sumOf(eight.slice(1), { section: "evaluation" })];
    await expect(record(both)).rejects.toMatchObject({ code: "DIFFERENCE_OF_JOBS" });
    expect(memory.startsOf(seatName(1))).toBe(1);
    await record([sumOf(eight)]);
  });

  it("keeps one seat from filling the volume with sets, counts the same when it is opened again, and leaves others alone", async () => {
    const setOf = (first: number) => [sumOf(Array.from({ length: 20 }, (_, index) => first + index))];
    await memory.close();
    memory = await open(100, 2_000);
    await record(setOf(1), { start: "a" });
    await record(setOf(101), { start: "b" });
    const bytes = memory.bytesOf(seatName(1));
    expect(bytes).toBe(37 + 2 * (725 + 41 + 25));
    await memory.close();
    memory = await open(100, 2_000);
    expect(memory.bytesOf(seatName(1))).toBe(bytes);
    await expect(record(setOf(201), { start: "c" })).rejects.toMatchObject({
      code: "GATE_MEMORY_FULL",
      message: expect.stringContaining(
        `keeps ${bytes} bytes for this seat and up to 791 would be new, which is more than 2000`,
      ),
    });
    await record(setOf(101), { start: "c" });
    await record(setOf(201), { start: "c", seat: 2 });
    expect(memory.bytesOf(seatName(2))).toBe(37 + 791);
  });

  it("keeps seats, starts and sections apart", async () => {
    await record([sumOf(eight)]);
    await record([sumOf(eight.slice(1))], { seat: 2 });
    await record([sumOf(eight.slice(1))], { start: "another" });
    await record([sumOf(eight.slice(1), { section: "evaluation" })]);
    expect(memory.startsOf(seatName(1))).toBe(3);
    expect([memory.startsOf(seatName(2)), memory.mostStarts]).toEqual([1, memory.startsOf(seatName(1))]);
  });

  it("lets one of two calls pass that together would not", async () => {
    const answers = await Promise.allSettled([record([sumOf(eight)]), record([sumOf(eight.slice(1))])]);
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("writes what it knows no second time, a set of many starts once, and a start in 25 bytes", async () => {
    await record([sumOf(eight)]);
    const one = memory.sizeBytes;
    await record([sumOf(eight)]);
    expect(memory.sizeBytes).toBe(one);
    await record([sumOf(eight)], { start: "another" });
    expect(memory.sizeBytes - one).toBe(16 + 25);
    const [before, ...rest] = [memory.sizeBytes, 3, 4, 5];
    await Promise.all(rest.map((seat) => record([sumOf(eight)], { seat })));
    expect(memory.sizeBytes - before).toBe(16 + 3 * (37 + 25));
  });

  it("refuses a start too many, forgets none, and takes those that it knows", async () => {
    await memory.close();
    memory = await open(2);
    await record([sumOf(eight)], { start: "one" });
    await record([sumOf(eight)], { start: "two" });
    await expect(record([sumOf(eight)], { start: "three" })).rejects.toMatchObject({
      code: "GATE_MEMORY_FULL",
      message: expect.stringContaining("gate.memory.startsPerSeat"),
    });
    await record([sumOf(eight)], { start: "one" });
    await record([sumOf([11, 12, 13, 14])], { start: "one" });
    await record([sumOf(eight)], { start: "three", seat: 2 });
    await expect(record([sumOf(eight.slice(1))], { start: "one" })).rejects.toMatchObject({
      code: "DIFFERENCE_OF_JOBS",
    });
  });

  it("remembers what a policy allowed, also when the policy no longer does", async () => {
    const sets = [eight, eight.slice(1), eight.slice(2), [11, 12]];
    for (const seats of sets) await record([sumOf(seats)], { policy: allow });
    await memory.close();
    memory = await open();
    expect(memory.startsOf(seatName(1))).toBe(3);
    for (const seats of sets) await record([sumOf(seats)]);
    await expect(record([sumOf([21, 22, 23, 24])])).rejects.toMatchObject({ details: { why: "Third" } });
    await expect(record([sumOf([11, 12], { work: "other" })])).rejects.toMatchObject({ details: { why: "OtherWork" } });
  });

  it("trusts no set that the disk changed since", async () => {
    await record([sumOf(eight)]);
    const path = join(folder, "memory.log");
    const bytes = await readFile(path);
    const at = bytes.indexOf(Buffer.from(sumOf(eight).dataNames));
    bytes[at + 40]! ^= 1;
    await writeFile(path, bytes);
    await expect(record([sumOf(eight.slice(1))])).rejects.toMatchObject({ code: "GATE_STATE_DAMAGED" });
    await expect(record([sumOf(eight.slice(4))])).rejects.toMatchObject({ code: "GATE_STATE_DAMAGED" });
  });
});
