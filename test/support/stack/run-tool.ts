import { spawn } from "node:child_process";

/** Bounds and input of a command. */
export interface ToolOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and gives its output; throws with the end of its errors when it fails or takes too long. */
export function runTool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...options.env } });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 300_000);
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(output).toString("utf8"));
      const said = Buffer.concat(errors).toString("utf8").slice(-2000);
      reject(new Error(`${program} ${args.slice(0, 6).join(" ")} ended with ${code ?? signal}: ${said}`));
    });
    child.stdin.end(options.input ?? "");
  });
}
