import { describe, expect, it } from "vitest";
import { scanTokens } from "./scan-tokens.ts";

describe("the tokens of a document, as kubectl's library takes them", () => {
  it.each<[string, string]>([
    ["? outside brackets", "a: b?c\n"],
    ["? in quotes in brackets", "a: {b: 'c?d', e: \"f?\"}\n"],
    ["? as a mark in brackets", "a: {? b : c}\n"],
    [": in a text in brackets", "a: [b:c, d://e]\n"],
    [": right after quotes in brackets", 'a: {"b":c}\n'],
    [": before a blank in brackets", "a: {b: , c: }\n"],
    ["a tab after a key", "a:\tb\n"],
    ["tabs in brackets", "a: [\n\tb,\tc]\n"],
    ["a tab at the start of a block that says its indentation", "a: |2\n  \tb\n"],
    ["tags before blanks", "a: [!b c, !d {e: !f }]\ng: !h\n"],
    ["a tab in a block", "a: |\n  b\n  \tc\nd: e\n"],
    ["a colon on another line than its marked key", "? a\n: b\n"],
    ["lines in brackets that are indented too little, which are indented before", "a: {b: [c\n], d: e?f}\n"],
    ["ends of lines that stay in quotes", "a: \"b\u2028c\"\nd: 'e\u2029f'\n"],
    ["a value of several lines in brackets", "a: {b: c\n  d, e:\n  f, [g]: [h,\n  i]}\n"],
    ["a key of several lines in brackets with its mark", "a: {? b\n  c : d}\n"],
    ["line ends of Windows", "a: b\r\nc: |\r\n  d\r\n"],
    ["anything behind the end mark", "a: b\n...\n\tc: {d?: \u2028}\n"],
    ["an escape of another sign", 'a: "b\\\\\'c\\n"\n'],
    ["a tab below a comma in brackets", "a: {b: c,\n\td: e}\n"],
    ["a tab below quotes in brackets", "a: {b: 'c'\n\t}\n"],
    ["a tab below a comment in brackets", "a: {b: c # d\n\t}\n"],
    ["a tab below an alias in brackets", "a: &b c\nd: [*b\n\t]\n"],
    ["a tab below a text in brackets, right of the block", "a:\n  - b: {c: d\n     \t}\n"],
    ["a tab below a text in brackets at the left of all", "{a: b\n\t}\n"],
    ["a tab below a text, right of the block", "a: b\n \tc\nd:\n    e\n  \t\n"],
    ["a tab in a block at its left", "a:\n  - |2\n    b\n  \t\n"],
    ["a byte order mark at its start", "\ufeffa: b\n"],
    ["a key in brackets, quotes or an alias", "? [a]\n: &b c\n'd' : e\n*b : f\n"],
  ])("with %s are taken as they are", (_what, text) => {
    expect(scanTokens(text)).toEqual({ text });
  });

  it("behind a --- may be none", () => {
    expect(scanTokens("# a\n...\nb: [\n", true)).toEqual({ text: "# a\n" });
    expect(scanTokens("\ufeffa: b\n", true).problem).toEqual({ line: 0, said: expect.stringContaining("byte order") });
  });

  it("escape a single quote too", () => {
    expect(scanTokens('a: "it\\\'s"\nb: "\\\\\\\'"\n')).toEqual({ text: 'a: "it\'s"\nb: "\\\\\'"\n' });
  });

  it.each<[string, string, number, string]>([
    ["? in a text in brackets", "a: b\nc: {d: e?f}\n", 1, "in brackets"],
    ["? at the start of a text in brackets", "a: [?b]\n", 0, "in brackets"],
    ["? on a later line of a text in brackets", "a: [b\n  c?]\n", 1, "in brackets"],
    [": at the start of a text in brackets", "a: {b: ::1}\n", 0, "in brackets"],
    [": right before a comma in brackets", "a: {b:, c: d}\n", 0, "write a blank"],
    [": right before a bracket in brackets", "a: {b :[c]}\n", 0, "write a blank"],
    ["a key of several lines in brackets", "a: {b,\n  c\n  d: e}\n", 2, "several lines"],
    ["a key of several lines in quotes in brackets", 'a: {"b\n  c": d}\n', 1, "several lines"],
    ["a list of several lines as a key in brackets", "a: {[b,\n  c]: d}\n", 1, "several lines"],
    ["a key before its line ends in brackets", "a: {b\n  : c}\n", 1, "several lines"],
    ["U+0085 in quotes", "a: 'b\u0085c'\n", 0, "U+0085"],
    ["a tab at the start of the first line", "\ta: b\n", 0, "starts with a tab"],
    ["a tab at the start of a line", "a: b\n\t# c\n", 1, "starts with a tab"],
    ["a tab at the start of a block", "a: | # b\n\n  \tc\n", 2, "begins a block"],
    ["a tab below a text in brackets", "a: {b: c\n\t}\n", 1, "starts with a tab"],
    ["a tab on an empty line below a text in brackets", "a: {b: c\n\n\t\n  }\n", 2, "starts with a tab"],
    ["a tab behind blanks below a text in brackets", "- - a: [b\n    \tc]\n", 1, "starts with a tab"],
    ["a tab before a comment below a text in brackets", "a:\n  b: [c\n  \t# d\n  ]\n", 2, "starts with a tab"],
    ["a tab below a text in brackets behind a marked key", "? a\n: [b\n\t]\n", 2, "starts with a tab"],
    ["a tab below a text", "- a: b\n  \tc\n", 1, "starts with a tab"],
    ["an end mark before anything", "# a\n...\n", 1, "..."],
    ["a byte order mark below a line", "# a\n\ufeffb: c\n", 1, "byte order mark"],
    ["a text right after a key in quotes", '? "a",]\n: b\n', 0, "goes on"],
    ["quotes right after an alias", "a: &b c\n? *b 'd'\n: e\n", 1, "goes on"],
    ["a text right after brackets", "a: [b] c\n", 0, "goes on"],
    ["a colon on another line than its key", "a\n  : b\n", 1, "right after the key"],
    ["a tag right before a comma", "a: [!b, c]\n", 0, "tag"],
    ["a tag right before a bracket", "a: {b: !c}\n", 0, "tag"],
    ["a tag right before quotes", 'a: !"b"\n', 0, "tag"],
    ["a tab after a dash", "a:\n  - b\n  -\tc\n", 2, "tab after -"],
    ["a tab after a dash and a blank", "a:\n  - \tc\n", 1, "tab after -"],
    ["a tab after the mark of a complex key", "?\ta\n: b\n", 0, "tab after -"],
    ["a tab after the mark of its value", "? a\n:\tb\n", 1, "tab after -"],
    ["U+2028 in a comment", "a: b\n# c\u2028d: e\n", 1, "U+2028"],
    ["U+2029 in a text without quotes", "a: b\u2029c\n", 0, "U+2029"],
    ["U+0085 in a block", "a: |\n  b\n  c\u0085d\n", 2, "U+0085"],
    ["a carriage return alone", "a: b\rc: d\n", 0, "U+000D"],
  ])("with %s are refused", (_what, text, line, said) => {
    expect(scanTokens(text).problem).toEqual({ line, said: expect.stringContaining(said) });
  });
});
