import { TributaryError } from "../errors/tributary-error.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable's value, or `fallback`; CONFIGURATION_INVALID when it is unset or empty and there is no fallback. */
export function readVariable(env: Environment, name: string, fallback?: string): string {
  const value = env[name];
  if (value !== undefined && value !== "") return value;
  if (fallback !== undefined) return fallback;
  throw new TributaryError("CONFIGURATION_INVALID", `environment variable ${name} is not set`, {
    details: { variable: name },
  });
}

/** The variable as an integer within bounds, or `fallback`; CONFIGURATION_INVALID names variable, value and bounds. */
export function readIntegerVariable(
  env: Environment,
  name: string,
  fallback: number,
  bounds: { readonly min: number; readonly max: number },
): number {
  const text = readVariable(env, name, String(fallback));
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= bounds.min && value <= bounds.max) return value;
  throw new TributaryError(
    "CONFIGURATION_INVALID",
    `environment variable ${name} is ${JSON.stringify(text)}, must be an integer from ${bounds.min} to ${bounds.max}`,
    { details: { variable: name } },
  );
}
