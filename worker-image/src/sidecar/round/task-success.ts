import { join } from "node:path";
import { trainerV1 } from "@tributary/contracts";
import { type Logger, TributaryError } from "@tributary/kit";
import { reservedFieldOf } from "../../shared/trainer/reserved-field.ts";
import { hasDigest } from "../wire/own-file.ts";
import { quoteNames } from "./quote-names.ts";

/** What a trainer's outcome is held against. */
export interface AskedTask {
  readonly id: string;
  readonly localSteps: number;
  readonly outputs: readonly Pick<trainerV1.TensorSet, "name" | "path" | "disclosure">[];
}

interface FactRule {
  /** Largest value. */
  readonly most: (task: AskedTask) => number;
  readonly isWhole: boolean;
  /** Whether its value, where it is what it must be, says nothing of data, so that a log may show it. */
  readonly isShown: boolean;
}

const anything = () => Number.MAX_VALUE;
const rules: Readonly<Record<string, FactRule>> = {
  steps: { most: ({ localSteps }) => localSteps, isWhole: true, isShown: true },
  samples: { most: () => Number.MAX_SAFE_INTEGER, isWhole: true, isShown: false },
  stepSeconds: { most: anything, isWhole: false, isShown: true },
  stepSum: { most: anything, isWhole: false, isShown: false },
  localStepNorm: { most: anything, isWhole: false, isShown: false },
};

/**
 * Refuses what a trainer says of a task beside its metrics and cannot be meant: facts of other names or values, tensor sets that the task
 * did not ask for, and what the contract reserves.
 *
 * @returns the facts that a log may show.
 * @throws MESSAGE_INVALID, CHECKSUM_MISMATCH.
 */
export async function requireSuccess(
  task: AskedTask,
  { outputs, facts, endsLoop }: Pick<trainerV1.TaskSuccess, "outputs" | "facts" | "endsLoop">,
  { log, volumeDirectory }: { readonly log: Logger; readonly volumeDirectory: string },
): Promise<Readonly<Record<string, number>>> {
  const refuse = (what: string) => new TributaryError("MESSAGE_INVALID", `task ${task.id}: ${what}`);
  if (endsLoop) throw refuse("ends_loop is true, must be false: no step is in a loop, and it is reserved");
  for (const made of outputs) {
    const problem = problemOfOutput(task, made);
    if (problem !== undefined) throw refuse(problem);
    const sha256 = Buffer.from(made.sha256).toString("hex");
    if (sha256 !== "" && !(await hasDigest(join(volumeDirectory, made.path), sha256)))
      throw new TributaryError(
        "CHECKSUM_MISMATCH",
        `task ${task.id}: tensor set ${made.name} is not what its digest says`,
      );
  }
  return requireFacts(task, facts, log);
}

function problemOfOutput({ outputs }: AskedTask, made: trainerV1.TensorSet): string | undefined {
  const names = outputs.map(({ name }) => name).join(", ");
  const asked = outputs.find(({ name }) => name === made.name);
  // Names and paths of others are the trainer's own words, which may quote its data.
  if (asked === undefined) return `it hands in a tensor set of another name, must be ${names === "" ? "none" : names}`;
  if (made.path !== asked.path) return `tensor set ${made.name} has another path, must be ${asked.path}`;
  if (made.disclosure !== trainerV1.Disclosure.UNSPECIFIED && made.disclosure !== asked.disclosure) {
    const [found, wanted] = [made, asked].map(({ disclosure }) => trainerV1.Disclosure[disclosure] ?? disclosure);
    return `tensor set ${made.name} has the disclosure ${found}, must be ${wanted}, or left out`;
  }
  const reserved = reservedFieldOf(made);
  return reserved && `tensor set ${made.name} has ${reserved.field}, must have none: it is reserved`;
}

function requireFacts(
  task: AskedTask,
  facts: Readonly<Record<string, number>>,
  log: Logger,
): Readonly<Record<string, number>> {
  const others = Object.keys(facts).filter((name) => !Object.hasOwn(rules, name));
  if (others.length > 0) {
    const known = Object.keys(rules);
    log.warn(
      { task: task.id, facts: quoteNames(others), known },
      "the trainer tells facts that the contract does not know",
    );
    const what = `${others.length} of its facts have another name than ${known.join(", ")}`;
    throw new TributaryError("MESSAGE_INVALID", `task ${task.id}: ${what}. The log of the worker's sidecar has them.`);
  }
  for (const [name, value] of Object.entries(facts)) requireFact(task, name, value);
  return Object.fromEntries(Object.entries(facts).filter(([name]) => rules[name]!.isShown));
}

function requireFact(task: AskedTask, name: string, value: number): void {
  const { most, isWhole } = rules[name]!;
  const largest = most(task);
  if (value >= 0 && value <= largest && (!isWhole || Number.isInteger(value))) return;
  const wanted = isWhole ? `a whole number from 0 to ${largest}` : "a finite number, not negative";
  throw new TributaryError("MESSAGE_INVALID", `task ${task.id}: fact ${name} is out of its bounds, must be ${wanted}`);
}
