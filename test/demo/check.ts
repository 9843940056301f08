import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../support/stack/run-tool.ts";
import type { DemoData } from "../support/stack/smollm2-stack.ts";

const program = join(import.meta.dirname, "../../examples/smollm2-lora/run-python.sh");
const timeoutMs = 3_600_000;

/** Arguments by which the example's Python programs find model and texts: each participant owns one kind. */
export function dataArguments(data: DemoData): string[] {
  return ["--model", data.model, "--data", `aws=${data.speeches}`, "--data", `gcp=${data.mail}`];
}

/** What the independent check says of a run. */
export interface CheckResult {
  /** Its table. */
  readonly text: string;
  /** Its figures by name. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Runs the independent check on the report in `folder`. Throws with its sentences when something does not hold. */
export async function runCheck(data: DemoData, folder: string): Promise<CheckResult> {
  const figuresPath = join(folder, "check.json");
  const text = await runTool(
    program,
    ["check.py", ...dataArguments(data), "--report", join(folder, "report.json"), "--out", figuresPath],
    { timeoutMs },
  );
  return { text, figures: JSON.parse(await readFile(figuresPath, "utf8")) };
}

/** Text by the pretrained and by the trained model. */
export function sampleText(data: DemoData, adapter: string): Promise<string> {
  return runTool(program, ["sample.py", ...dataArguments(data), "--adapter", adapter], { timeoutMs });
}
