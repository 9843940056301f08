import { type Logger as PinoLogger, pino, stdSerializers } from "pino";

/** Writes JSON lines; `child` adds fields to each. */
export type Logger = PinoLogger;

/** Fields that are replaced by `[redacted]` wherever they appear at the first two levels. */
const SECRET_FIELDS = ["token", "authorization", "key", "privateKey", "secret", "password", "kubeconfig", "seed"];

/**
 * A JSON logger on stdout (or `destination`) with ISO times and the program's name; secrets are redacted by field name.
 *
 * @param level one of pino's levels, for example `info`; falls back to `info` when unknown.
 */
export function createLogger(name: string, level = "info", destination?: { write(line: string): void }): Logger {
  const options = {
    name,
    level: level in { trace: 1, debug: 1, info: 1, warn: 1, error: 1, fatal: 1, silent: 1 } ? level : "info",
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.err },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
