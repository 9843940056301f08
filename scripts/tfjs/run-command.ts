import { spawnSync } from "node:child_process";

/**
 * Runs a command to its end and fails with its last lines when it does not succeed.
 * @param timeoutMs the command is killed after this long
 * @throws Error that names the command, its exit status and its last 2,000 characters of output
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd: string; timeoutMs: number; env?: NodeJS.ProcessEnv },
): void {
  const result = spawnSync(command, args, {
    cwd: options.cwd,
    timeout: options.timeoutMs,
    env: { ...process.env, ...options.env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  const reason = result.error?.message ?? `exit status ${result.status ?? result.signal}`;
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`.slice(-2000);
  throw new Error(`${command} ${args.join(" ")}: ${reason}\n${output}`);
}
