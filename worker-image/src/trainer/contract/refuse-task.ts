import { trainerV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { reservedFieldOf } from "../../shared/trainer/reserved-field.ts";

const knownDisclosures: readonly trainerV1.Disclosure[] = [trainerV1.Disclosure.SUM_ONLY, trainerV1.Disclosure.PUBLIC];

/**
 * Refuses what a trainer would pass over: a verb that its program has not, and whatever the contract reserves.
 * @throws TributaryError (`TRAINER_TASK_UNKNOWN`) that names the field and its value
 */
export function refuseUnknownTask(task: trainerV1.Task, kinds: readonly string[]): void {
  if (!kinds.includes(task.kind))
    throw unknownTask(`task kind ${JSON.stringify(task.kind)} is unknown; this trainer does ${kinds.join(", ")}`);
  if (task.iteration !== 0)
    throw unknownTask(`the task's iteration is ${task.iteration}, expected 0: loops are reserved`);
  for (const set of [...task.inputs, ...task.outputs]) refuseUnknownSet(set);
}

/** What a task asks that this trainer does not do. */
export function unknownTask(what: string): TributaryError {
  return new TributaryError("TRAINER_TASK_UNKNOWN", what);
}

function refuseUnknownSet(set: trainerV1.TensorSet): void {
  const { name, disclosure } = set;
  if (!knownDisclosures.includes(disclosure)) {
    const found = trainerV1.Disclosure[disclosure] ?? disclosure;
    throw unknownTask(`tensor set ${name} has the disclosure ${found}, expected SUM_ONLY or PUBLIC`);
  }
  const reserved = reservedFieldOf(set);
  if (reserved === undefined) return;
  const { field, value } = reserved;
  throw unknownTask(`tensor set ${name} has ${field} ${JSON.stringify(value)}, expected none: it is reserved`);
}
