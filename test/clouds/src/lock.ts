import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Does `work` while holding an exclusive lock on `path`, across programs. The lock lives in a child that ends when our end of its pipe
 * closes, so a killed holder frees it; a waiter gives up after `timeoutMs`.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { readonly timeoutMs: number },
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await acquire(path, options.timeoutMs);
  try {
    return await work();
  } finally {
    await release();
  }
}

function acquire(path: string, timeoutMs: number): Promise<() => Promise<void>> {
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const holder = spawn(
    "flock",
    ["--exclusive", "--timeout", seconds, path, "sh", "-c", "echo locked; cat >/dev/null"],
    {
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((done) => holder.once("close", () => done()));
    holder.once("error", (error) =>
      reject(new Error(`flock (package util-linux) is needed to lock ${path}`, { cause: error })),
    );
    holder.once("close", () => reject(new Error(`another program held ${path} for more than ${seconds} s`)));
    holder.stdout.once("data", () =>
      resolve(() => {
        holder.stdin.end();
        return ended;
      }),
    );
  });
}
