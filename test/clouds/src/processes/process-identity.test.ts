import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { killProcess, signalProcess } from "./end-process.ts";
import { identify, isAlive, parsePidFile, parseProcessStat, renderPidFile } from "./process-identity.ts";

const bootId = "0b0c5f3e-62c8-4b3e-9d53-2c6b7a1f0e11";
const statTail = (state: string, startTicks: number) =>
  ` ${state} 1 10 10 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ${startTicks} 1000 200\n`;

describe("parseProcessStat", () => {
  it.each([
    { given: "a plain name", text: `42 (etcd)${statTail("S", 777)}`, want: { state: "S", startTicks: 777 } },
    {
      given: "a name with spaces and brackets",
      text: `42 (a) R (b)${statTail("T", 5)}`,
      want: { state: "T", startTicks: 5 },
    },
  ])("reads state and start time after $given", ({ text, want }) => {
    expect(parseProcessStat(text)).toEqual(want);
  });

  it("refuses a text that is something else", () => {
    expect(() => parseProcessStat("42 (etcd) S 1")).toThrow("not the text of /proc/PID/stat");
  });
});

describe("a pid file", () => {
  const identity = { pid: 42, startTicks: 777, bootId };

  it("reads what it wrote", () => {
    expect(parsePidFile(renderPidFile(identity))).toEqual(identity);
  });

  it.each([
    { given: "an empty file", text: "" },
    { given: "half a line", text: `42 777 ${bootId.slice(0, 10)}` },
    { given: "a line that was cut before its end", text: `42 777 ${bootId}` },
    { given: "a bare pid", text: "42\n" },
  ])("is no identity when it is $given", ({ text }) => {
    expect(parsePidFile(text)).toBeUndefined();
  });
});

describe("isAlive", () => {
  const identity = { pid: 42, startTicks: 777, bootId };

  it.each([
    { given: "the same process", seen: { bootId, stat: { state: "S", startTicks: 777 } }, want: true },
    { given: "the same process, stopped", seen: { bootId, stat: { state: "T", startTicks: 777 } }, want: true },
    { given: "no process with that pid", seen: { bootId, stat: undefined }, want: false },
    { given: "a recycled pid", seen: { bootId, stat: { state: "S", startTicks: 778 } }, want: false },
    {
      given: "the same numbers after a reboot",
      seen: { bootId: "other", stat: { state: "S", startTicks: 777 } },
      want: false,
    },
    { given: "a process nobody has collected", seen: { bootId, stat: { state: "Z", startTicks: 777 } }, want: false },
  ])("is $want for $given", ({ seen, want }) => {
    expect(isAlive(identity, seen)).toBe(want);
  });
});

describe("signalling a process", () => {
  it("ends the process that was meant, and says so once", async () => {
    const child = spawn("sleep", ["600"]);
    await once(child, "spawn");
    const identity = identify(child.pid as number);
    await killProcess(identity);
    expect(isAlive(identity)).toBe(false);
    expect(signalProcess(identity, "SIGKILL")).toBe(false);
  });

  it("never touches another process with the same pid", () => {
    const own = identify(process.pid);
    expect(signalProcess({ ...own, startTicks: own.startTicks + 1 }, "SIGKILL")).toBe(false);
  });
});
