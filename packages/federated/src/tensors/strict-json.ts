import { ArgumentError } from "../errors.ts";

/** A JSON value read strictly: objects as maps in their order, numbers as they are written. */
export type StrictJson = string | boolean | null | readonly StrictJson[] | ReadonlyMap<string, StrictJson> | JsonNumber;

/** A number's text: what is an integer to one reader and a float to another is judged by whoever needs it. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** Nesting that no header needs; bounds the stack. */
const MAX_DEPTH = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const space = /[ \t\n\r]*/y;
const words: readonly (readonly [string, boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/**
 * Reads JSON (RFC 8259) and refuses what readers disagree about: an object that names a member twice, a text that is not
 * well-formed Unicode, nesting beyond 16 levels.
 *
 * @param argument what the errors call the text.
 * @throws ArgumentError naming the position, or the member that appears twice.
 */
export function parseStrictJson(json: string, argument: string): StrictJson {
  const reader = new JsonReader(json, argument);
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  readonly #json: string;
  readonly #argument: string;
  #at = 0;

  constructor(json: string, argument: string) {
    this.#json = json;
    this.#argument = argument;
  }

  value(depth: number): StrictJson {
    if (depth > MAX_DEPTH)
      throw new ArgumentError(this.#argument, `nested at ${this.#at}`, `at most ${MAX_DEPTH} deep`);
    this.#take(space);
    const first = this.#json[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#list(depth);
    if (first === '"') return this.#text();
    for (const [word, value] of words) if (this.#skip(word)) return value;
    const digits = this.#take(number);
    if (digits === undefined || digits === "") throw this.#unexpected();
    return new JsonNumber(digits);
  }

  end(): void {
    this.#take(space);
    if (this.#at < this.#json.length) throw this.#unexpected();
  }

  #object(depth: number): ReadonlyMap<string, StrictJson> {
    const members = new Map<string, StrictJson>();
    this.#items("{", "}", () => {
      this.#take(space);
      const name = this.#text();
      if (members.has(name)) throw new ArgumentError(this.#argument, name, "an object that names each member once");
      this.#take(space);
      if (!this.#skip(":")) throw this.#unexpected();
      members.set(name, this.value(depth + 1));
    });
    return members;
  }

  #list(depth: number): StrictJson[] {
    const values: StrictJson[] = [];
    this.#items("[", "]", () => values.push(this.value(depth + 1)));
    return values;
  }

  #items(open: string, close: string, item: () => void): void {
    this.#skip(open);
    this.#take(space);
    if (this.#skip(close)) return;
    do {
      item();
      this.#take(space);
    } while (this.#skip(","));
    if (!this.#skip(close)) throw this.#unexpected();
  }

  #text(): string {
    const end = this.#endOfText();
    if (end === undefined) throw this.#unexpected();
    const literal = this.#json.slice(this.#at, end);
    this.#at = end;
    const value = this.#readText(literal);
    if (!value.isWellFormed()) throw new ArgumentError(this.#argument, literal, "well-formed Unicode");
    return value;
  }

  /** Where the text that begins here ends. A loop: a pattern would keep a step back for each of millions of escapes, and the stack end. */
  #endOfText(): number | undefined {
    if (this.#json[this.#at] !== '"') return undefined;
    for (let at = this.#at + 1; at < this.#json.length; at++) {
      const code = this.#json.charCodeAt(at);
      if (code === QUOTE) return at + 1;
      if (code === BACKSLASH) at += 1;
    }
    return undefined;
  }

  #readText(literal: string): string {
    try {
      return JSON.parse(literal) as string;
    } catch {
      throw new ArgumentError(this.#argument, literal, "JSON: an escape or a control character is none");
    }
  }

  #skip(word: string): boolean {
    if (!this.#json.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#json)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #unexpected(): ArgumentError {
    const found = this.#at < this.#json.length ? JSON.stringify(this.#json.slice(this.#at, this.#at + 20)) : "its end";
    return new ArgumentError(this.#argument, `${found} at ${this.#at}`, "a JSON object");
  }
}
