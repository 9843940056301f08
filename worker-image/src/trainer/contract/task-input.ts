import { TributaryError } from "@tributary/kit";
import type { TaskInput } from "../program.ts";
import { unknownTask } from "./refuse-task.ts";
import { type FloatTensors, requireFloats } from "./tensor-file.ts";

/**
 * The model that a task is given.
 * @throws TributaryError that names what is wrong when there is not exactly one, or it is not of 32-bit floats
 */
export function modelOf(input: TaskInput): FloatTensors {
  const [model, ...others] = input.sets("model");
  if (model === undefined) throw new TributaryError("MESSAGE_INVALID", "the task's inputs hold no tensor set model");
  if (others.length > 0)
    throw new TributaryError("MESSAGE_INVALID", "the task's inputs hold more than one tensor set model");
  return requireFloats(model);
}

/**
 * Refuses parameters that a verb does not know.
 * @param known the value that each parameter of the verb must have, by name
 * @throws TributaryError (`TRAINER_TASK_UNKNOWN`) that names parameter, value and what would be right
 */
export function requireParameters({ kind, parameters }: TaskInput, known: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(parameters)) {
    if (Object.hasOwn(known, name)) continue;
    const names = Object.keys(known).join(", ");
    throw unknownTask(`parameter ${name} of ${kind} is unknown; ${kind} takes ${names === "" ? "none" : names}`);
  }
  for (const [name, wanted] of Object.entries(known)) {
    const given = Object.hasOwn(parameters, name) ? JSON.stringify(parameters[name]) : "absent";
    if (parameters[name] !== wanted)
      throw unknownTask(`parameter ${name} of ${kind} is ${given}, expected ${JSON.stringify(wanted)}`);
  }
}
