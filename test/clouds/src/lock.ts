import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Progress } from "./progress.ts";

/** How to wait for a lock. */
export interface LockOptions {
  /** The promise rejects when another program holds the lock for longer than this. */
  readonly timeoutMs: number;
  /** Told once when the lock is not free within a second. */
  readonly progress?: Progress;
}

const silentWaitMs = 1_000;

/**
 * Does `work` while holding an exclusive lock on `path`, across programs. The lock lives in a child that ends when our end of its pipe
 * closes, so a killed holder frees it.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

function acquire(path: string, options: LockOptions): Promise<() => Promise<void>> {
  const seconds = String(Math.ceil(options.timeoutMs / 1000));
  const script = ["sh", "-c", "echo locked; cat >/dev/null"];
  const holder = spawn("flock", ["--exclusive", "--timeout", seconds, path, ...script], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const notice = setTimeout(() => options.progress?.(`waiting for another program that holds ${path}`), silentWaitMs);
  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((done) => holder.once("close", () => done()));
    const fail = (message: string, cause?: Error) => {
      clearTimeout(notice);
      reject(new Error(message, { cause }));
    };
    holder.once("error", (error) => fail(`flock (package util-linux) is needed to lock ${path}`, error));
    holder.once("close", () => fail(`another program held ${path} for more than ${seconds} s`));
    holder.stdout.once("data", () => {
      clearTimeout(notice);
      resolve(() => {
        holder.stdin.end();
        return ended;
      });
    });
  });
}
