import { spawn } from "node:child_process";

/** How one command is run. */
export interface CommandOptions {
  /** The command is killed and the promise rejects after this many milliseconds; 60 000 when absent. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Added to the environment of this program. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is closed after it. */
  readonly input?: string;
}

/** What a command that ended by itself left behind. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that could not be run, was killed by its deadline, or ended with another exit code than 0. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(message: string, exitCode: number | undefined, stderr: string) {
    super(message);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Runs a command to its end and returns its exit code and output; throws `CommandError` when it cannot start or outlives its deadline. */
export function tryCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A command that ends before it has read its input closes the pipe; its exit code tells the story.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => reject(new CommandError(`${command}: ${error.message}`, undefined, "")));
    child.on("close", (exitCode, signal) => {
      const errorText = Buffer.concat(stderr).toString();
      if (exitCode === null) {
        const why = signal === "SIGKILL" ? `did not end within ${timeoutMs} ms` : `was ended by ${signal}`;
        reject(new CommandError(`${shown(command, args)} ${why}: ${tail(errorText)}`, undefined, errorText));
      } else {
        resolve({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: errorText });
      }
    });
  });
}

/** Runs a command and returns its standard output; throws `CommandError`, with the end of its standard error, unless it exits with 0. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await tryCommand(command, args, options);
  if (result.exitCode !== 0) {
    throw new CommandError(
      `${shown(command, args)} exited with ${result.exitCode}: ${tail(result.stderr || result.stdout)}`,
      result.exitCode,
      result.stderr,
    );
  }
  return result.stdout;
}

function shown(command: string, args: readonly string[]): string {
  const line = [command, ...args].join(" ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function tail(text: string): string {
  return text.trim().slice(-2_000) || "(no output)";
}
