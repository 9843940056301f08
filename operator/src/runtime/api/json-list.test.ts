import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readList } from "./json-list.ts";

function read(text: string, sizes: readonly number[] = [7]) {
  const bytes = Buffer.from(text);
  async function* source() {
    for (let start = 0, turn = 0; start < bytes.length; turn++) {
      const end = start + (sizes[turn % sizes.length] ?? 0) + 1;
      yield bytes.subarray(start, end);
      start = end;
    }
  }
  return readList<unknown>(source());
}

describe("readList", () => {
  it("gives what JSON.parse gives, however the bytes were cut", async () => {
    const item = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ stringUnit: "grapheme" }));
    const list = fc.record({
      kind: fc.string({ unit: "grapheme" }),
      metadata: fc.record({ resourceVersion: fc.string(), items: fc.array(fc.jsonValue()) }),
      items: fc.array(item),
      more: fc.jsonValue(),
    });
    const sizes = fc.array(fc.nat(60), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(list, fc.constantFrom(undefined, 2), sizes, async (value, indent, cuts) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(await read(text, cuts)).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    '{"items":null,"metadata":{}}',
    '{"metadata":{"continue":"x"}}',
    '{"a":"\\"items\\":","b":[{"c":1}]}',
    "[]",
  ])("takes %s as it is", async (text) => {
    expect(await read(text)).toEqual(JSON.parse(text));
  });

  it("gives undefined for an empty body", async () => {
    expect(await read("")).toBeUndefined();
  });

  it.each(['{"items":[{"a":1},{"b"', '{"items":[{"a":1}]', "<html>", '{"items":[{"a":x}]}'])(
    "refuses %s",
    async (text) => {
      await expect(read(text)).rejects.toThrow(SyntaxError);
    },
  );

  it("makes of each item what is kept of it before the next is read", async () => {
    const prepared: unknown[] = [];
    let preparedBefore = -1;
    async function* source() {
      yield Buffer.from('{"items":[{"name":"a","rest":1}');
      preparedBefore = prepared.length;
      yield Buffer.from(',{"name":"b","rest":2}]}');
    }
    const keepName = ({ name }: { name: string }) => {
      prepared.push(name);
      return { name };
    };
    expect((await readList(source(), keepName))?.items).toEqual([{ name: "a" }, { name: "b" }]);
    expect(preparedBefore).toBe(1);
  });

  it("lets others run before the list is complete", async () => {
    let hasRun = false;
    let sawItRun = false;
    const filler = "x".repeat(70_000);
    async function* source() {
      yield Buffer.from(`{"items":[{"a":"${filler}"}`);
      setImmediate(() => {
        hasRun = true;
      });
      yield Buffer.from(`,{"a":"${filler}"}`);
      sawItRun = hasRun;
      yield Buffer.from("]}");
    }
    expect((await readList(source()))?.items?.length).toBe(2);
    expect(sawItRun).toBe(true);
  });
});
