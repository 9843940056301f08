import { decodeMetrics, encodeMetrics, SEGMENT_PARAMETERS } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import {
  countUpdateSegments,
  layoutReport,
  metricNames,
  planExponents,
  readPlannedReport,
  setupSegments,
} from "./report-layout.ts";

const MEBI = 2 ** 20;

describe("layoutReport", () => {
  it.each([
    { parameters: 1, segments: 1, why: "a small model is sent whole" },
    { parameters: MEBI, segments: 1, why: "a small model is sent whole" },
    { parameters: 25 * MEBI, segments: 13, why: "sums of one of middle size overlap with its uploads" },
    { parameters: 2 ** 30, segments: 16, why: "a large one has the protocol's segments" },
    { parameters: 7 * 2 ** 30, segments: 112, why: "a large one has the protocol's segments" },
  ])("cuts $parameters parameters into $segments segments: $why", ({ parameters, segments }) => {
    const { updates } = layoutReport(parameters, 4, new Array(segments).fill(2 ** -20));
    expect(countUpdateSegments(parameters)).toBe(segments);
    expect(updates.length).toBe(segments);
    expect(updates.reduce((sum, update) => sum + update.parameters, 0)).toBe(parameters);
    expect(Math.max(...updates.map((update) => update.parameters))).toBeLessThanOrEqual(SEGMENT_PARAMETERS);
  });
});

describe("the metrics of a report", () => {
  const steps = [2 ** -20];
  const planned = (parties: number) => {
    const layout = layoutReport(16, parties, steps);
    const [setup, plan] = [
      { segments: setupSegments(layout, false) },
      { stepExponents: planExponents(layout, steps, false) },
    ];
    return { layout, report: readPlannedReport(setup as never, plan as never)! };
  };

  it.each([
    { parties: 1, loss: 4e-4, count: 1 },
    { parties: 2, loss: 1.7e-5, count: 1 },
    { parties: 100, loss: 4e-4, count: 1 },
    { parties: 100, loss: 4e6, count: 1_000_000 },
    { parties: 300, loss: 3.3e-3, count: 7 },
    { parties: 300, loss: 1e8, count: 30_000_000 },
  ])("open a mean of $loss / $count over $parties parties to a millionth of itself", ({ parties, loss, count }) => {
    const { layout, report } = planned(parties);
    expect(report.codings).toEqual(layout.codings);
    const values = Object.fromEntries(report.codings.map(({ name }) => [name, 0]));
    const [sum, units] = [metricNames.sum("validation_loss"), metricNames.count("validation_loss")];
    const one = encodeMetrics(report.codings, { ...values, [sum]: loss, [units]: count }, parties).values;
    const opened = decodeMetrics(
      layout.codings,
      one.map((value) => value * parties),
    );
    expect(opened[units]).toBe(count * parties);
    expect(Math.abs(opened[sum]! / opened[units]! / (loss / count) - 1)).toBeLessThan(1e-6);
  });

  it.each([
    { parties: 1, smallest: 2 ** -42 },
    { parties: 4, smallest: 2 ** -40 },
    { parties: 16, smallest: 2 ** -38 },
    { parties: 300, smallest: 2 ** -33 },
  ])("open a sum from half of the finest step on, and a smaller one as zero: $parties parties", (given) => {
    const { report } = planned(given.parties);
    const name = metricNames.sum("training_loss");
    const values = Object.fromEntries(report.codings.map((coding) => [coding.name, 0]));
    const opened = (sum: number) =>
      decodeMetrics(report.codings, encodeMetrics(report.codings, { ...values, [name]: sum }, given.parties).values)[
        name
      ];
    expect(opened(given.smallest)).toBe(2 * given.smallest);
    expect(opened(given.smallest * (1 - 2 ** -20))).toBe(0);
  });
});
