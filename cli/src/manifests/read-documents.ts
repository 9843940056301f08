import { type Document, LineCounter, parseAllDocuments, type YAMLError } from "yaml";
import type { Finding } from "../finding.ts";
import { type DocumentValue, readDocumentValue } from "./document-value.ts";
import { type ScanProblem, scanTokens } from "./scan-tokens.ts";
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
  const problem = piece.format === "JSON" ? jsonProblem(piece.text) : controlCharacter(piece);
  if (problem !== undefined) return refused(piece, problem);
  try {
    return readYaml(piece);
  } catch (error) {
    return refused(piece, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readYaml(piece: Piece): DocumentValue {
  const parsed = piece.format === "JSON" ? parse(piece.text) : parseAsKubectl(piece);
  if ("said" in parsed) return refused(piece, `line ${piece.line + parsed.line} ${parsed.said}`);
  const { text, document, errors, lineCounter } = parsed;
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

/**
 * Parses what kubectl's library takes as it takes it. That one does not look at how lines inside brackets are indented; this
 * one does, so that it is put right.
 */
function parseAsKubectl({ text: given, isMarked }: Piece): Parsed | ScanProblem {
  let text = given;
  for (let tries = 0; ; tries += 1) {
    const scan = scanTokens(text, isMarked);
    if (scan.problem !== undefined) return scan.problem;
    const parsed = parse(scan.text);
    const [error] = parsed.errors;
    const isIndent = error?.code === "BAD_INDENT" && error.message.startsWith("Flow ");
    if (!isIndent || tries === maxIndentedLines) return parsed;
    text = indentLine(parsed.text, error.pos[0]);
  }
}

function parse(text: string): Parsed {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "silent",
    prettyErrors: false,
    // To kubectl's library !!omap, !!set and !!pairs are tags that nobody knows.
    resolveKnownTags: false,
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

function refused({ format, line }: Piece, said: string): DocumentValue {
  const finding: Finding = { path: "", message: `no ${format}, from line ${line}: ${said}` };
  return { value: undefined, findings: [finding] };
}

function syntaxProblem(error: YAMLError, lines: LineCounter, start: number, isAsGiven: boolean): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `line ${start + line - 1}${isAsGiven ? `, column ${col}` : ""}: ${withoutSource(error.message)}`;
}

/** Some messages of the parser end with the text that they are about, or name a tag of it; either may be a password. */
function withoutSource(message: string): string {
  return message.replace(/(?<=\w): .*$/su, "").replaceAll(/ !\S+/gu, "");
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
