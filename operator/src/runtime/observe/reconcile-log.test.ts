import { createLogger, TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ReconcileReport } from "../control/controller.ts";
import { logReconciles } from "./reconcile-log.ts";

const report = { controller: "jobs", key: "ns/a", reconcileId: "id-1", durationMs: 12.4 };

function linesOf(...reports: ReconcileReport[]): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("test", "debug", { write: (line) => void lines.push(JSON.parse(line)) });
  const logReport = logReconciles(log);
  for (const one of reports) logReport(one);
  return lines;
}

describe("logReconciles", () => {
  it.each<{ what: string; given: ReconcileReport; level: string; more: Record<string, unknown> }>([
    { what: "a success", given: { ...report, outcome: "success" }, level: "debug", more: { msg: "reconciled" } },
    {
      what: "an error that is tried again",
      given: { ...report, outcome: "error", againInMs: 40, error: new TributaryError("API_CONFLICT", "changed") },
      level: "warn",
      more: { code: "API_CONFLICT", againInMs: 40, msg: "changed" },
    },
    {
      what: "an error that waits for somebody",
      given: { ...report, outcome: "terminal", error: new TributaryError("SPEC_INVALID", "bad") },
      level: "error",
      more: { code: "SPEC_INVALID" },
    },
  ])("writes $what as $level with the reconcile's id", ({ given, level, more }) => {
    expect(linesOf(given)).toMatchObject([
      { level, controller: "jobs", object: "ns/a", reconcileId: "id-1", durationMs: 12, ...more },
    ]);
  });

  it("tells once what waits for somebody, and again when it changes or comes back", () => {
    const terminal = (message: string): ReconcileReport => ({
      ...report,
      outcome: "terminal",
      error: new TributaryError("FORBIDDEN", message),
    });
    const good: ReconcileReport = { ...report, outcome: "success" };
    const lines = linesOf(terminal("a"), terminal("a"), terminal("b"), good, terminal("b"));
    expect(lines.map(({ level }) => level)).toEqual(["error", "debug", "error", "debug", "error"]);
  });

  it("writes the stack of a bug", () => {
    const error = new TributaryError("INVARIANT_BROKEN", "x is undefined", { cause: new TypeError("x is undefined") });
    const [line] = linesOf({ ...report, outcome: "error", error });
    expect(line).toMatchObject({
      level: "error",
      err: { type: "TypeError", stack: expect.stringContaining("reconcile-log.test") },
    });
  });
});
