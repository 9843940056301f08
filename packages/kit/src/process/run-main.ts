import { catalogue } from "../errors/catalogue.ts";
import { asTributaryError } from "../errors/tributary-error.ts";
import { createLogger, type Logger } from "./logger.ts";

/** What a program is given to work with. */
export interface MainContext {
  /** The program's logger. */
  readonly log: Logger;
  /** Aborts on SIGTERM or SIGINT: stop taking work, finish or park what is open, return. */
  readonly signal: AbortSignal;
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a program ends. */
export interface MainOptions {
  /** Longest time from a stop signal to the end of the process, in milliseconds; 10 s by default. */
  readonly stopGraceMs?: number;
}

const DEFAULT_STOP_GRACE_MS = 10_000;

/**
 * Runs a program to its end and sets the exit code: 0 when `main` returns, else the one that the catalogue gives its error.
 *
 * A stop signal aborts `signal`; a program that has not returned within the grace ends with code 1. Unhandled rejections end it too.
 */
export function runMain(name: string, main: (context: MainContext) => Promise<void>, options: MainOptions = {}): void {
  const log = createLogger(name, process.env.TRIBUTARY_LOG_LEVEL);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping");
      stop.abort(new Error(`stopped by ${signal}`));
      setTimeout(() => endProcess(1), options.stopGraceMs ?? DEFAULT_STOP_GRACE_MS).unref();
    });
  }
  process.once("unhandledRejection", (reason) => endWithError(log, reason));
  process.once("uncaughtException", (error) => endWithError(log, error));
  main({ log, signal: stop.signal, env: process.env }).then(
    () => endProcess(0),
    (error: unknown) =>
      stop.signal.aborted && error === stop.signal.reason ? endProcess(0) : endWithError(log, error),
  );
}

function endWithError(log: Logger, cause: unknown): void {
  const error = asTributaryError(cause);
  log.fatal({ err: error, code: error.code, details: error.details }, error.message);
  endProcess(catalogue[error.code].exitCode);
}

/** Pino writes to stdout synchronously, so that nothing is lost by leaving at once. */
function endProcess(code: number): void {
  process.exit(code);
}
