import { expect, it } from "vitest";
import { withoutFieldSets } from "./field-sets.ts";
import type { KubeObject } from "./object.ts";

it("keeps who manages an object, not which fields", () => {
  const managedFields = [{ manager: "tributary", operation: "Apply", fieldsV1: { "f:data": { "f:worker.json": {} } } }];
  const metadata = { name: "a", uid: "1", labels: { job: "notes" } };
  expect(withoutFieldSets({ metadata: { ...metadata, managedFields } } as KubeObject)).toEqual({
    metadata: { ...metadata, managedFields: [{ manager: "tributary", operation: "Apply" }] },
  });
});

it("leaves an object without managers as it is", () => {
  const object = { metadata: { name: "a" } };
  expect(withoutFieldSets(object)).toBe(object);
});
