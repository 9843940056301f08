import { describe, expect, it } from "vitest";
import { layoutSafetensors, openSafetensors, safetensorsParts } from "./safetensors.ts";
import { readHeaderSize } from "./safetensors-header.ts";
import { float32View } from "./tensor-view.ts";

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  return joined([prefix, text, new Uint8Array(dataBytes)]);
}

const weights = {
  name: "w",
  dtype: "F32" as const,
  shape: [2, 2],
  bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
};
const ids = { name: "0", dtype: "I64" as const, shape: [], bytes: new Uint8Array(BigInt64Array.of(-5n).buffer) };
const flags = { name: "a", dtype: "BOOL" as const, shape: [3], bytes: Uint8Array.of(1, 0, 1) };

describe("safetensors files", () => {
  it("open as views of the bytes that were written", () => {
    const file = joined(safetensorsParts([flags, weights, ids], { format: "pt" }));
    const opened = openSafetensors(file);
    expect(opened.metadata).toEqual({ format: "pt" });
    expect(opened.tensors.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes }))).toEqual([
      ids,
      weights,
      flags,
    ]);
    const [, w] = opened.tensors;
    expect(w!.bytes.buffer).toBe(file.buffer);
    expect([...float32View(w!)!]).toEqual([1, 2, 3, 4]);
  });

  it("are the same bytes in whatever order tensors are listed", () => {
    const one = joined(safetensorsParts([flags, weights, ids], { a: "1", b: "2" }));
    expect(joined(safetensorsParts([ids, flags, weights], { b: "2", a: "1" }))).toEqual(one);
  });

  it("say their size and offsets before there is data", () => {
    const layout = layoutSafetensors([flags, weights]);
    expect(layout.header.length % 8).toBe(0);
    expect(layout.sizeBytes).toBe(layout.header.length + 19);
    expect(layout.tensors.map(({ name, startBytes, endBytes }) => [name, startBytes, endBytes])).toEqual([
      ["w", 0, 16],
      ["a", 16, 19],
    ]);
  });

  it("give no float32 view of another type or of unaligned bytes", () => {
    const info = { ...weights, elements: 4, startBytes: 0, endBytes: 16 };
    expect(float32View({ ...info, bytes: new Uint8Array(new ArrayBuffer(17), 1) })).toBeUndefined();
    expect(float32View({ ...info, dtype: "I32" })).toBeUndefined();
  });
});

describe("a header that real writers make", () => {
  const values = (...names: readonly string[]): string =>
    names.map((name, at) => `"${name}":{"dtype":"F32","shape":[1],"data_offsets":[${4 * at},${4 * at + 4}]}`).join(",");

  it.each<{ given: string; header: string; want: readonly string[] | string; metadata?: object }>([
    { given: "an empty name", header: `{${values("")}}`, want: [""] },
    { given: "whole numbers for names, ten before nine", header: `{${values("10", "9")}}`, want: ["10", "9"] },
    {
      given: "names that Unicode composes alike",
      header: `{${values("\u00e9", "e\u0301")}}`,
      want: ["\u00e9", "e\u0301"],
    },
    {
      given: "names of any script",
      header: `{${values("ÄÖ/層.0", "😀", "\ufbae")}}`,
      want: ["ÄÖ/層.0", "😀", "\ufbae"],
    },
    { given: "a name like a path", header: `{${values("../../x")}}`, want: ["../../x"] },
    { given: "metadata of nothing", header: `{"__metadata__":{},${values("a")}}`, want: ["a"] },
    { given: "metadata alone", header: '{"__metadata__":{"k":"v"}}', want: [], metadata: { k: "v" } },
    { given: "zeros behind the object", header: `{${values("a")}}\u0000\u0000`, want: "must be a JSON object" },
    { given: "data off any alignment", header: `{${values("a")}} `, want: ["a"] },
    { given: "nothing at all", header: "", want: "headerSize is 0n, must be from 2 to 0 bytes" },
  ])("with $given is read by its own names in the file's order, or refused", ({ header, want, metadata = {} }) => {
    const data = Uint8Array.from({ length: typeof want === "string" ? 0 : 4 * want.length }, (_none, at) => at);
    const file = joined([fileOf(header, 0), data]);
    if (typeof want === "string") return expect(() => openSafetensors(file)).toThrow(want);
    const opened = openSafetensors(file);
    expect(opened.tensors.map(({ name }) => name)).toEqual(want);
    expect(opened.tensors.flatMap(({ bytes }) => [...bytes])).toEqual([...data]);
    expect(opened.metadata).toEqual(metadata);
  });
});

