import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue, type ErrorCode } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { AggregatorReport } from "../snapshot.ts";
import { aMaskedJob, aMaskedSnapshot, aStartedSnapshot } from "../testing/a-masked-job.ts";
import { aReport, someSettings, someTimeMs } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";
import { keepsAnnouncedSum, keepsMaskedRounds, remedyOfMasked } from "./masked-remedies.ts";
import { tellTransitions } from "./transitions.ts";

/** Codes that speak of gates, terms and masks. */
const masked = (Object.keys(catalogue) as ErrorCode[]).filter((code) =>
  /^(?:GATE|TERMS|PEERS|DIFFERENCE|UNMASK|ENROLMENT|PROTOCOL)_/u.test(code),
);
/** Where the gate's own words say what to do. */
const saysItself = ["GateMemoryFull", "DifferenceOfJobs"];
const page = readFileSync(join(import.meta.dirname, "../../../../../docs/reference/conditions.md"), "utf8");
const names = [0, 1].flatMap((workerIndex) => ["p0", "p1"].map((participant) => ({ participant, workerIndex })));
const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };

/** A masked job whose aggregator says so. */
function look(report: Partial<AggregatorReport>) {
  const started = aStartedSnapshot(aMaskedSnapshot([{ workers: 2 }, { workers: 2 }], aMaskedJob([2, 2])), []);
  const parties = names.map((name) => ({ ...name, heardAgoMs: 0, clockOffsetMs: 0 }));
  const said = aReport({ window, parties, ...report });
  const snapshot = { ...started, aggregator: { state: "heard", heardMs: someTimeMs, report: said } as const };
  const { conditions } = decide(snapshot, someSettings);
  const find = (type: string) => conditions.find((condition) => condition.type === type);
  return {
    ready: find("AggregationReady"),
    progressing: find("Progressing"),
    events: tellTransitions(snapshot, conditions),
  };
}

it("finds the codes of gates and masks in the catalogue", () => {
  expect(masked).toEqual(expect.arrayContaining(["TERMS_REFUSED", "ENROLMENT_REFUSED", "UNMASK_LOST"]));
});

describe.each(masked)("%s as what ended an attempt", (code) => {
  const { reason } = catalogue[code];
  const problem = { reason, message: "what was said" };
  // Told as the end of the job, with the workers and the remedy, by the policy that ends it.
  const isEnd = code === "UNMASK_LOST";

  it("is told with its reason, by one event, and with what to do", () => {
    const { ready, progressing, events } = look({ problem, stage: "Selecting" });
    expect(progressing).toMatchObject({ status: "False", reason });
    expect(ready?.status).toBe(keepsMaskedRounds(reason) ? "False" : "True");
    expect(keepsMaskedRounds(reason) || keepsAnnouncedSum(reason)).toBe(!isEnd);
    if (isEnd) return;
    expect(events.filter((event) => event.reason === reason)).toMatchObject([{ type: "Warning" }]);
    expect(remedyOfMasked(reason) !== "").toBe(!saysItself.includes(reason));
    expect(progressing?.message).toContain(remedyOfMasked(reason));
  });

  it("keeps nobody from seeing that the next attempt advances", () => {
    const { ready, progressing } = look({ problem, stage: "Training", attempt: 2 });
    expect(ready?.status).toBe("True");
    expect(progressing?.status).toBe(isEnd ? "False" : "True");
    expect(progressing?.message).toContain("what was said");
  });

  it("has a line in the page of conditions", () => expect(page).toMatch(new RegExp(`\`${reason}\`[^\\n]*\\|`, "u")));
});
