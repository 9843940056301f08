import { expect, it } from "vitest";
import { goesOnFrom } from "./last-state.ts";

it.each([
  ["what the same strategy left", { strategy: "FedAdam", optimiserSha256: "ab" }, true],
  ["nothing where the same strategy left none", { strategy: "FedAdam", optimiserSha256: "" }, false],
  ["nothing of another strategy that keeps as much", { strategy: "FedYogi", optimiserSha256: "ab" }, false],
  ["nothing of a strategy that keeps less", { strategy: "FedAvgM", optimiserSha256: "ab" }, false],
  ["nothing of a strategy without state", { strategy: "FedAvg", optimiserSha256: "" }, false],
])("an optimiser goes on from %s", (_what, note, want) => {
  expect(goesOnFrom(note, "FedAdam")).toBe(want);
});