describe("safetensors refuses", () => {
  const tensor = (change: object) => ({ t: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...change } });

  it.each([
    { given: "another type", header: tensor({ dtype: "F4" }), want: 't.dtype is "F4", must be one of BOOL, U8' },
    { given: "an inherited type", header: tensor({ dtype: "toString" }), want: 't.dtype is "toString"' },
    {
      given: "a negative size",
      header: tensor({ shape: [-2] }),
      want: "t.shape is a list of 1, must be a list of at most 32",
    },
    { given: "too many sizes", header: tensor({ shape: Array(33).fill(1) }), want: "t.shape is a list of 33" },
    {
      given: "a product past all memory",
      header: tensor({ shape: [2 ** 30, 2 ** 30] }),
      want: "t.shape is 1152921504606847000, must be at most 2^50",
    },
    {
      given: "a product past all memory that a zero follows",
      header: tensor({ shape: [2 ** 40, 2 ** 40, 0], data_offsets: [0, 0] }),
      want: "t.shape is 1.2089258196146292e+24, must be at most 2^50",
    },
    { given: "a list for a tensor", header: { t: ["F32", [2], [0, 8]] }, want: "t is a list of 3, must be an object" },
    {
      given: "a range of the wrong size",
      header: tensor({ data_offsets: [0, 7] }),
      want: "t.data_offsets is 7, must be 8 bytes",
    },
    { given: "a range that runs backwards", header: tensor({ data_offsets: [8, 0] }), want: "t.data_offsets is -8" },
    { given: "three offsets", header: tensor({ data_offsets: [0, 8, 9] }), want: "must be two byte offsets" },
    { given: "a hole", header: tensor({ data_offsets: [4, 12] }), want: "t.data_offsets is 4, must be 0: no hole" },
    {
      given: "an overlap",
      header: { ...tensor({}), u: { dtype: "U8", shape: [4], data_offsets: [4, 8] } },
      want: "u.data_offsets is 4, must be 8: no hole and no overlap",
    },
    {
      given: "data that is too short",
      header: tensor({ shape: [3], data_offsets: [0, 12] }),
      want: "data is 8, must be 12 bytes",
    },
    { given: "data that is too long", header: {}, want: "data is 8, must be 0 bytes" },
    { given: "no object", header: "[]", want: 'header is "[]", must be a JSON object' },
    { given: "broken JSON", header: '{"t":', want: "must be a JSON object" },
    { given: "a tensor that is no object", header: { t: 1 }, want: "t is 1, must be an object" },
    {
      given: "metadata that is no text",
      header: { ...tensor({}), __metadata__: { a: 1 } },
      want: "__metadata__.a is 1",
    },
    { given: "metadata that is no object", header: { ...tensor({}), __metadata__: "x" }, want: '__metadata__ is "x"' },
  ])("$given", ({ header, want }) => {
    expect(() => openSafetensors(fileOf(header, 8))).toThrow(want);
  });

  const plain = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
  it.each([
    {
      given: "a tensor named twice",
      header: `{"t":${plain},"t":${plain}}`,
      want: 'header is "t", must be an object that names each',
    },
    {
      given: "a member of a tensor named twice",
      header: '{"t":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      want: 'header is "dtype"',
    },
    { given: "metadata named twice", header: `{"t":${plain},"__metadata__":{"a":"1","a":"2"}}`, want: 'header is "a"' },
    {
      given: "a member that nobody knows",
      header: '{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"scale":2}}',
      want: 't is "scale"',
    },
    {
      given: "a float for a size",
      header: '{"t":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}',
      want: "t.shape",
    },
    {
      given: "a power for an offset",
      header: '{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8e0]}}',
      want: "t.data_offsets",
    },
    {
      given: "minus nothing",
      header: '{"t":{"dtype":"F32","shape":[2],"data_offsets":[-0,8]}}',
      want: "t.data_offsets",
    },
    { given: "a list of metadata", header: `{"t":${plain},"__metadata__":["a"]}`, want: "__metadata__ is a list of 1" },
    { given: "no metadata", header: `{"t":${plain},"__metadata__":null}`, want: "__metadata__ is null" },
    { given: "half a character", header: `{"\\ud800":${plain}}`, want: "must be well-formed Unicode" },
    { given: "a byte order mark", header: `\ufeff{"t":${plain}}`, want: "must be a JSON object" },
    { given: "a control character", header: `{"t\u0001":${plain}}`, want: "a control character" },
    { given: "space before the object", header: ` {"t":${plain}}`, want: "must be a JSON object" },
    { given: "a name without an end", header: `{"${"\\n".repeat(5_000_000)}`, want: "must be a JSON object" },
    { given: "a long name", header: `{"${"n".repeat(5_000)}":1}`, want: /^n{200}… is 1, must be an object$/u },
    { given: "an unknown escape", header: `{"t\\x":${plain}}`, want: "an escape" },
    { given: "a comma too many", header: `{"t":${plain},}`, want: "must be a JSON object" },
    { given: "something after the end", header: `{"t":${plain}} {}`, want: "must be a JSON object" },
    { given: "a pit", header: "[".repeat(100_000).replace("[", '{"t":'), want: "nested at" },
  ])("$given, as the reference does or where it would guess", ({ header, want }) => {
    expect(() => openSafetensors(fileOf(header, 8))).toThrow(want);
  });

  it("bytes that are no UTF-8", () => {
    const file = fileOf(`{"t?":${plain}}`, 8);
    file[file.indexOf(0x3f)] = 0xff;
    expect(() => openSafetensors(file)).toThrow("must be UTF-8");
  });

  it("no name for its length, however it is written", () => {
    const [tensor] = openSafetensors(fileOf(`{"${"\\n".repeat(5_000_000)}":${plain}}`, 8)).tensors;
    expect(tensor?.name).toHaveLength(5_000_000);
  });

  it("takes the names of an object's own parts for what they are", () => {
    const names = ["__proto__", "constructor", "toString"];
    const header = `{${names.map((name, at) => `"${name}":{"dtype":"U8","shape":[1],"data_offsets":[${at},${at + 1}]}`).join(",")},"__metadata__":{"__proto__":"x"}}`;
    const opened = openSafetensors(fileOf(header, 3));
    expect(opened.tensors.map(({ name }) => name)).toEqual(names);
    expect(Object.entries(opened.metadata)).toEqual([["__proto__", "x"]]);
  });

  it.each([
    { size: 1n, want: "headerSize is 1n, must be from 2 to 92 bytes" },
    { size: 93n, want: "headerSize is 93n, must be from 2 to 92 bytes" },
    { size: 2n ** 64n - 1n, want: "headerSize is 18446744073709551615n" },
  ])("a header of $size bytes in a file of 100", ({ size, want }) => {
    expect(() => readHeaderSize(new Uint8Array(BigUint64Array.of(size).buffer), 100)).toThrow(want);
  });

  it("a header above 100 MB, a missing prefix, reserved or repeated names and data of another length", () => {
    const prefix = new Uint8Array(BigUint64Array.of(100_000_001n).buffer);
    expect(() => readHeaderSize(prefix, 2 ** 40)).toThrow("must be from 2 to 100000000 bytes");
    expect(() => openSafetensors(new Uint8Array(7))).toThrow("prefix is Uint8Array of 7 bytes");
    expect(() => layoutSafetensors([{ name: "__metadata__", dtype: "U8", shape: [] }])).toThrow("not reserved");
    expect(() => layoutSafetensors([flags, flags])).toThrow('name is "a", must be a name that appears once');
    expect(() => safetensorsParts([{ ...flags, bytes: new Uint8Array(4) }])).toThrow(
      "a.bytes is Uint8Array of 4 bytes",
    );
  });
});
