import { Lexer } from "yaml";
import { linesIn, marks, startOf, step, typeOf } from "./token-place.ts";
import { problemOf } from "./token-problems.ts";

/** A document as kubectl's library takes its tokens, where that library and this one go different ways. */
export interface Scan {
  /** The document as this library takes it the same way. */
  readonly text: string;
  readonly problem?: ScanProblem;
}

/** What kubectl's library refuses, or takes for something else. */
export interface ScanProblem {
  /** Line from 0. */
  readonly line: number;
  readonly said: string;
}

/**
 * Looks at the tokens of a document, up to the mark that ends it, or up to brackets whose lines are indented too little.
 * Whether a `---` stands before it, the text itself does not say.
 */
export function scanTokens(text: string, isMarked = false): Scan {
  const parts: string[] = [];
  let place = startOf(isMarked);
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    const type = typeOf(token, place);
    if (type === "doc-end" && place.isBegun) break;
    // What follows brackets that are cut is put right before it is read again; by then its tabs are gone.
    const problem = problemOf(type === "flow-error-end" ? blanksAt(text, offset) : token, type, place);
    if (problem !== undefined)
      return { text, problem: { line: place.line + linesIn(problem.before), said: problem.said } };
    if (type === "flow-error-end") break;
    // Nothing is what stands between --- and its end.
    if (type === "doc-end") return { text: parts.join("") };
    place = step(place, token, type);
    if (marks.has(type)) continue;
    parts.push(type === "double-quoted-scalar" ? withoutQuoteEscapes(token) : token);
    offset += token.length;
  }
  return { text: parts.join("") + text.slice(offset) };
}

function blanksAt(text: string, offset: number): string {
  return /^[ \t]*/u.exec(text.slice(offset))?.[0] ?? "";
}

/** The escape of a single quote, which no YAML has and kubectl's library takes. */
function withoutQuoteEscapes(token: string): string {
  return token.replaceAll(/\\([\s\S])/gu, (pair, next: string) => (next === "'" ? next : pair));
}
