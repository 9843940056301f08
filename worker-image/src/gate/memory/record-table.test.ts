import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordTable } from "./record-table.ts";

describe("a table of records", () => {
  it("finds by key what a Map does, and keeps what was written behind a key", () => {
    const key = fc.uint8Array({ minLength: 8, maxLength: 8 });
    const property = fc.property(fc.array(fc.tuple(key, fc.integer({ min: 0, max: 2 ** 32 - 1 }))), (entries) => {
      const table = new RecordTable({ widthBytes: 12, keyBytes: 8 });
      const model = new Map<string, number>();
      for (const [bytes, value] of entries) {
        const found = table.find(bytes);
        expect(found !== undefined).toBe(model.has(String(bytes)));
        const number = found ?? table.add(Buffer.concat([bytes, Buffer.alloc(4)]));
        table.at(number).writeUInt32BE(value, 8);
        model.set(String(bytes), value);
      }
      expect(table.count).toBe(model.size);
      for (const [bytes] of entries)
        expect(table.at(table.find(bytes)!).readUInt32BE(8)).toBe(model.get(String(bytes)));
    });
    fc.assert(property);
  });

  it("holds many records, with keys that differ in one place alone", () => {
    const table = new RecordTable({ widthBytes: 16, keyBytes: 16 });
    const keyOf = (index: number) => {
      const key = Buffer.alloc(16);
      key.writeUInt32BE(index, 4 * (index % 4));
      return key;
    };
    for (let index = 1; index <= 20_000; index++) expect(table.add(keyOf(index))).toBe(index - 1);
    for (let index = 1; index <= 20_000; index++) expect(table.find(keyOf(index))).toBe(index - 1);
    expect(table.find(Buffer.alloc(16))).toBeUndefined();
  });
});
