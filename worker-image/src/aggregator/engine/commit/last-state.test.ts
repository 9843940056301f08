import { serverOptimiserByName } from "@tributary/federated";
import { expect, it } from "vitest";
import { goesOnFrom } from "./last-state.ts";

const stateOf = (name: string) =>
  Object.fromEntries(serverOptimiserByName(name).stateSlots.map((slot) => [slot.name, "ab"]));

it.each([
  ["what the same strategy left", { strategy: "FedAdam", optimiser: stateOf("FedAdam") }, true],
  ["nothing where the same strategy left none", { strategy: "FedAdam", optimiser: {} }, false],
  ["nothing of the same strategy with fewer slots", { strategy: "FedAdam", optimiser: { other: "ab" } }, false],
  ["nothing of another strategy that keeps as much", { strategy: "FedYogi", optimiser: stateOf("FedYogi") }, false],
  ["nothing of a strategy that keeps less", { strategy: "FedAvgM", optimiser: stateOf("FedAvgM") }, false],
  ["nothing of a strategy without state", { strategy: "FedAvg", optimiser: {} }, false],
])("an optimiser goes on from %s", (_what, note, want) => {
  expect(goesOnFrom(note, serverOptimiserByName("FedAdam"))).toBe(want);
});
