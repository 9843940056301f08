import { describe, expect, it } from "vitest";
import { dataNameBytes, formatDataNameUri, parseDataNameUri } from "./data-name.ts";
import { formatMemberUri, parseMemberUri } from "./member-uri.ts";

const hex = "0123456789abcdef".repeat(4);
const data = new Uint8Array(Buffer.from(hex, "hex"));

describe("the URI of a data name", () => {
  it("goes there and back", () => {
    const uri = formatDataNameUri({ data, index: 12 });
    expect(uri).toBe(`tributary-data:${hex}/12`);
    expect(parseDataNameUri(uri)).toEqual({ data, index: 12 });
  });

  it.each([
    `tributary-data:${hex}`,
    `tributary-data:${hex}/`,
    `tributary-data:${hex}/01`,
    `tributary-data:${hex}/-1`,
    `tributary-data:${hex}/1000000`,
    `tributary-data:${hex}/1/2`,
    `tributary-data:${hex}/1\n`,
    `tributary-data:${hex.toUpperCase()}/1`,
    `tributary-data:${hex.slice(2)}/1`,
    `tributary-data:${hex}00/1`,
    ` tributary-data:${hex}/1`,
    `tributary-data://${hex}/1`,
  ])("is not %j", (uri) => expect(parseDataNameUri(uri)).toBeUndefined());

  it.each([
    { name: "a digest that is cut", given: { data: data.slice(1), index: 0 } },
    { name: "an index that is no worker's", given: { data, index: 1_000_000 } },
    { name: "an index that is none", given: { data, index: 0.5 } },
  ])("is made of nothing but a data name: $name", ({ given }) => {
    expect(() => formatDataNameUri(given)).toThrow(RangeError);
    expect(() => dataNameBytes(given)).toThrow(RangeError);
  });

  it("has 36 bytes, the index last", () => {
    expect(Buffer.from(dataNameBytes({ data, index: 0x01_02_03 })).toString("hex")).toBe(`${hex}00010203`);
  });
});

describe("the URI of a member", () => {
  it("goes there and back", () => expect(parseMemberUri(formatMemberUri("aws-us-east-1"))).toBe("aws-us-east-1"));

  it.each(["tributary-member://", "tributary-member://a/b", "tributary://a", "tributary-member://a\n", "a"])(
    "is not %j",
    (uri) => expect(parseMemberUri(uri)).toBeUndefined(),
  );

  it("is made of no name that would be read as another", () => {
    expect(() => formatMemberUri("a/b")).toThrow(RangeError);
  });
});
