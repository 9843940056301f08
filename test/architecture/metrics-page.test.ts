import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "@tributary/kit";
import {
  createRuntimeMetrics,
  registerCollectorMetrics,
  registerJobMetrics,
  registerMemberMetrics,
  systemClock,
} from "@tributary/operator";
import { observeEngine, observeGate, observeNetwork } from "@tributary/worker-image";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "./sources.ts";

interface Series {
  readonly type: string;
  readonly labels: string;
  readonly meaning: string;
}

/** What prom-client keeps of a series and does not declare. */
interface Registered {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly constructor: { readonly name: string };
}

function seriesOf(registry: Registry): Record<string, Series> {
  const registered = registry.getMetricsAsArray() as unknown as Registered[];
  return Object.fromEntries(
    registered.map((one) => [
      one.name,
      { type: one.constructor.name.toLowerCase(), labels: one.labelNames.join(", "), meaning: one.help },
    ]),
  );
}

/** Series of each section of the page, by the section's heading. */
function sectionsOf(page: string): Map<string, Record<string, Series>> {
  return new Map(
    page.split(/^## /mu).map((section) => {
      const rows = section.split("\n").filter((line) => line.startsWith("| `"));
      const series = rows.map((row) => {
        const [name = "", type = "", labels = "", meaning = ""] = row
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll("`", ""));
        return [name, { type, labels, meaning }] as const;
      });
      return [section.split("\n", 1)[0] as string, Object.fromEntries(series)];
    }),
  );
}

function operatorSeries(): Record<string, Series> {
  const registry = new Registry();
  createRuntimeMetrics(registry, systemClock).close();
  registerMemberMetrics(registry, { members: () => [], stateOf: () => undefined }, systemClock);
  registerJobMetrics(registry, () => []);
  registerCollectorMetrics(registry);
  return seriesOf(registry);
}

function aggregatorSeries(): Record<string, Series> {
  const registry = new Registry();
  // Nothing is scraped here, so nothing of the engine is read.
  const unread = undefined as never;
  observeEngine(registry, unread, unread, unread);
  return seriesOf(registry);
}

function gateSeries(): Record<string, Series> {
  const registry = new Registry();
  observeGate(registry, undefined as never);
  observeNetwork(registry, undefined as never);
  return seriesOf(registry);
}

describe("docs/reference/metrics.md", () => {
  const sections = sectionsOf(readFileSync(join(repositoryRoot, "docs/reference/metrics.md"), "utf8"));

  it.each([
    ["Operator", operatorSeries()],
    ["Aggregator", aggregatorSeries()],
    ["Gate", gateSeries()],
  ])("has every series of the %s and no other", (section, series) => {
    expect(Object.keys(series).length).toBeGreaterThan(0);
    expect(sections.get(section)).toEqual(series);
  });

  it("describes each series in a sentence, in base units, under our prefix", () => {
    const all = [...sections.values()].flatMap((series) => Object.entries(series));
    for (const [name, { meaning }] of all) {
      expect(name).toMatch(/^tributary_[a-z_]+$/u);
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb|mib|percent)$/u);
      expect(meaning).toMatch(/\.$/u);
    }
  });
});
