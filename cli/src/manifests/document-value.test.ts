import { describe, expect, it } from "vitest";
import { Document, parseDocument } from "yaml";
import { readDocumentValue } from "./document-value.ts";

const read = (text: string) => readDocumentValue(parseDocument(text, { schema: "failsafe" }), text, true);

describe("the value of a document", () => {
  it("may be as large as what is written, and only what aliases make is counted", () => {
    const { value, findings } = readDocumentValue(new Document(Array(100_001).fill("a")), "", true);
    expect(findings).toEqual([]);
    expect(value).toHaveLength(100_001);
  });

  it.each([
    ["a mapping", "{<<: {a: b}}"],
    ["an alias of a mapping", "{c: &d {a: b}, <<: *d}"],
    ["a list of mappings with an anchor", "{<<: &d [{a: b}]}"],
    ["a list of aliases of mappings", "{c: &d {a: b}, <<: [*d]}"],
  ])("merges %s", (_what, text) => {
    expect(read(text)).toMatchObject({ value: { a: "b" }, findings: [] });
  });

  it.each([
    ["an alias of a list of mappings", "{c: &d [{a: b}], <<: *d}"],
    ["an alias of a list in a list", "{c: &d [{a: b}], <<: [*d]}"],
    ["a text", "{<<: a}"],
  ])("does not merge %s", (_what, text) => {
    expect(read(text).findings).toEqual([{ path: "<<", message: expect.stringContaining("must be a mapping") }]);
  });
});
