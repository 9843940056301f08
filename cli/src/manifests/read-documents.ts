import { CST, type Document, Lexer, LineCounter, parseAllDocuments, type YAMLError } from "yaml";
import type { Finding } from "../finding.ts";
import { type DocumentValue, readDocumentValue } from "./document-value.ts";
import { type Piece, splitStream } from "./split-stream.ts";

/** One document of a file. */
export interface ReadDocument extends DocumentValue {
  /** Line on which it starts, from 1. */
  readonly line: number;
}

/** More lines inside brackets than any manifest has, and deeper than any mapping. */
const maxIndentedLines = 500;
const deepIndent = 200;

/** Reads every document of a stream that is not empty, as kubectl does. Whatever is wrong is a finding. */
export function readDocuments(text: string): readonly ReadDocument[] {
  const { pieces, findings } = splitStream(text);
  return [
    ...findings.map((finding) => ({ value: undefined, findings: [finding], line: 1 })),
    ...pieces.map((piece) => ({ ...readPiece(piece), line: piece.line })),
  ].filter(({ value, findings: found }) => value !== null || found.length > 0);
}

function readPiece(piece: Piece): DocumentValue {
  const problem = piece.format === "JSON" ? jsonProblem(piece.text) : (controlCharacter(piece) ?? leadingTab(piece));
  if (problem !== undefined) return refused(piece, problem);
  try {
    return readYaml(piece);
  } catch (error) {
    return refused(piece, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readYaml(piece: Piece): DocumentValue {
  const { text, document, errors, lineCounter } = parseLoosely(piece.text);
  const [error] = errors;
  if (error !== undefined) return refused(piece, syntaxProblem(error, lineCounter, piece.line, text === piece.text));
  if (document !== undefined) return readDocumentValue(document, text, piece.format === "YAML");
  if (/^%/mu.test(text))
    return refused(piece, "a directive stands alone; leave it out, since kubectl ends the document at ---");
  return { value: null, findings: [] };
}

interface Parsed {
  readonly text: string;
  readonly document: Document.Parsed | undefined;
  readonly errors: readonly YAMLError[];
  readonly lineCounter: LineCounter;
}

/** kubectl's library does not look at how lines inside brackets are indented; this one does, so that it is put right. */
function parseLoosely(given: string): Parsed {
  let parsed = parse(given);
  for (let tries = 0; tries < maxIndentedLines; tries += 1) {
    const [error] = parsed.errors;
    if (error?.code !== "BAD_INDENT" || !error.message.startsWith("Flow ")) break;
    parsed = parse(indentLine(parsed.text, error.pos[0]));
  }
  return parsed;
}

function parse(text: string): Parsed {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "silent",
    prettyErrors: false,
    lineCounter,
  });
  // kubectl reads one document of a piece: what follows an end mark is nobody's.
  const [document] = documents as Document.Parsed[];
  return { text, document, errors: document?.errors ?? ("errors" in documents ? documents.errors : []), lineCounter };
}

function indentLine(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(start).replace(/^[ \t]*/u, " ".repeat(deepIndent));
  return text.slice(0, start) + line;
}

/** Characters that no YAML may hold as they are. */
function controlCharacter({ text, line }: Piece): string | undefined {
  const at = text.search(/[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  if (at < 0) return undefined;
  const code = (text.codePointAt(at) ?? 0).toString(16).padStart(4, "0").toUpperCase();
  return `line ${line + text.slice(0, at).split("\n").length - 1} holds the control character U+${code}`;
}

/** kubectl's library takes a tab at the start of a line inside brackets and texts only, not even before nothing. */
function leadingTab({ text, line }: Piece): string | undefined {
  let at = line;
  let depth = 0;
  let starts = true;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === "space" && starts && depth === 0 && token.includes("\t")) return `line ${at} starts with a tab`;
    if (type === "flow-map-start" || type === "flow-seq-start") depth += 1;
    if (type === "flow-map-end" || type === "flow-seq-end") depth -= 1;
    if (type !== "space") starts = type === "newline";
    at += token.split("\n").length - 1;
  }
  return undefined;
}

function refused({ format, line }: Piece, said: string): DocumentValue {
  const finding: Finding = { path: "", message: `no ${format}, from line ${line}: ${said}` };
  return { value: undefined, findings: [finding] };
}

function syntaxProblem(error: YAMLError, lines: LineCounter, start: number, isAsGiven: boolean): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `line ${start + line - 1}${isAsGiven ? `, column ${col}` : ""}: ${error.message}`;
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    // The parser quotes the text around the place, which may hold anything.
    const said = (error as Error).message.replace(/, (?:\.\.\.)?".*$/su, "");
    return `${said}; kubectl reads a file that starts with { as JSON alone`;
  }
}
