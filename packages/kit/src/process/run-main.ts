import { catalogue } from "../errors/catalogue.ts";
import { asTributaryError, TributaryError } from "../errors/tributary-error.ts";
import { takeOverStops } from "./early-stops.ts";
import { leaveTerminationMessage } from "./leave-termination-message.ts";
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
  /** Whether texts of the program's errors may quote training data: then only their public sentences are left for the kubelet. */
  readonly mayQuoteData?: boolean;
}

const DEFAULT_STOP_GRACE_MS = 10_000;

/**
 * Runs a program to its end and sets the exit code: 0 when `main` returns, else the one that the catalogue gives its error.
 *
 * A stop signal aborts `signal`; a program that has not returned within the grace ends with code 1. Unhandled rejections end it too.
 * Whatever ends it but success is left as the container's termination message.
 */
export function runMain(name: string, main: (context: MainContext) => Promise<void>, options: MainOptions = {}): void {
  const log = createLogger(name, process.env.TRIBUTARY_LOG_LEVEL);
  const stop = new AbortController();
  const stopGraceMs = options.stopGraceMs ?? DEFAULT_STOP_GRACE_MS;
  const endWithError = (cause: unknown) => {
    const error = asTributaryError(cause);
    log.fatal({ err: error, code: error.code, details: error.details }, error.message);
    leaveTerminationMessage(process.env, { error, isTextPublic: options.mayQuoteData !== true });
    endProcess(catalogue[error.code].exitCode);
  };
  const endLate = () => {
    const error = new TributaryError("OPERATION_ABORTED", `did not stop within ${stopGraceMs} ms`);
    leaveTerminationMessage(process.env, { error, isTextPublic: true });
    endProcess(1);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping");
      stop.abort(new Error(`stopped by ${signal}`));
      setTimeout(endLate, stopGraceMs).unref();
    });
  }
  takeOverStops();
  process.once("unhandledRejection", endWithError);
  process.once("uncaughtException", endWithError);
  main({ log, signal: stop.signal, env: process.env }).then(
    () => endProcess(0),
    (error: unknown) => (stop.signal.aborted && error === stop.signal.reason ? endProcess(0) : endWithError(error)),
  );
}

/** Pino writes to stdout synchronously, so that nothing is lost by leaving at once. */
function endProcess(code: number): void {
  process.exit(code);
}
