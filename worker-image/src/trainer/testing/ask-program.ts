import type { NamedTensors } from "../contract/tensor-file.ts";
import type { TaskContext, TaskInput, TaskOutput, TrainerProgram } from "../program.ts";

/** What a test says of a task; the rest is a plain one. */
export type Asked = Partial<Pick<TaskInput, "round" | "localSteps" | "parameters">>;

/** Has a program do a task on a model. */
export function askProgram(
  program: TrainerProgram,
  kind: string,
  model: NamedTensors,
  asked: Asked = {},
  context: TaskContext = { checkpoint: async () => undefined },
): Promise<TaskOutput> {
  const parameters: Record<string, string> = kind === "Evaluate" ? { split: "validation" } : {};
  const sets = (name: string) => (name === "model" ? [{ path: "in.safetensors", tensors: model }] : []);
  return program[kind]!({ kind, round: 0, iteration: 0, localSteps: 0, parameters, sets, ...asked }, context);
}
