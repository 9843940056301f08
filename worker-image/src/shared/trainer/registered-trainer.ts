import { cutText, type trainerV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { tensorDtypes } from "./tensor-dtypes.ts";

/** What a worker knows of its trainer: verbs, and what it runs on where it says so. */
export interface RegisteredTrainer {
  readonly kinds: readonly string[];
  readonly capability: trainerV1.Capability | undefined;
}

const MAX_KINDS = 32;
const VERB = /^[A-Z][A-Za-z]{0,31}$/;
const MAX_PROBES = 32;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const BACKEND = /^[A-Za-z0-9._+-]{0,64}$/;
/** Characters of a value that a message quotes. */
const QUOTED = 64;

/**
 * Holds what a trainer says of itself to the bounds of the contract: it is kept, logged and sent on.
 *
 * @param least number of verbs: a worker tells of those alone that are asked for, which may be none.
 * @throws MESSAGE_INVALID naming field, value and what would be right.
 */
export function requireTrainer({ kinds, capability }: RegisteredTrainer, least = 1): RegisteredTrainer {
  const isCounted = kinds.length >= least && kinds.length <= MAX_KINDS;
  requireField(isCounted, "kinds", `${kinds.length} verbs`, `${least} to ${MAX_KINDS}`);
  const bad = kinds.find((kind) => !VERB.test(kind));
  requireField(bad === undefined, "kinds", quote(bad), "verbs of at most 32 letters, the first a capital");
  requireField(new Set(kinds).size === kinds.length, "kinds", quote(twice(kinds)), "each verb once");
  if (capability !== undefined) requireCapability(capability);
  return { kinds: [...kinds], capability };
}

function requireCapability({ backend, dtypes, flops, probe }: trainerV1.Capability): void {
  requireField(
    BACKEND.test(backend),
    "capability.backend",
    quote(backend),
    "at most 64 letters, digits, '.', '_', '+' and '-'",
  );
  const other = dtypes.find((dtype) => !(tensorDtypes as readonly string[]).includes(dtype));
  requireField(other === undefined, "capability.dtypes", quote(other), `types of ${tensorDtypes.join(", ")}`);
  requireField(new Set(dtypes).size === dtypes.length, "capability.dtypes", quote(twice(dtypes)), "each type once");
  requireField(
    Number.isFinite(flops) && flops >= 0,
    "capability.flops",
    String(flops),
    "a finite number, not negative",
  );
  const probes = Object.entries(probe);
  requireField(probes.length <= MAX_PROBES, "capability.probe", `${probes.length} figures`, `at most ${MAX_PROBES}`);
  for (const [name, value] of probes) {
    requireField(
      NAME.test(name),
      "capability.probe",
      quote(name),
      "names of 1 to 64 letters, digits, '.', '_' and '-'",
    );
    requireField(Number.isFinite(value), `capability.probe.${name}`, String(value), "a finite number");
  }
}

function requireField(holds: boolean, field: string, found: string, wanted: string): void {
  if (!holds)
    throw new TributaryError("MESSAGE_INVALID", `${field}: ${found}, must be ${wanted}`, { details: { field } });
}

function twice(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}

function quote(value: string | undefined): string {
  return JSON.stringify(cutText(value ?? "", QUOTED));
}
