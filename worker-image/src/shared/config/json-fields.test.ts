import { describe, expect, it } from "vitest";
import { JsonFields, parseJsonFields } from "./json-fields.ts";

const fields = (value: unknown) => new JsonFields("job", value);

describe("JsonFields", () => {
  it("reads what is there and falls back for what is not", () => {
    const job = fields({ name: "a", count: 3, tags: ["x"], labels: { k: "v" }, parts: [{ id: "1" }] });
    expect(job.text("name")).toBe("a");
    expect(job.text("other", "fallback")).toBe("fallback");
    expect(job.integer("count", { min: 1, max: 3 })).toBe(3);
    expect(job.textList("tags")).toEqual(["x"]);
    expect(job.texts("labels")).toEqual({ k: "v" });
    expect(job.objectList("parts", (part) => part.text("id"))).toEqual(["1"]);
    expect(job.optionalObject("none")).toBeUndefined();
    job.end();
  });

  it.each([
    { name: "an absent text", read: (job: JsonFields) => job.text("name"), says: "job.name is absent, must be a text" },
    {
      name: "a number out of bounds",
      read: (job: JsonFields) => job.integer("count", { min: 1, max: 2 }),
      says: "job.count is 9, must be an integer from 1 to 2",
    },
    {
      name: "an unknown choice",
      read: (job: JsonFields) => job.oneOf("kind", ["A", "B"]),
      says: 'job.kind is "C", must be one of A, B',
    },
    { name: "a field nobody knows", read: (job: JsonFields) => job.end(), says: "absent: the field is not known" },
    {
      name: "a bad entry of a list, by its index",
      read: (job: JsonFields) => job.objectList("parts", (part) => part.text("id")),
      says: "job.parts[1].id is 4",
    },
    { name: "a value that is no text", read: (job: JsonFields) => job.texts("labels"), says: "job.labels.k is 1" },
  ])("refuses $name by its path", ({ read, says }) => {
    const job = fields({ count: 9, kind: "C", parts: [{ id: "1" }, { id: 4 }], labels: { k: 1 } });
    expect(() => read(job)).toThrow(says);
    expect(() => read(job)).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });

  it("names the file that is no JSON object", () => {
    expect(() => parseJsonFields("job.json", "{")).toThrow("job.json is not a JSON object");
    expect(() => parseJsonFields("job.json", "[]")).toThrow("job.json is not a JSON object");
  });
});
