import type { Finding } from "../finding.ts";

/** One document of a stream as text. */
export interface Piece {
  readonly text: string;
  /** Line of the stream on which the text starts, from 1. */
  readonly line: number;
  /** What kubectl reads it as. */
  readonly format: "JSON" | "YAML";
  /** Whether the `---` before it is a part of it to kubectl's library. */
  readonly isMarked: boolean;
}

/** The documents of a stream, and what is wrong between them. */
export interface Pieces {
  readonly pieces: readonly Piece[];
  readonly findings: readonly Finding[];
}

/** A separator that is left to kubectl's library, and one that kubectl cuts out itself. */
const leftSeparator = /^---(?:[ \t\r]*|[ \t]+#.*)$/su;
const cutSeparator = /^---\s*(?:#.*)?$/su;

/**
 * Splits a stream where kubectl does, before anything is parsed: one that starts with `{` is JSON values in a row, any
 * other is YAML, with a new document after each line that starts with `---`.
 */
export function splitStream(text: string): Pieces {
  return text.trimStart().startsWith("{") ? splitJson(text) : splitYaml(text);
}

function splitYaml(text: string): Pieces {
  const pieces: Piece[] = [];
  const findings: Finding[] = [];
  let lines: string[] = [];
  let start = 1;
  let isMarked = false;
  // A separator after lines that kubectl holds is cut out with them; one after none becomes the first line that it holds.
  let holdsLines = false;
  const end = (): void => {
    if (lines.length > 0) pieces.push({ text: `${lines.join("\n")}\n`, line: start, format: "YAML", isMarked });
    lines = [];
  };
  for (const [index, line] of text.replaceAll("\r\n", "\n").replace(/\n$/u, "").split("\n").entries()) {
    if (!line.startsWith("---")) {
      lines.push(line);
      holdsLines = true;
      continue;
    }
    if (!(holdsLines ? cutSeparator : leftSeparator).test(line)) findings.push(noSeparator(index + 1));
    end();
    isMarked = !holdsLines;
    holdsLines = isMarked;
    start = index + 2;
  }
  end();
  return { pieces, findings };
}

function noSeparator(line: number): Finding {
  const message = `line ${line} is no separator that kubectl takes: only a comment may follow ---; write the rest on the next line`;
  return { path: "", message };
}

/** Values are found by their brackets alone; whether each is JSON is the parser's to say. */
function splitJson(text: string): Pieces {
  const pieces: Piece[] = [];
  let depth = 0;
  let start = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{}\]]/gsu)) {
    if (match[0].startsWith('"')) continue;
    depth += "[{".includes(match[0]) ? 1 : -1;
    if (depth > 0) continue;
    pieces.push(jsonPiece(text, start, match.index + 1));
    start = match.index + 1;
    depth = 0;
  }
  if (text.slice(start).trim() !== "") pieces.push(jsonPiece(text, start, text.length));
  return { pieces, findings: [] };
}

function jsonPiece(text: string, from: number, to: number): Piece {
  const slice = text.slice(from, to);
  const start = from + slice.length - slice.trimStart().length;
  return { text: slice.trim(), line: text.slice(0, start).split("\n").length, format: "JSON", isMarked: false };
}
