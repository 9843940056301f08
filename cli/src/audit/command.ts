import { resolve } from "node:path";
import { describeAuditEnd } from "@tributary/contracts";
import { readLabel, showValue } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { Command } from "commander";
import { readAdminAccess } from "../join/admin-access.ts";
import { cloudPlugins } from "../join/admin-plugin.ts";
import { describeTrail, trailJson } from "./describe-trail.ts";
import { execGateAudit, type GateAnswer, type GatePlace } from "./exec-gate.ts";
import { readTrail, type TrailView, type TrailWish } from "./read-trail.ts";

interface Options {
  readonly memberKubeconfig: string;
  readonly namespace: string;
  readonly job?: string;
  readonly output?: string;
  readonly allowExecPlugin: readonly string[];
}

const help = `
The lines are read in the gate's container, by kubectl exec with the current context of the kubeconfig, and checked here: each must hold
the SHA-256 of the one before. Lines that somebody cut off the end are not missed by that: compare number and SHA-256 of the last line with
those that were noted before. Of a trail whose older lines lie in an archive, the last line says which these are, and by which SHA-256 the
archive must end.

Exit codes: 0 the trail is right, 1 it is broken or cannot be read, 2 the command line or a file cannot be used.`;

/** The command `audit`; `print` takes each line of its answer. */
export function auditCommand(print: (line: string) => void): Command {
  return new Command("audit")
    .description("Reads the audit trail of a member's gate, checks it and says what was done for each job")
    .requiredOption("--member-kubeconfig <file>", "kubeconfig of the member, as one who may exec into the gate's pod")
    .option("--namespace <name>", "namespace of the gate", "tributary-gate")
    .option("--job <uid>", "lines of one job alone; all are checked")
    .option("-o, --output <format>", "json for one JSON document")
    .option(
      "--allow-exec-plugin <program>",
      `program that the kubeconfig may run for a credential, besides ${cloudPlugins.join(", ")} on the PATH; repeatable`,
      (program: string, before: readonly string[]) => [...before, program],
      [] as readonly string[],
    )
    .addHelpText("after", help)
    .action((options: Options) => audit(options, print));
}

async function audit(options: Options, print: (line: string) => void): Promise<void> {
  const { namespace, job, output, memberKubeconfig } = options;
  if (!readLabel(namespace).ok) throw wrong("--namespace", namespace, "the name of a namespace");
  if (output !== undefined && output !== "json") throw wrong("--output", output, "json");
  const kubeconfig = resolve(memberKubeconfig);
  // kubectl reads it too, and runs whatever it names: what join would refuse is refused here as well.
  readAdminAccess(kubeconfig, [...cloudPlugins, ...options.allowExecPlugin]);
  const writer = output === "json" ? trailJson(print) : describeTrail(print);
  const view = await fetchTrail({ kubeconfig, namespace }, { job, onLine: writer.line });
  writer.end(view);
  if (view.wrong === undefined) return;
  const { line, problem } = view.wrong;
  throw new TributaryError("GATE_STATE_DAMAGED", `the trail is broken: line ${line} ${problem}`);
}

/**
 * The trail of a gate, checked on this side.
 *
 * @throws COMMAND_FAILED when it could not be read to its end
 */
export async function fetchTrail(place: GatePlace, wish: TrailWish): Promise<TrailView> {
  const answer = await execGateAudit(place, (lines) => readTrail(lines, wish));
  // The gate's own word that it is broken adds nothing to what was found here.
  if (answer.read.wrong === undefined) requireEnd(answer, place);
  return answer.read;
}

/** A connection that broke may look like the end of the trail. */
function requireEnd({ read, errors, exitCode }: GateAnswer<TrailView>, { namespace }: GatePlace): void {
  const isWhole = errors.split("\n").includes(describeAuditEnd(read.span));
  if (exitCode === 0 && isWhole) return;
  const said = errors.trim().replaceAll(/\s+/gu, " ") || "nothing";
  const message = `the audit trail of the gate in namespace ${namespace} was not read to its end: kubectl exec ended with ${exitCode} and said: ${said}`;
  throw new TributaryError("COMMAND_FAILED", message, { details: { exitCode: String(exitCode) } });
}

function wrong(flag: string, value: string, expected: string): TributaryError {
  return new TributaryError("ARGUMENT_INVALID", `${flag} is ${showValue(value)}; must be ${expected}`);
}
