import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One program to run as a child that does not outlive this program. */
export interface ChildComponentSpec {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Folder of its log, `<name>.log`, to which every start appends. */
  readonly directory: string;
}

/** A program that runs as a child of this one, can be killed in any way and started again with the same arguments. */
export class ChildComponent {
  readonly spec: ChildComponentSpec;
  private child: ChildProcess | undefined;

  constructor(spec: ChildComponentSpec) {
    this.spec = spec;
  }

  /** Path of its log. */
  get logPath(): string {
    return join(this.spec.directory, `${this.spec.name}.log`);
  }

  /** Its pid; `undefined` when it does not run. */
  get pid(): number | undefined {
    return this.isRunning() ? this.child?.pid : undefined;
  }

  /** Whether it was started and has not ended. A stopped (SIGSTOP) program runs. */
  isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts it unless it runs. */
  start(): void {
    if (this.isRunning()) return;
    const log = openSync(this.logPath, "a");
    try {
      // The kernel kills it when this program dies in whatever way; nothing has to be found and cleaned up later.
      this.child = spawn("setpriv", ["--pdeathsig", "KILL", "--", this.spec.program, ...this.spec.args], {
        stdio: ["ignore", log, log],
      });
      this.child.once("error", () => {});
      // A test that forgets to stop it must still be able to end.
      this.child.unref();
    } finally {
      closeSync(log);
    }
  }

  /** Sends a signal; returns whether the program ran. */
  signal(signal: NodeJS.Signals): boolean {
    return this.isRunning() && this.child?.kill(signal) === true;
  }

  /** Ends it with SIGKILL and waits until it has ended. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || !this.isRunning()) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.ref();
    child.kill("SIGKILL");
    await ended;
  }

  /** The last 2 000 characters of its log, for messages about a start that failed. */
  async logTail(): Promise<string> {
    return (await readFile(this.logPath, "utf8").catch(() => "")).slice(-2_000);
  }
}
