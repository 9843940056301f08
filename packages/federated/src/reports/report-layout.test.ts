import { describe, expect, it } from "vitest";
import { decodeMetrics, encodeMetrics } from "../encoding/metrics.ts";
import { SEGMENT_PARAMETERS } from "../encoding/segment-table.ts";
import { horizontal } from "../recipes/horizontal.ts";
import {
  countUpdateSegments,
  layoutReport,
  metricNames,
  planExponents,
  setupSegments,
  signedLayout,
} from "./report-layout.ts";
import type { Section } from "./section.ts";

const MEBI = 2 ** 20;

const sectionsOf = (parameters: number, isEvaluateOnly = false): readonly Section[] =>
  horizontal.plan({ tensors: [{ name: "w", shape: [parameters] }], hasAdapter: false }, {}, { isEvaluateOnly })
    .sections;

describe("layoutReport", () => {
  it.each([
    { parameters: 1, segments: 1, why: "a small model is sent whole" },
    { parameters: MEBI, segments: 1, why: "a small model is sent whole" },
    { parameters: 25 * MEBI, segments: 13, why: "sums of one of middle size overlap with its uploads" },
    { parameters: 2 ** 30, segments: 16, why: "a large one has the protocol's segments" },
    { parameters: 7 * 2 ** 30, segments: 112, why: "a large one has the protocol's segments" },
  ])("cuts $parameters parameters into $segments segments: $why", ({ parameters, segments }) => {
    const { updates } = layoutReport(sectionsOf(parameters), 4, new Array(segments).fill(2 ** -20));
    expect(countUpdateSegments(parameters)).toBe(segments);
    expect(updates.map(({ segment }) => segment.id)).toEqual(Array.from({ length: segments }, (_, id) => id));
    expect(updates.reduce((sum, { segment }) => sum + segment.valueCount, 0)).toBe(parameters);
    expect(Math.max(...updates.map(({ segment }) => segment.valueCount))).toBeLessThanOrEqual(SEGMENT_PARAMETERS);
  });

  it("gives the evaluation one segment, whether or not the round also trains", () => {
    const alone = layoutReport(sectionsOf(16, true), 4, []);
    const [evaluation, training] = layoutReport(sectionsOf(16), 4, [2 ** -20]).metrics;
    expect(alone).toEqual({ updates: [], metrics: [evaluation] });
    expect([evaluation!.segment.id, training!.segment.id]).toEqual([0xffff, 0xfffe]);
    expect(training!.codings.map(({ name }) => name)).toContain(metricNames.squaredNorm(0));
    expect(evaluation!.codings.map(({ name }) => name)).not.toContain(metricNames.squaredNorm(0));
  });

  it.each([[[]], [[2 ** -20, 2 ** -20]]])("refuses another number of steps than there are segments: %j", (steps) => {
    expect(() => layoutReport(sectionsOf(16), 4, steps)).toThrow("steps is a list of");
  });
});

describe("signedLayout", () => {
  const layout = layoutReport(sectionsOf(3 * MEBI), 4, [2 ** -20, 2 ** -19, 2 ** -18]);
  const setup = { segments: setupSegments(layout) };
  const plan = { stepExponents: planExponents(layout) };

  it("reads the steps from the plan, and all else must follow from sections and seats", () => {
    expect(signedLayout(sectionsOf(3 * MEBI), 4, { setup, plan })).toEqual(layout);
  });

  const [first, ...others] = setup.segments;
  it.each([
    { name: "a segment more", change: { setup: { segments: [...setup.segments, { ...first!, id: 77 }] } } },
    { name: "a segment less", change: { setup: { segments: others } } },
    { name: "segments in another order", change: { setup: { segments: setup.segments.toReversed() } } },
    { name: "another id", change: { setup: { segments: [{ ...first!, id: 9 }, ...others] } } },
    { name: "fewer values", change: { setup: { segments: [{ ...first!, valueCount: 8 }, ...others] } } },
    { name: "wider values", change: { setup: { segments: [{ ...first!, valueBits: 17 }, ...others] } } },
    { name: "another ring", change: { setup: { segments: [{ ...first!, ringBits: 24 }, ...others] } } },
    { name: "a step that is none", change: { plan: { stepExponents: [[-97], ...plan.stepExponents.slice(1)] } } },
    { name: "no step", change: { plan: { stepExponents: [[], ...plan.stepExponents.slice(1)] } } },
    {
      name: "two steps of a segment",
      change: { plan: { stepExponents: [[-20, -20], ...plan.stepExponents.slice(1)] } },
    },
    {
      name: "another step of a metric",
      change: { plan: { stepExponents: [...plan.stepExponents.slice(0, -1), plan.stepExponents.at(-1)!.with(0, 3)] } },
    },
    { name: "steps of another number of seats", change: {}, seats: 5 },
    { name: "no plan", change: { plan: { stepExponents: [] } } },
  ])("has none for $name", ({ change, seats = 4 }) => {
    expect(signedLayout(sectionsOf(3 * MEBI), seats, { setup, plan, ...change })).toBeUndefined();
  });
});

describe("the metrics of a report", () => {
  const metricsOf = (parties: number) => layoutReport(sectionsOf(16), parties, [2 ** -20]).metrics;

  it.each([
    { parties: 1, loss: 4e-4, count: 1 },
    { parties: 2, loss: 1.7e-5, count: 1 },
    { parties: 100, loss: 4e-4, count: 1 },
    { parties: 100, loss: 4e6, count: 1_000_000 },
    { parties: 300, loss: 3.3e-3, count: 7 },
    { parties: 300, loss: 1e8, count: 30_000_000 },
  ])("open a mean of $loss / $count over $parties parties to a millionth of itself", ({ parties, loss, count }) => {
    const { codings } = metricsOf(parties)[0]!;
    const [sum, units] = [metricNames.sum("validation_loss"), metricNames.count("validation_loss")];
    const one = encodeMetrics(codings, { [sum]: loss, [units]: count }, parties).values;
    const opened = decodeMetrics(
      codings,
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
    const { codings } = metricsOf(given.parties)[1]!;
    const name = metricNames.sum("training_loss");
    const values = Object.fromEntries(codings.map((coding) => [coding.name, 0]));
    const opened = (sum: number) =>
      decodeMetrics(codings, encodeMetrics(codings, { ...values, [name]: sum }, given.parties).values)[name];
    expect(opened(given.smallest)).toBe(2 * given.smallest);
    expect(opened(given.smallest * (1 - 2 ** -20))).toBe(0);
  });
});
