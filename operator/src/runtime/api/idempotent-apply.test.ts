import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers } from "./idempotent-apply.ts";

describe("covers", () => {
  it.each([
    { what: "more fields in the live object", live: { a: 1, b: 2 }, intent: { a: 1 }, wanted: true },
    { what: "a missing field", live: { a: 1 }, intent: { a: 1, b: 2 }, wanted: false },
    { what: "another value", live: { a: 1 }, intent: { a: 2 }, wanted: false },
    { what: "a longer list", live: { a: [1, 2] }, intent: { a: [1] }, wanted: false },
    { what: "list items with defaults", live: { a: [{ n: 1, d: 0 }] }, intent: { a: [{ n: 1 }] }, wanted: true },
    { what: "a list for an object", live: { a: [] }, intent: { a: {} }, wanted: true },
    { what: "nothing where something is wanted", live: undefined, intent: { a: 1 }, wanted: false },
    { what: "null where something is wanted", live: { a: null }, intent: { a: { b: 1 } }, wanted: false },
  ])("is $wanted for $what", ({ live, intent, wanted }) => {
    expect(covers(live, intent)).toBe(wanted);
  });

  it("holds for every value and itself", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => covers(structuredClone(value), value)));
  });
});
