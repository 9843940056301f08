import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { prepareData } from "../support/stack/smollm2-stack.ts";
import { dataArguments } from "./check.ts";

const programs: Readonly<Record<string, string>> = { reference: "reference.py", data: "data/teaching.py" };

/** Runs one of the example's Python programs on this machine's model and texts: `reference` or `data`. */
const chosen = programs[process.argv[2] ?? ""];
if (chosen === undefined) throw new Error(`name one of ${Object.keys(programs).join(", ")}`);
const runner = join(import.meta.dirname, "../../examples/smollm2-lora/run-python.sh");
const ended = spawnSync(runner, [chosen, ...dataArguments(await prepareData())], { stdio: "inherit" });
process.exitCode = ended.status ?? 1;
