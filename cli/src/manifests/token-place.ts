import { CST } from "yaml";
import { type BlockIndent, indentAfter, noIndent } from "./block-indent.ts";

/** Brackets that are open. */
interface Brackets {
  readonly outer: Brackets | undefined;
  /** Line on which the entry began that is being read, until its `:` comes; none where `?` marks its key. */
  readonly keyLine: number | undefined;
}

/** Where a scan stands. */
export interface Place {
  /** Line of the next token, from 0. */
  readonly line: number;
  /** Column of the next token, from 0. */
  readonly column: number;
  readonly brackets: Brackets | undefined;
  /** What is open outside brackets. */
  readonly block: BlockIndent;
  /** Whether a text without quotes can go on here: on its line, or below it. */
  readonly goesOn: "line" | "below" | undefined;
  /** What a key or an entry may begin right after: a line's start, a mark, or neither. */
  readonly after: "line" | "mark" | undefined;
  /** Type of the token before. */
  readonly before: string | null;
  /** Type of the token before, blanks, line ends and comments left out. */
  readonly last: string | null;
  /** Line on which that one ended. */
  readonly lastLine: number;
  /** Whether a `?` outside brackets came. */
  readonly hasMarkedKey: boolean;
  /** Whether a text without quotes comes. */
  readonly awaitsText: boolean;
  /** Whether a `---` stands before the document. */
  readonly isMarked: boolean;
  /** Whether anything of the document came yet. */
  readonly isBegun: boolean;
}

const start: Place = {
  line: 0,
  column: 0,
  brackets: undefined,
  block: noIndent,
  goesOn: undefined,
  after: "line",
  before: "newline",
  last: null,
  lastLine: 0,
  hasMarkedKey: false,
  awaitsText: false,
  isMarked: false,
  isBegun: false,
};
/** Tokens that stand for no text. */
export const marks = new Set<string | null>(["doc-mode", "scalar"]);
/** Tokens that end a key. */
export const valueMarks = new Set<string | null>(["map-value-ind", "value-of-text"]);
/** Texts in quotes. */
export const quoted = new Set<string | null>(["single-quoted-scalar", "double-quoted-scalar"]);
const opening = new Set<string | null>(["flow-map-start", "flow-seq-start"]);
/** Brackets that end something. */
export const closing = new Set<string | null>(["flow-map-end", "flow-seq-end"]);
const unsaid = new Set<string | null>(["space", "newline", "comment"]);
const blockHeaders = new Set<string | null>(["block-scalar-header", "sized-block-header"]);
const blank = new Set<string | null>(["space", "newline", "comment", "doc-start", "byte-order-mark"]);

/** Where the scan of a document begins that has a `---` before it or none. */
export function startOf(isMarked: boolean): Place {
  return { ...start, isMarked };
}

/** The lexer says of a text without quotes, by a token before it, that it comes, and not what it is. */
export function typeOf(token: string, { awaitsText, last, brackets }: Place): string | null {
  if (awaitsText) return blockHeaders.has(last) ? "block-text" : "text";
  const type = CST.tokenType(token);
  if (type === "block-scalar-header" && /\d/u.test(token)) return "sized-block-header";
  return type === "map-value-ind" && brackets !== undefined && last === "text" ? "value-of-text" : type;
}

/** Where a scan stands after a token. */
export function step(place: Place, token: string, type: string | null): Place {
  if (marks.has(type)) return { ...place, awaitsText: type === "scalar" };
  // The lexer says so where a value is left out.
  if (token === "" && place.brackets !== undefined) return { ...place, awaitsText: false };
  return {
    line: place.line + linesIn(token),
    column: columnAfter(place, token, type),
    brackets: bracketsAfter(place, type),
    block: blockAfter(place, type),
    goesOn: goesOnAfter(place, type),
    after: afterToken(place, token, type),
    before: type,
    last: unsaid.has(type) ? place.last : type,
    lastLine: unsaid.has(type) ? place.lastLine : place.line + linesIn(token),
    hasMarkedKey: place.hasMarkedKey || (type === "explicit-key-ind" && place.brackets === undefined),
    awaitsText: false,
    isMarked: place.isMarked || type === "doc-start",
    isBegun: place.isBegun || !blank.has(type),
  };
}

function columnAfter({ column }: Place, token: string, type: string | null): number {
  if (token.includes("\n")) return token.length - token.lastIndexOf("\n") - 1;
  return type === "byte-order-mark" ? column : column + token.length;
}

function bracketsAfter({ brackets, line }: Place, type: string | null): Brackets | undefined {
  const begun = brackets === undefined ? undefined : { ...brackets, keyLine: brackets.keyLine ?? line };
  if (opening.has(type)) return { outer: begun, keyLine: undefined };
  if (closing.has(type)) return brackets?.outer;
  if (brackets === undefined || blank.has(type)) return brackets;
  // Nothing that comes after one of these is a key before the next comma.
  if (type === "explicit-key-ind" || valueMarks.has(type)) return { ...brackets, keyLine: Number.POSITIVE_INFINITY };
  return type === "comma" ? { ...brackets, keyLine: undefined } : begun;
}

function blockAfter({ block, brackets, column, after }: Place, type: string | null): BlockIndent {
  if (brackets !== undefined || blank.has(type)) return block;
  return indentAfter(block, { type, column, isFirst: after !== undefined });
}

function goesOnAfter({ goesOn }: Place, type: string | null): Place["goesOn"] {
  if (type === "text") return "line";
  if (type === "newline" && goesOn !== undefined) return "below";
  return type === "space" ? goesOn : undefined;
}

function afterToken({ after }: Place, token: string, type: string | null): Place["after"] {
  switch (type) {
    case "newline":
      return "line";
    case "space":
    case "byte-order-mark":
      return after;
    case "seq-item-ind":
    case "explicit-key-ind":
      return "mark";
    case "map-value-ind":
      // That of a key in front of it on its line takes tabs.
      return after === undefined ? undefined : "mark";
    case "text":
    case "block-text":
      return token === "" || token.endsWith("\n") ? "line" : undefined;
    default:
      return undefined;
  }
}

/** How many lines a text ends. */
export function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
