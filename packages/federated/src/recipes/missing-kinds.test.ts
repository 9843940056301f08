import { expect, it } from "vitest";
import { horizontal } from "./horizontal.ts";
import { missingKinds } from "./missing-kinds.ts";

it.each([
  { given: ["Train", "Evaluate"], want: [] },
  { given: ["Generate", "Evaluate", "Train"], want: [] },
  { given: ["Train"], want: ["Evaluate"] },
  { given: ["train"], want: ["Evaluate", "Train"] },
  { given: [], want: ["Evaluate", "Train"] },
])("of the horizontal recipe a trainer with $given lacks $want", ({ given, want }) => {
  expect(missingKinds(horizontal, "Trainer", given)).toEqual(want);
});

it("asks nothing of a role that the recipe has not", () => {
  expect(missingKinds(horizontal, "Coordinator", [])).toEqual([]);
});
