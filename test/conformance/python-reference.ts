import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./xsa1_reference.py", import.meta.url));

/** The packages the reference needs, pinned. */
export const referenceRequirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));

/** What the reference answers: empty for orders that only set it up. */
export interface ReferenceAnswer {
  readonly uploads?: readonly (readonly [segment: number, bytes: string])[];
  readonly messages?: readonly string[];
  readonly sends?: readonly (readonly [party: number, message: string])[];
  readonly opened?: Readonly<Record<string, readonly number[]>>;
}

/** The Python reference as a child process: one JSON line asked, one answered, in order. */
export class PythonReference {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: { resolve(answer: ReferenceAnswer): void; reject(error: Error): void }[] = [];
  #errors = "";
  #ended: string | null = null;

  constructor(python: string) {
    this.#child = spawn(python, [script], { stdio: ["pipe", "pipe", "pipe"] });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#answer(JSON.parse(line)));
    this.#child.stderr.on("data", (text) => {
      this.#errors += text;
    });
    this.#child.stdin.on("error", (error) => this.#end(error.message));
    this.#child.on("error", (error) => this.#end(error.message));
    this.#child.on("close", (code) => this.#end(`it ended with ${code}`));
  }

  /** Asks one thing; rejects with Python's traceback when the reference refuses it. */
  ask(order: Readonly<Record<string, unknown>>): Promise<ReferenceAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(new Error(this.#ended));
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  }

  /** Ends the process. */
  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  #answer(answer: ReferenceAnswer & { readonly error?: string }): void {
    const waiting = this.#waiting.shift();
    if (answer.error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`the reference refused: ${answer.error}`));
  }

  #end(why: string): void {
    this.#ended ??= `the reference cannot answer: ${why}\n${this.#errors}`;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(this.#ended));
  }
}
