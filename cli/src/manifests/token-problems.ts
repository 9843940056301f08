import { leastColumn } from "./block-indent.ts";
import { closing, marks, type Place, quoted, valueMarks } from "./token-place.ts";

/** What kubectl's library refuses at a token, or takes for something else. */
export interface Problem {
  /** Text of the token before the place. */
  readonly before: string;
  readonly said: string;
}

const allowedBehind = new Set<string | null>([...marks, "space", "newline", "comment", "map-value-ind"]);

/** What kubectl's library does not take at a place, if anything. */
export function problemOf(token: string, type: string | null, place: Place): Problem | undefined {
  return (
    strayMark(type, place) ??
    tabIn(token, type, place) ??
    tabInText(token, type, place) ??
    tabInBlock(token, type, place) ??
    lineEndIn(token, type) ??
    gluedTag(type, place) ??
    gluedText(token, type, place) ??
    valueWithoutKey(type, place) ??
    markInBrackets(token, type, place)
  );
}

/** kubectl's library wants a document before its end, and knows a byte order mark at the start alone. */
function strayMark(type: string | null, { line, column, isBegun, isMarked }: Place): Problem | undefined {
  if (type === "doc-end" && !isBegun && !isMarked)
    return { before: "", said: "is ... without a document before it, which kubectl does not take; leave it out" };
  if (type !== "byte-order-mark" || (line === 0 && column === 0 && !isMarked)) return undefined;
  return { before: "", said: "starts with a byte order mark, which kubectl takes for a letter there; leave it out" };
}

/** kubectl's library takes a tab where a key or an entry may begin inside brackets and texts only, not even before nothing. */
function tabIn(token: string, type: string | null, { brackets, after, goesOn }: Place): Problem | undefined {
  if (type !== "space" || brackets !== undefined || after === undefined || !token.includes("\t")) return undefined;
  if (goesOn === "below") return undefined;
  const said = after === "line" ? "starts with a tab" : "has a tab after -, ? or :, where only blanks may stand";
  return { before: "", said };
}

/** Below a text without quotes that may go on, kubectl's library takes no tab left of where the block's lines begin. */
function tabInText(token: string, type: string | null, { column, block, goesOn }: Place): Problem | undefined {
  const isBelow = goesOn === "below" && (type === "space" || type === "flow-error-end");
  if (type !== "text" && !isBelow) return undefined;
  const said = "starts with a tab below a text without quotes; write blanks, or the text in quotes";
  for (const { 1: blanks = "", index } of token.matchAll(isBelow ? /^( *)\t/gu : /(?<=\n)( *)\t/gu))
    if ((isBelow ? column : 0) + blanks.length < leastColumn(block)) return { before: token.slice(0, index), said };
  return undefined;
}

/** How far a block is indented, kubectl's library reads off the blanks before its first text. */
function tabInBlock(token: string, type: string | null, { last }: Place): Problem | undefined {
  if (type !== "block-text" || last !== "block-scalar-header") return undefined;
  const [before] = /^(?: *\r?\n)* *(?=\t)/u.exec(token) ?? [];
  const said = "begins a block with a tab; say after its | or > by how many blanks it is indented, as in |2";
  return before === undefined ? undefined : { before, said };
}

/** A tag goes on to the next blank in kubectl's library, which then finds a character that no tag has. */
function gluedTag(type: string | null, { before }: Place): Problem | undefined {
  if (before !== "tag" || marks.has(type) || type === "space" || type === "newline") return undefined;
  return { before: "", said: "has no blank after a tag, which kubectl wants; write one" };
}

/** Behind a key that `?` marks, this library drops without a word what it cannot place. */
function gluedText(token: string, type: string | null, { brackets, last, lastLine, line }: Place): Problem | undefined {
  const isEnded = quoted.has(last) || closing.has(last) || last === "alias";
  if (brackets !== undefined || !isEnded || lastLine !== line || token === "" || allowedBehind.has(type))
    return undefined;
  return { before: "", said: "goes on right after quotes, brackets or an alias; write a comma, a colon or a new line" };
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
