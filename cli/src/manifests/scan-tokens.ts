import { CST, Lexer } from "yaml";

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

/** Brackets that are open. */
interface Brackets {
  readonly outer: Brackets | undefined;
  /** Line on which the entry began that is being read, until its `:` comes; none where `?` marks its key. */
  readonly keyLine: number | undefined;
}

/** Where a scan stands. */
interface Place {
  /** Line of the next token, from 0. */
  readonly line: number;
  readonly brackets: Brackets | undefined;
  /** What a key or an entry may begin right after: a line's start, a mark, or neither. */
  readonly after: "line" | "mark" | undefined;
  /** Type of the token before. */
  readonly before: string | null;
  /** Type of the token before, blanks, line ends and comments left out. */
  readonly last: string | null;
  /** Whether a `?` outside brackets came. */
  readonly hasMarkedKey: boolean;
  /** Whether a text without quotes comes. */
  readonly awaitsText: boolean;
  /** Whether anything of the document came yet. */
  readonly isBegun: boolean;
}

const start: Place = {
  line: 0,
  brackets: undefined,
  after: "line",
  before: "newline",
  last: null,
  hasMarkedKey: false,
  awaitsText: false,
  isBegun: false,
};
/** Tokens that stand for no text. */
const marks = new Set<string | null>(["doc-mode", "scalar"]);
const valueMarks = new Set<string | null>(["map-value-ind", "value-of-text"]);
const quoted = new Set<string | null>(["single-quoted-scalar", "double-quoted-scalar"]);
const opening = new Set<string | null>(["flow-map-start", "flow-seq-start"]);
const closing = new Set<string | null>(["flow-map-end", "flow-seq-end"]);
const unsaid = new Set<string | null>(["space", "newline", "comment"]);
const blank = new Set<string | null>(["space", "newline", "comment", "doc-start", "byte-order-mark"]);

/** Looks at the tokens of a document, up to the mark that ends it, or up to brackets whose lines are indented too little. */
export function scanTokens(text: string): Scan {
  const parts: string[] = [];
  let place = start;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    const type = typeOf(token, place);
    if (type === "flow-error-end" || (type === "doc-end" && place.isBegun)) break;
    const problem = problemOf(token, type, place);
    if (problem !== undefined)
      return { text, problem: { line: place.line + linesIn(problem.before), said: problem.said } };
    place = step(place, token, type);
    if (marks.has(type)) continue;
    parts.push(type === "double-quoted-scalar" ? withoutQuoteEscapes(token) : token);
    offset += token.length;
  }
  return { text: parts.join("") + text.slice(offset) };
}

/** The lexer says of a text without quotes, by a token before it, that it comes, and not what it is. */
function typeOf(token: string, { awaitsText, last, brackets }: Place): string | null {
  if (awaitsText) return "text";
  const type = CST.tokenType(token);
  if (type === "block-scalar-header" && /\d/u.test(token)) return "sized-block-header";
  return type === "map-value-ind" && brackets !== undefined && last === "text" ? "value-of-text" : type;
}

function step(place: Place, token: string, type: string | null): Place {
  if (marks.has(type)) return { ...place, awaitsText: type === "scalar" };
  // The lexer says so where a value is left out.
  if (token === "" && place.brackets !== undefined) return { ...place, awaitsText: false };
  return {
    line: place.line + linesIn(token),
    brackets: bracketsAfter(place, type),
    after: afterToken(place, token, type),
    before: type,
    last: unsaid.has(type) ? place.last : type,
    hasMarkedKey: place.hasMarkedKey || (type === "explicit-key-ind" && place.brackets === undefined),
    awaitsText: false,
    isBegun: place.isBegun || !blank.has(type),
  };
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
      return token === "" || token.endsWith("\n") ? "line" : undefined;
    default:
      return undefined;
  }
}

interface Problem {
  /** Text of the token before the place. */
  readonly before: string;
  readonly said: string;
}

