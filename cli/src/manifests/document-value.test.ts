import { describe, expect, it } from "vitest";
import { Document } from "yaml";
import { readDocumentValue } from "./document-value.ts";

describe("the value of a document", () => {
  it("may be as large as what is written, and only what aliases make is counted", () => {
    const { value, findings } = readDocumentValue(new Document(Array(100_001).fill("a")), "", true);
    expect(findings).toEqual([]);
    expect(value).toHaveLength(100_001);
  });
});
