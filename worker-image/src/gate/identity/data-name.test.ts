import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type DataSource, dataDigest, dataSourceBytes } from "./data-name.ts";

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const text = (value: string) => Buffer.from(value).toString("hex");
const prefix = text("tributary/data");
const notes = { namespace: "jobs", claim: "notes", subPath: "legal" };

describe("the bytes under a data name", () => {
  it("are count, then length and text of namespace, claim and sub-path", () => {
    expect(hexOf(dataSourceBytes([notes]))).toBe(
      `${prefix}00000001${`04${text("jobs")}`}${`05${text("notes")}`}${`0005${text("legal")}`}`,
    );
  });

  it("are count 0 and the template's namespace and name where it mounts no claim", () => {
    expect(hexOf(dataSourceBytes({ namespace: "jobs", template: "noop" }))).toBe(
      `${prefix}00000000${`04${text("jobs")}`}${`0004${text("noop")}`}`,
    );
  });

  it("are the same for claims in any order, and for one that two containers mount", () => {
    const other = { ...notes, subPath: "" };
    const more = { ...notes, claim: "a-longer-name" };
    const want = dataSourceBytes([more, other, notes]);
    expect(dataSourceBytes([notes, other, notes, more])).toEqual(want);
    expect(hexOf(want).startsWith(`${prefix}00000003`)).toBe(true);
    expect(hexOf(want).indexOf(text("a-longer-name"))).toBeLessThan(hexOf(want).indexOf(text("notes")));
  });

  it.each([
    { name: "text moves from one part to the next", a: [{ ...notes, claim: "notesl", subPath: "egal" }] },
    { name: "one claim is two", a: [notes, { ...notes, subPath: "" }] },
    { name: "a template is called as a claim is", a: { namespace: "jobs", template: "notes" } },
    { name: "the claim lies in another namespace", a: [{ ...notes, namespace: "job" }] },
  ])("differ where $name", ({ a }) => expect(dataSourceBytes(a)).not.toEqual(dataSourceBytes([notes])));

  it("are of nothing that does not fit its length, and of no empty list", () => {
    expect(() => dataSourceBytes([{ ...notes, claim: "c".repeat(256) }])).toThrow("must be at most 255");
    expect(() => dataSourceBytes([{ ...notes, subPath: "é".repeat(32_768) }])).toThrow("must be at most 65535");
    expect(() => dataSourceBytes([])).toThrow("no claims");
  });
});

describe("a data name's digest", () => {
  it("is HMAC-SHA256 of those bytes under the gate's key", () => {
    const key = Buffer.alloc(32, 7);
    const want = createHmac("sha256", key)
      .update(dataSourceBytes([notes]))
      .digest();
    expect(Buffer.from(dataDigest(key, [notes]))).toEqual(want);
    expect(Buffer.from(dataDigest(Buffer.alloc(32, 8), [notes]))).not.toEqual(want);
  });
});

describe("the bytes under the data name of a runtime", () => {
  const claim = (name: string, subPath = "") => ({ namespace: "tributary-jobs", claim: name, subPath });
  const latin1 = (source: DataSource) => Buffer.from(dataSourceBytes(source)).toString("latin1");

  it("writes claims and sub-paths with their lengths", () => {
    const claims = [claim("notes", "legal"), claim("x")];
    expect(latin1(claims)).toBe(
      "tributary/data\0\0\0\x02\x0etributary-jobs\x05notes\0\x05legal\x0etributary-jobs\x01x\0\0",
    );
  });

  it("writes the runtime where there is no claim", () => {
    expect(latin1({ namespace: "jobs", template: "noop" })).toBe("tributary/data\0\0\0\0\x04jobs\0\x04noop");
  });

  it("counts lengths in bytes and refuses what has too many", () => {
    expect(latin1([claim("x", "ä")])).toContain("\0\x02\xc3\xa4");
    expect(() => latin1([claim("x".repeat(256))])).toThrow("has 256 bytes");
  });

  it("never makes the same bytes of two lists", () => {
    const lists = [[claim("a", "b")], [claim("a"), claim("b")], [claim("ab")], [claim("a", "b/c")], [claim("b", "a")]];
    expect(new Set(lists.map((claims) => latin1(claims))).size).toBe(lists.length);
  });
});
