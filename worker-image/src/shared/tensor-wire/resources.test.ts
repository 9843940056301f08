import { describe, expect, it } from "vitest";
import { formatContentRange, parseContentRange, parseRangeStart, parseTensorPath, tensorPath } from "./resources.ts";

describe("tensor wire", () => {
  it.each([
    { kind: "object", jobUid: "j-1", sha256: "a".repeat(64) } as const,
    { kind: "segment", jobUid: "j-1", round: 3, attempt: 1, segment: 65_535, party: 7 } as const,
  ])("path of a $kind goes there and back", (resource) => {
    expect(parseTensorPath(tensorPath(resource))).toEqual(resource);
  });

  it.each([
    "/",
    "/v1/jobs/j/objects/xyz",
    "/v1/jobs/j/rounds/1/attempts/1/segments/-1/parties/1",
    "/v1/jobs/../objects/0",
  ])("knows no resource %s", (path) => {
    expect(parseTensorPath(path)).toBeUndefined();
  });

  it("reads spans and refuses impossible ones", () => {
    const span = { startBytes: 5, endBytes: 10, totalBytes: 10 };
    expect(formatContentRange(span)).toBe("bytes 5-9/10");
    expect(parseContentRange("bytes 5-9/10")).toEqual(span);
    for (const bad of [undefined, "bytes 5-10/10", "bytes 6-5/10", "bytes */10"])
      expect(parseContentRange(bad)).toBeUndefined();
  });

  it("reads the start of an open range alone", () => {
    expect([undefined, "bytes=7-", "bytes=7-9", "items=1-"].map(parseRangeStart)).toEqual([0, 7, undefined, undefined]);
  });
});
