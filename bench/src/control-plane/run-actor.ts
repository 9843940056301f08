import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program of this bench in a process of its own, which tells what it measures as JSON lines. */
export interface Actor {
  readonly child: ChildProcess;
  /** The next line of that type; rejects when the program ends before. */
  told(type: string): Promise<Record<string, unknown>>;
}

/** Starts `file` of this folder with `--expose-gc`. */
export function runActor(file: string, args: readonly string[]): Actor {
  const program = new URL(file, import.meta.url).pathname;
  const child = spawn(process.execPath, ["--expose-gc", program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    wake();
  });
  child.on("exit", wake);
  return {
    child,
    async told(type) {
      for (;;) {
        const found = lines.find((line) => line.type === type);
        if (found) return found;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${file} ended without telling ${type}`);
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
  };
}
