#!/usr/bin/env node
import { down, renderStatus, status, toStandardError, up } from "@tributary/clouds";
import { asTributaryError, isTributaryError } from "@tributary/kit";
import { Command, CommanderError } from "commander";
import { auditCommand } from "./audit/command.ts";
import { joinCommand } from "./join/command.ts";
import { addPeersCommand } from "./peers/command.ts";
import { describeFinding, describeSuccess, validateHelp } from "./validate/describe.ts";
import { validateFiles } from "./validate/validate-files.ts";

/** Exit code of a command line or a file that cannot be used. */
const usageExitCode = 2;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const program = new Command("kubectl-tributary")
  .description("Works with Tributary's federated training jobs")
  .exitOverride();

program
  .command("validate")
  .description("Checks manifests as kubectl apply with strict validation and the operator will, without a cluster")
  .argument("<files...>", "YAML or JSON files, folders of them, or - for standard input")
  .addHelpText("after", validateHelp)
  .action((files: string[]) => {
    const validation = validateFiles(files);
    for (const finding of validation.findings) print(describeFinding(finding));
    if (validation.findings.length === 0) print(describeSuccess(validation));
    const isUnreadable = validation.findings.some((finding) => finding.isUnreadable);
    process.exitCode = isUnreadable ? usageExitCode : Math.min(validation.findings.length, 1);
  });

program.addCommand(joinCommand(print).copyInheritedSettings(program));
addPeersCommand(program, { print, tell: (line) => process.stderr.write(`${line}\n`) });
program.addCommand(auditCommand(print).copyInheritedSettings(program));

const local = program.command("local").description("Real Kubernetes clusters on this machine, as stand-ins for clouds");
local
  .command("up")
  .description("Starts or repairs them")
  .action(async () => {
    const { hub, members } = await up({ progress: toStandardError });
    toStandardError("these clouds are local stand-ins: real Kubernetes, on this machine");
    for (const cluster of [hub, ...members]) print(`${cluster.name} ${cluster.url} ${cluster.kubeconfigPath}`);
  });
local
  .command("down")
  .description("Removes them without a trace")
  .action(() => down({ progress: toStandardError }));
local
  .command("status")
  .description("Says how they are")
  .action(async () => print(renderStatus(await status())));

/** One line for what went wrong; commander has printed its own. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`kubectl-tributary: ${message.replaceAll(/\s*\n\s*/gu, " ")}\n`);
  return isTributaryError(error) && asTributaryError(error).code === "ARGUMENT_INVALID" ? usageExitCode : 1;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
