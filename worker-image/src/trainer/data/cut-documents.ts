import { TributaryError } from "@tributary/kit";

/** A piece of a document: its words, in order, and whether the document ends with it. */
export type DocumentPiece = { readonly text: string; readonly endsDocument: boolean };

/** Characters of one word, or run of space, at most: one is held in memory and merged whole, at a hundred bytes a character. */
const longestWord = 2 ** 22;
/** A document goes on in pieces of about this many characters. */
const pieceCharacters = 2 ** 16;

/**
 * Parts text at form feeds into documents without the space around them and the byte order marks before them, and long documents into
 * pieces that begin where a run of space begins: no word, hence no token, spans two pieces.
 * @throws TributaryError (`TRAINER_DATA_INVALID`) for a word of more than 4 Mi characters
 */
export async function* cutDocuments(texts: AsyncIterable<string>): AsyncGenerator<DocumentPiece> {
  let held = "";
  let isStart = true;
  const take = (end: number): string => {
    const text = isStart ? withoutStart(held.slice(0, end)) : held.slice(0, end);
    held = held.slice(end);
    return text;
  };
  for await (const text of texts) {
    const parts = text.split("\f");
    for (const [index, part] of parts.entries()) {
      held += part;
      if (isStart) held = withoutStart(held);
      if (index < parts.length - 1) {
        yield { text: withoutEnd(take(held.length)), endsDocument: true };
        isStart = true;
        continue;
      }
      const end = held.length < pieceCharacters ? 0 : startOfLastSpace(held);
      if (end > 0) {
        yield { text: take(end), endsDocument: false };
        isStart = false;
      }
      if (held.length > longestWord)
        throw new TributaryError(
          "TRAINER_DATA_INVALID",
          `a word of the data set has more than ${longestWord} characters; part it by spaces or lines`,
        );
    }
  }
  yield { text: withoutEnd(take(held.length)), endsDocument: true };
}

/** What the tokenizer takes for space: elsewhere no word may be cut. JavaScript's `trim` also takes U+FEFF for it, and not U+0085. */
const space = /\p{White_Space}/u;
/** Space before a document, and byte order marks there: each file that was put into one may have begun with its own. */
const start = /^[\p{White_Space}\uFEFF]+/u;

function withoutStart(text: string): string {
  return text.replace(start, "");
}

/** A loop, since an expression for the space at the end would look at every run of space up to the end of it, from each of its characters. */
function withoutEnd(text: string): string {
  let at = text.length;
  while (at > 0 && space.test(text[at - 1]!)) at -= 1;
  return text.slice(0, at);
}

/** Where the run of space before the last word begins; 0 when no word stands before it. */
function startOfLastSpace(text: string): number {
  let at = text.length;
  while (at > 0 && space.test(text[at - 1]!)) at -= 1;
  while (at > 0 && !space.test(text[at - 1]!)) at -= 1;
  while (at > 0 && space.test(text[at - 1]!)) at -= 1;
  return at;
}