function problemOf(token: string, type: string | null, place: Place): Problem | undefined {
  return (
    tabIn(token, type, place) ??
    tabInBlock(token, type, place) ??
    lineEndIn(token, type) ??
    gluedTag(type, place) ??
    valueWithoutKey(type, place) ??
    markInBrackets(token, type, place)
  );
}

/** kubectl's library takes a tab where a key or an entry may begin inside brackets and texts only, not even before nothing. */
function tabIn(token: string, type: string | null, { brackets, after }: Place): Problem | undefined {
  if (type !== "space" || brackets !== undefined || after === undefined || !token.includes("\t")) return undefined;
  const said = after === "line" ? "starts with a tab" : "has a tab after -, ? or :, where only blanks may stand";
  return { before: "", said };
}

/** How far a block is indented, kubectl's library reads off the blanks before its first text. */
function tabInBlock(token: string, type: string | null, { last }: Place): Problem | undefined {
  if (type !== "text" || last !== "block-scalar-header") return undefined;
  const [before] = /^(?: *\r?\n)* *(?=\t)/u.exec(token) ?? [];
  const said = "begins a block with a tab; say after its | or > by how many blanks it is indented, as in |2";
  return before === undefined ? undefined : { before, said };
}

/** A tag goes on to the next blank in kubectl's library, which then finds a character that no tag has. */
function gluedTag(type: string | null, { before }: Place): Problem | undefined {
  if (before !== "tag" || marks.has(type) || type === "space" || type === "newline") return undefined;
  return { before: "", said: "has no blank after a tag, which kubectl wants; write one" };
}

/**
 * YAML 1.1 knows more ends of a line than YAML 1.2: what follows one is the next line to kubectl alone. In quotes two of them
 * stay what they are, the others become a blank.
 */
function lineEndIn(token: string, type: string | null): Problem | undefined {
  const at = token.search(quoted.has(type) ? /\r(?!\n)|\u0085/u : /\r(?!\n)|[\u0085\u2028\u2029]/u);
  if (at < 0) return undefined;
  const code = token.charCodeAt(at).toString(16).padStart(4, "0").toUpperCase();
  const said = `holds U+${code}, which ends the line for kubectl; leave it out, or write it as an escape in double quotes`;
  return { before: token.slice(0, at), said };
}

/** kubectl's library wants the colon on the line of its key, unless a mark came before the key. */
function valueWithoutKey(type: string | null, { brackets, after, hasMarkedKey }: Place): Problem | undefined {
  if (type !== "map-value-ind" || brackets !== undefined || after !== "line" || hasMarkedKey) return undefined;
  return { before: "", said: "starts with the : of a key on another line; write it right after the key" };
}

/** In brackets, kubectl's library takes `?` for a mark wherever it stands, and `:` for one only before a blank. */
function markInBrackets(token: string, type: string | null, { line, brackets, before }: Place): Problem | undefined {
  if (brackets === undefined) return undefined;
  if (valueMarks.has(type) && (brackets.keyLine ?? line) < line)
    return {
      before: "",
      said: "ends a key of several lines in brackets, which kubectl does not take; write it on one",
    };
  if (type === "text") {
    const at = token.search(/^:|\?/u);
    const said = "has ? or a leading : in brackets, which kubectl takes for a mark; put the text in quotes";
    return at < 0 ? undefined : { before: token.slice(0, at), said };
  }
  if (before !== "value-of-text" || !/^[,[\]{}]$/u.test(token)) return undefined;
  return {
    before: "",
    said: "has : in brackets without a blank, which kubectl takes for the key's; write a blank after it",
  };
}

/** The escape of a single quote, which no YAML has and kubectl's library takes. */
function withoutQuoteEscapes(token: string): string {
  return token.replaceAll(/\\([\s\S])/gu, (pair, next: string) => (next === "'" ? next : pair));
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
