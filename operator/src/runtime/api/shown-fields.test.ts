import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers, differingLists, shownFields } from "./shown-fields.ts";

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

describe("what an intent speaks of in a live object", () => {
  it.each([
    { what: "fields of others left out", live: { a: 1, b: 2 }, intent: { a: 9 }, wanted: { a: 1 } },
    { what: "a list of another length whole", live: { a: [1, 2] }, intent: { a: [1] }, wanted: { a: [1, 2] } },
    {
      what: "defaults in list items left out",
      live: { a: [{ n: 1, d: 0 }] },
      intent: { a: [{ n: 1 }] },
      wanted: { a: [{ n: 1 }] },
    },
    {
      what: "a selector whole",
      live: { selector: { z: "1", app: "x" } },
      intent: { selector: { app: "x" } },
      wanted: { selector: { app: "x", z: "1" } },
    },
    {
      what: "labels of others left out",
      live: { labels: { app: "x", z: "1" } },
      intent: { labels: { app: "x" } },
      wanted: { labels: { app: "x" } },
    },
    { what: "an absent field as absent", live: {}, intent: { a: { b: 1 } }, wanted: { a: undefined } },
  ])("has $what", ({ live, intent, wanted }) => {
    expect(shownFields(live, intent)).toEqual(wanted);
  });
});

describe("lists that differ", () => {
  it("are named by pointer, with whether others added to them", () => {
    const live = { metadata: { finalizers: ["x"] }, spec: { ports: [{ port: 1 }, { port: 2 }], "a/b": [3] } };
    const intent = { metadata: { finalizers: [] }, spec: { ports: [{ port: 1 }], "a/b": [4], same: [] } };
    expect(differingLists(live, intent)).toEqual([
      { path: "/spec/ports", wanted: [{ port: 1 }], isOfOtherLength: true },
      { path: "/spec/a~1b", wanted: [4], isOfOtherLength: false },
    ]);
  });
});
