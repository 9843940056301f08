import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxLineBytes, readLines } from "./json-lines.ts";

async function linesOf(chunks: Iterable<Buffer>): Promise<string[]> {
  async function* source() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of readLines(source())) lines.push(line);
  return lines;
}

describe("readLines", () => {
  it("gives the same lines however the bytes were cut, also inside a character", async () => {
    const line = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\n"));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(40), { minLength: 1 }), async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        const chunks: Buffer[] = [];
        for (let start = 0, index = 0; start < bytes.length; index++) {
          const size = 1 + (sizes[index % sizes.length] as number);
          chunks.push(bytes.subarray(start, start + size));
          start += size;
        }
        expect(await linesOf(chunks)).toEqual(lines);
      }),
    );
  });

  it("gives a last line that has no end", async () => {
    expect(await linesOf([Buffer.from("a\n\nb")])).toEqual(["a", "b"]);
  });

  it("refuses a line without end before it fills the memory", async () => {
    const chunk = Buffer.alloc(maxLineBytes / 2 + 1, "x");
    await expect(linesOf([chunk, chunk])).rejects.toThrow(RangeError);
  });
});
