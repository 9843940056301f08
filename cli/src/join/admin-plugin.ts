import { isAbsolute, resolve } from "node:path";
import { isShowable, kubeconfigError } from "@tributary/operator";

/** Plugins that make the credentials of EKS, GKE and AKS, by the names of their programs. */
export const cloudPlugins: readonly string[] = ["aws", "gke-gcloud-auth-plugin", "kubelogin"];

/** The exec plugin of a person's kubeconfig that may run. */
export interface AdminPlugin {
  /** The program: a name that is looked for on the PATH, or a path from the root. */
  readonly command: string;
  /** The field `exec` with that command, and the person's environment before the plugin's own variables. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * A plugin finds the person's cloud configuration in the person's environment; one named by a path lies where the file does.
 *
 * @returns undefined where no command is named
 * @throws TributaryError KUBECONFIG_INVALID when `allowed` does not hold the plugin; with its command only where that is a plain
 *   name or path
 */
export function readAdminPlugin(
  user: string,
  exec: Readonly<Record<string, unknown>>,
  folder: string,
  allowed: readonly string[],
): AdminPlugin | undefined {
  const { command } = exec;
  if (typeof command !== "string" || command === "") return undefined;
  const located = isPath(command) && !isAbsolute(command) ? resolve(folder, command) : command;
  if (!isAllowed(command, located, allowed)) throw refusal(user, command, located, allowed);
  const given = Object.entries(process.env).map(([name, value]) => ({ name, value: value ?? "" }));
  const own = exec.env ?? [];
  const env = Array.isArray(own) ? [...given, ...own] : own;
  return { command: located, fields: { ...exec, command: located, env } };
}

function isPath(command: string): boolean {
  return /[/\\]/u.test(command);
}

/** A name stands for the program that the person's PATH has for it. Any folder may hold one of that name, so a path is allowed as such. */
function isAllowed(command: string, located: string, allowed: readonly string[]): boolean {
  const names = isPath(command) ? [command, located] : [command, command.replace(/\.exe$/iu, "")];
  return names.some((name) => allowed.includes(name));
}

function refusal(user: string, command: string, located: string, allowed: readonly string[]): Error {
  if (!isShowable(command)) {
    const remedy = "move arguments to args; a path with blanks may run once --allow-exec-plugin gives the same text";
    return kubeconfigError(`user "${user}" exec command`, "holds blanks or signs that no program's name has", remedy);
  }
  const program = isShowable(located) ? located : command;
  const known = allowed.filter(isShowable).join(", ");
  const remedy = `if you trust it, add --allow-exec-plugin ${program}; allowed are ${known}`;
  return kubeconfigError(`user "${user}" exec`, `runs the program "${program}"`, remedy);
}
