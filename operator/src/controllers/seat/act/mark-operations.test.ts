import { expect, it } from "vitest";
import { markOperations } from "./mark-operations.ts";

it("puts marks beside those of others", () => {
  const live = { metadata: { name: "x", labels: { team: "ml" }, annotations: { note: "theirs" } } };
  const marks = { labels: { "tributary.dev/participant": "aws" }, annotations: { "a~b/c": "d" } };
  expect(markOperations(live, marks)).toEqual([
    { op: "add", path: "/metadata/labels/tributary.dev~1participant", value: "aws" },
    { op: "add", path: "/metadata/annotations/a~0b~1c", value: "d" },
  ]);
  expect(markOperations(live, {})).toEqual([]);
});

it("makes the map that is not there, unless somebody made one meanwhile", () => {
  const live = { metadata: { name: "x", resourceVersion: "7" } };
  expect(markOperations(live, { annotations: { a: "b" } })).toEqual([
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "add", path: "/metadata/annotations", value: { a: "b" } },
  ]);
});
