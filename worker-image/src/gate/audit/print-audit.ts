import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { AuditChain, describeAuditEnd, readAuditLine } from "@tributary/contracts";
import { asTributaryError, catalogue, type Environment, readVariable, TributaryError } from "@tributary/kit";
import { parseGateConfig } from "../config/gate-config.ts";
import { textSha256 } from "./audit-content.ts";
import { readAuditLines } from "./audit-files.ts";
import { type AuditOptions, readAuditOptions } from "./audit-options.ts";
import { describeRemoval, removeArchived } from "./remove-archived.ts";

/** Exit code of a command line that cannot be used, as the launcher's. */
const USAGE_EXIT_CODE = 2;

/**
 * The program `gate-audit`: prints the lines of the trail, all or those of a job, and with `--verify` checks the chain of all that are there.
 * It reads the files that the gate writes, whether the gate runs or not. A trail that was checked and is right has its end told of on `errors`,
 * so that whoever gets the lines over a network knows that they are all. With `--remove-archived` it prints nothing and removes the files
 * that are archived.
 *
 * @param argv of the process: options are what follows the program's name.
 * @returns the exit code: 0, 1 for a chain that is broken, 2 for options that it does not have, that of the catalogue for a file that cannot
 *   be read.
 */
export async function printAudit(
  argv: readonly string[],
  env: Environment,
  output: Writable,
  errors: Writable,
): Promise<number> {
  try {
    const asked = readAuditOptions(argv);
    const path = readVariable(env, "TRIBUTARY_GATE_CONFIG", "/etc/tributary/gate.json");
    const { stateDirectory } = parseGateConfig(path, await readText(path));
    if (asked.archived !== undefined) {
      const removal = await removeArchived(stateDirectory, asked.archived);
      errors.write(`gate-audit: ${describeRemoval(removal)}\n`);
      return 0;
    }
    const { span, wrong } = await printLines(readAuditLines(stateDirectory), asked, output);
    if (wrong !== undefined) errors.write(`gate-audit: ${wrong}\n`);
    else if (asked.verify) errors.write(`${describeAuditEnd(span)}\n`);
    return wrong === undefined ? 0 : 1;
  } catch (cause) {
    const error = asTributaryError(cause);
    errors.write(`gate-audit: ${error.message}\n`);
    return error.code === "ARGUMENT_INVALID" ? USAGE_EXIT_CODE : catalogue[error.code].exitCode;
  }
}

/** Prints lines as they come, also those after one that is wrong; tells of the first. */
async function printLines(lines: AsyncIterable<string>, { job, verify }: AuditOptions, output: Writable) {
  const chain = new AuditChain(textSha256, undefined);
  let wrong: string | undefined;
  for await (const text of lines) {
    if (verify && wrong === undefined) {
      const reading = chain.take(text);
      if (!reading.ok) wrong = `line ${chain.head.lines + 1} ${reading.problem}`;
    }
    if (job === undefined || isOf(job, text)) await print(`${text}\n`, output);
  }
  return { span: chain.span, wrong };
}

function isOf(job: string, text: string): boolean {
  const reading = readAuditLine(text);
  return reading.ok && reading.line.job === job;
}

async function print(text: string, output: Writable): Promise<void> {
  if (!output.write(text)) await once(output, "drain");
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new TributaryError("CONFIGURATION_INVALID", `${path} cannot be read`, { cause, details: { path } });
  }
}
