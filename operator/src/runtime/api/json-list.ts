import { setImmediate } from "node:timers/promises";

/** A list as the API sends it. */
export interface ListBody<T> {
  items?: T[] | null;
  metadata?: { resourceVersion?: string; continue?: string };
}

/** Bytes after which others have their turn: about ten pods, a millisecond of parsing. */
const turnBytes = 64 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The text right before the array of items. */
const itemsKey = /(?<!\\)"items"\s*:\s*$/u;

/**
 * Parses a list while it arrives, one item at a time, and lets others run in between: a page of 500 pods parsed at once would
 * stop every timer and every other cluster for tens of milliseconds. Undefined for a body that is empty.
 *
 * @param prepare makes of each item what is kept of it, before the next is parsed.
 * @throws SyntaxError when the text is cut or no JSON.
 */
export async function readList<T>(
  source: AsyncIterable<Buffer>,
  prepare: (item: T) => T = (item) => item,
): Promise<ListBody<T> | undefined> {
  const splitter = createItemSplitter(prepare);
  let sinceTurn = 0;
  for await (const chunk of source) {
    splitter.push(chunk);
    sinceTurn += chunk.length;
    if (sinceTurn < turnBytes) continue;
    sinceTurn = 0;
    await setImmediate();
  }
  return splitter.end();
}

/** Cuts the items out of a list's text and parses each on its own; what is left is a list without items. */
function createItemSplitter<T>(prepare: (item: T) => T) {
  const items: T[] = [];
  const envelope: Buffer[] = [];
  /** Beginning, in earlier chunks, of the item that is not complete yet. */
  let begun: Buffer[] = [];
  let depth = 0;
  /** What the next chunk begins in. */
  let within: "structure" | "string" | "escape" = "structure";
  let isInItems = false;

  function endItem(tail: Buffer): void {
    const bytes = begun.length === 0 ? tail : Buffer.concat([...begun, tail]);
    begun = [];
    items.push(prepare(JSON.parse(bytes.toString("utf8")) as T));
  }

  function startsItems(before: Buffer): boolean {
    return depth === 1 && itemsKey.test(Buffer.concat([...envelope, before]).toString("utf8"));
  }

  /** Position after the string that goes on at `from`; the chunk's length when it does not end here. */
  function skipString(chunk: Buffer, from: number): number {
    let at = within === "escape" ? from + 1 : from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === backslash) at++;
      else if (byte === quote) {
        within = "structure";
        return at + 1;
      }
    }
    // A backslash at the very end takes the first byte of the next chunk with it.
    within = at > chunk.length ? "escape" : "string";
    return chunk.length;
  }

  function push(chunk: Buffer): void {
    /** Where that part of the chunk begins that belongs to the envelope, or to the present item. */
    let start = 0;
    let at = within === "structure" ? 0 : skipString(chunk, 0);
    while (at < chunk.length) {
      switch (chunk[at]) {
        case quote:
          within = "string";
          at = skipString(chunk, at + 1);
          continue;
        case openBrace:
          if (isInItems && depth === 2) start = at;
          depth++;
          break;
        case closeBrace:
          depth--;
          if (isInItems && depth === 2) endItem(chunk.subarray(start, at + 1));
          break;
        case openBracket:
          if (!isInItems && startsItems(chunk.subarray(start, at))) {
            isInItems = true;
            envelope.push(Buffer.from(chunk.subarray(start, at + 1)));
          }
          depth++;
          break;
        case closeBracket:
          depth--;
          if (isInItems && depth === 1) {
            isInItems = false;
            start = at;
          }
          break;
        default:
      }
      at++;
    }
    // A copy, so that a short rest does not keep its whole chunk.
    if (!isInItems) envelope.push(Buffer.from(chunk.subarray(start)));
    else if (depth > 2) begun.push(Buffer.from(chunk.subarray(start)));
  }

  function end(): ListBody<T> | undefined {
    const text = Buffer.concat(envelope).toString("utf8");
    if (text === "") return undefined;
    const body = JSON.parse(text) as ListBody<T>;
    return body.items ? { ...body, items } : body;
  }

  return { push, end };
}
