import { describe, expect, it } from "vitest";
import { splitStream } from "./split-stream.ts";

describe("a stream of documents", () => {
  it.each<[string, string, [number, string][]]>([
    [
      "a separator",
      "a\n---\nb\n",
      [
        [1, "a\n"],
        [3, "b\n"],
      ],
    ],
    [
      "a comment behind a separator",
      "a\n--- # c\nb\n",
      [
        [1, "a\n"],
        [3, "b\n"],
      ],
    ],
    [
      "a comment glued to a separator after a document",
      "a\n---#c\nb\n",
      [
        [1, "a\n"],
        [3, "b\n"],
      ],
    ],
    ["a comment glued to a separator after an empty document", "---\n---#c\nb\n", [[3, "b\n"]]],
    [
      "line ends of Windows",
      "a\r\n--- # c\r\nb\r\n",
      [
        [1, "a\n"],
        [3, "b\n"],
      ],
    ],
  ])("is split at %s", (_what, text, pieces) => {
    expect(splitStream(text)).toEqual({
      findings: [],
      pieces: pieces.map(([line, piece]) => ({ line, text: piece, format: "YAML", isMarked: false })),
    });
  });

  it.each<[string, string, boolean[]]>([
    ["before any line", "---\na\n---\nb\n", [true, false]],
    ["after a comment", "# c\n---\na\n", [false, false]],
    ["right after one that ends a document", "a\n---\n---\nb\n", [false, true]],
  ])("is marked by a separator that kubectl leaves in, %s", (_where, text, marked) => {
    expect(splitStream(text).pieces.map(({ isMarked }) => isMarked)).toEqual(marked);
  });

  it.each<[string, string, number]>([
    ["a text behind a separator", "a\n--- b\n", 2],
    ["a text glued to a separator", "a\n---b\n", 2],
    ["a comment glued to the first separator", "---#c\na\n", 1],
    ["a comment glued to a separator right after one that ends a document", "a\n---\n---#c\nb\n", 3],
  ])("is not split at %s", (_what, text, line) => {
    expect(splitStream(text).findings).toEqual([
      { path: "", message: expect.stringContaining(`line ${line} is no separator`) },
    ]);
  });
});
