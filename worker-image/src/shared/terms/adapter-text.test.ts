import { describe, expect, it } from "vitest";
import { requireAdapterText } from "./adapter-text.ts";

const adapter = { type: "LoRA", rank: 4, alpha: 8, targets: ["q_proj", "v_proj"], rule: "FreezeA" };
const text = JSON.stringify(adapter);
const changed = (change: object) => JSON.stringify({ ...adapter, ...change });

describe("the text of an adapter", () => {
  it.each(["", text])("is taken as aggregators write it: %j", (one) =>
    expect(() => requireAdapterText(one)).not.toThrow(),
  );

  it.each([
    { given: "a blank", other: text.replace(",", ", ") },
    { given: "a number in another writing", other: text.replace("8", "8.0") },
    { given: "a number as a text", other: changed({ rank: "4" }) },
    { given: "fields in another order", other: JSON.stringify(Object.fromEntries(Object.entries(adapter).reverse())) },
    { given: "a field twice", other: text.replace('"rank":4', '"rank":4,"rank":4') },
    { given: "a field that nobody reads", other: changed({ note: "again" }) },
    { given: "a default left out", other: changed({ alpha: undefined }) },
    { given: "no rule", other: changed({ rule: "" }) },
    { given: "another kind", other: changed({ type: "DoRA" }) },
    { given: "a rank that no job has", other: changed({ rank: 513 }) },
    { given: "no targets", other: changed({ targets: [] }) },
    { given: "targets in another order", other: changed({ targets: ["v_proj", "q_proj"] }) },
    { given: "a target twice", other: changed({ targets: ["q_proj", "q_proj"] }) },
    { given: "no object", other: "null" },
    { given: "no JSON", other: "LoRA" },
  ])("is refused with $given", ({ other }) => expect(() => requireAdapterText(other)).toThrow("context.adapterJson"));
});
