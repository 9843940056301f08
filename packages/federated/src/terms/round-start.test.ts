import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../xsa1/bytes.ts";
import { startDigest } from "./round-start.ts";

const crypto = {
  sha256: (...parts: readonly Uint8Array[]) =>
    new Uint8Array(
      createHash("sha256")
        .update(concatBytes(...parts))
        .digest(),
    ),
};
const object = (name: string, fill: number, format = "safetensors") => ({
  name,
  format,
  sha256: new Uint8Array(32).fill(fill),
});

describe("the digest of a start", () => {
  it("is over name, format and digest of each object, with zeros between them", () => {
    const bytes = concatBytes(
      utf8("tributary/start"),
      Uint8Array.of(0, 0, 0, 2),
      utf8("base\0gguf\0"),
      new Uint8Array(32).fill(1),
      utf8("model\0safetensors\0"),
      new Uint8Array(32).fill(2),
    );
    expect(startDigest(crypto, [object("base", 1, "gguf"), object("model", 2)])).toEqual(crypto.sha256(bytes));
  });

  it("differs for another object, format, name or number of objects", () => {
    const starts = [
      [object("model", 1)],
      [object("model", 2)],
      [object("model", 1, "gguf")],
      [object("control", 1)],
      [object("control", 1), object("model", 1)],
    ];
    const digests = starts.map((objects) => Buffer.from(startDigest(crypto, objects)).toString("hex"));
    expect(new Set(digests).size).toBe(starts.length);
  });

  it.each([
    { given: "none", objects: [], says: "start.objects is a list of 0" },
    { given: "out of order", objects: [object("model", 1), object("base", 2)], says: "ascending by name" },
    { given: "a name twice", objects: [object("model", 1), object("model", 2)], says: "ascending by name" },
    { given: "a zero in a name", objects: [object("a\0b", 1)], says: "start.objects.name" },
    { given: "a zero in a format", objects: [object("a", 1, "gguf\0")], says: "start.objects.format" },
    { given: "a short digest", objects: [{ ...object("a", 1), sha256: new Uint8Array(31) }], says: "must be 32 bytes" },
  ])("is refused for objects that could be told apart in two ways: $given", ({ objects, says }) => {
    expect(() => startDigest(crypto, objects)).toThrow(says);
  });
});
