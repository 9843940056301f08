import { describeFinding, type FieldFinding, type Reading } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";

/**
 * One object of a configuration file, read field by field.
 *
 * Every reader throws CONFIGURATION_INVALID with the path of the field, its value and what would be right; {@link end} refuses
 * fields that nobody read.
 */
export class JsonFields {
  readonly #path: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(path: string, value: unknown) {
    this.#path = path;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw invalid(path || "file", value, "an object");
    this.#fields = value as Record<string, unknown>;
  }

  /** A text of at least one character. */
  text(name: string, fallback?: string): string {
    const value = this.#take(name, fallback);
    if (typeof value !== "string" || value === "") throw invalid(this.#pathOf(name), value, "a text");
    return value;
  }

  /** A text that may be left out or empty. */
  textOrNone(name: string): string | undefined {
    const value = this.#take(name, "");
    return value === "" ? undefined : this.text(name);
  }

  /** A text in the meaning that `read` gives it. */
  textAs<T>(name: string, read: (text: string) => Reading<T>, fallback?: string): T {
    const reading = read(this.text(name, fallback));
    if (!reading.ok) throw invalid(this.#pathOf(name), this.#fields[name] ?? fallback, reading.expected);
    return reading.value;
  }

  /** One of some texts. */
  oneOf<T extends string>(name: string, values: readonly T[], fallback?: T): T {
    const value = this.#take(name, fallback);
    if (!values.includes(value as T)) throw invalid(this.#pathOf(name), value, `one of ${values.join(", ")}`);
    return value as T;
  }

  /** An integer within bounds. */
  integer(name: string, bounds: { readonly min: number; readonly max: number }, fallback?: number): number {
    const value = this.#take(name, fallback);
    const isInside = Number.isSafeInteger(value) && (value as number) >= bounds.min && (value as number) <= bounds.max;
    if (!isInside) throw invalid(this.#pathOf(name), value, `an integer from ${bounds.min} to ${bounds.max}`);
    return value as number;
  }

  /** An object, empty when left out and `isOptional`. */
  object(name: string, isOptional = false): JsonFields {
    return new JsonFields(this.#pathOf(name), this.#take(name, isOptional ? {} : undefined));
  }

  /** An object when there is one. */
  optionalObject(name: string): JsonFields | undefined {
    return this.#fields[name] === undefined ? undefined : this.object(name);
  }

  /** An object of texts by name, empty when left out. */
  texts(name: string): Readonly<Record<string, string>> {
    const value = this.#take(name, {});
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw invalid(this.#pathOf(name), value, "an object of texts");
    }
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== "string") throw invalid(`${this.#pathOf(name)}.${key}`, text, "a text");
    }
    return value as Record<string, string>;
  }

  /** Yes or no. */
  flag(name: string, fallback?: boolean): boolean {
    const value = this.#take(name, fallback);
    if (typeof value !== "boolean") throw invalid(this.#pathOf(name), value, "true or false");
    return value;
  }

  /** A list of texts that may be left out or empty. */
  textListOrNone(name: string): readonly string[] {
    const value = this.#take(name, []);
    return Array.isArray(value) && value.length === 0 ? [] : this.textList(name);
  }

  /** A list of texts, at least one. */
  textList(name: string): readonly string[] {
    const value = this.#take(name, undefined);
    if (!Array.isArray(value) || value.length === 0)
      throw invalid(this.#pathOf(name), value, "a list of at least one text");
    for (const text of value)
      if (typeof text !== "string" || text === "") throw invalid(this.#pathOf(name), text, "a text");
    return value as string[];
  }

  /** A list of objects, at least one, each read by `read`. */
  objectList<T>(name: string, read: (fields: JsonFields) => T): T[] {
    const value = this.#take(name, undefined);
    if (!Array.isArray(value) || value.length === 0)
      throw invalid(this.#pathOf(name), value, "a list of at least one object");
    return value.map((entry, index) => {
      const fields = new JsonFields(`${this.#pathOf(name)}[${index}]`, entry);
      const result = read(fields);
      fields.end();
      return result;
    });
  }

  /** Whether the field is there. */
  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  /** Refuses every field that was not read. */
  end(): void {
    for (const name of Object.keys(this.#fields)) {
      if (!this.#read.has(name))
        throw invalid(this.#pathOf(name), this.#fields[name], "absent: the field is not known");
    }
  }

  /** The error for a field whose value breaks a rule that no reader knows. */
  refuse(name: string, bound: string): TributaryError {
    return invalid(this.#pathOf(name), this.#fields[name], bound);
  }

  /** Refuses the object when there are findings, whose paths lead from the file's root; says the first. */
  refuseFindings([first]: readonly FieldFinding[]): void {
    if (first !== undefined) throw invalid(first.path, first.value, first.expected);
  }

  #take(name: string, fallback: unknown): unknown {
    this.#read.add(name);
    return this.#fields[name] ?? fallback;
  }

  #pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

/** Reads a configuration file's JSON; CONFIGURATION_INVALID names the file when it is no JSON object. */
export function parseJsonFields(file: string, text: string): JsonFields {
  try {
    return new JsonFields("", JSON.parse(text));
  } catch (cause) {
    throw new TributaryError("CONFIGURATION_INVALID", `${file} is not a JSON object`, { cause, details: { file } });
  }
}

function invalid(path: string, value: unknown, expected: string): TributaryError {
  return new TributaryError("CONFIGURATION_INVALID", describeFinding({ path, value, expected }), {
    details: { field: path },
  });
}
