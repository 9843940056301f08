import type { NamedFields } from "./kubeconfig-document.ts";
import { booleanOf, isRecord, kubeconfigError, textOf } from "./kubeconfig-fields.ts";

/** A program that prints a credential (`client.authentication.k8s.io`), as a kubeconfig names it. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly provideClusterInfo: boolean;
  /** What a plugin that asks for it is told of the cluster, besides where the API server is. */
  readonly clusterInfo?: Readonly<Record<string, unknown>>;
}

/**
 * The exec plugin of a user, if it has one, once one of `allowed` is its command as written.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function execOf(user: NamedFields, cluster: NamedFields, allowed: readonly string[]): ExecPlugin | undefined {
  const { exec } = user.fields;
  if (exec === undefined || exec === null || exec === "") return undefined;
  const field = `user "${user.name}" exec`;
  const plugin = parseExec(field, exec);
  if (!allowed.includes(plugin.command)) {
    const remedy =
      "give a token or a client certificate: kubectl tributary join makes a token of the hub's own account";
    throw kubeconfigError(field, `${describeCommand(plugin.command)} may not run here`, remedy);
  }
  return plugin.provideClusterInfo ? { ...plugin, clusterInfo: clusterInfoOf(cluster) } : plugin;
}

/** Whether a command is a plain name or path: whoever writes a whole command line there may have put a password into it. */
export function isShowable(command: string): boolean {
  return command.length <= 255 && /^(?:[A-Za-z]:)?[\p{L}\p{N}._+~/\\-]+$/u.test(command);
}

/** A command as messages name it. */
export function describeCommand(command: string): string {
  return isShowable(command) ? `command "${command}"` : "a command with blanks or signs, which is not shown,";
}

/** A command line of a kubeconfig, with its types checked and not yet allowed. */
function parseExec(field: string, raw: unknown): ExecPlugin {
  const fields = isRecord(raw) ? raw : {};
  const command = textOf(fields.command, `${field} command`);
  if (!command) throw kubeconfigError(field, "has no command", "name the plugin's command");
  return {
    apiVersion: textOf(fields.apiVersion, `${field} apiVersion`) || "client.authentication.k8s.io/v1",
    command,
    args: listOf(fields.args, `${field} args`).map((arg, index) => textOf(arg, `${field} args[${index}]`) ?? ""),
    env: listOf(fields.env, `${field} env`).map((entry, index) => variableOf(entry, `${field} env[${index}]`)),
    provideClusterInfo: booleanOf(fields.provideClusterInfo, `${field} provideClusterInfo`),
  };
}

/** A command line from which something was left out is another command line, so what is no list is refused. */
function listOf(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw kubeconfigError(field, "is no list", 'write one entry a line, each after "- "');
}

function variableOf(entry: unknown, field: string): ExecPlugin["env"][number] {
  const { name, value } = isRecord(entry) ? entry : {};
  const known = textOf(name, `${field} name`);
  if (!known) throw kubeconfigError(field, "has no name", "write name and value");
  return { name: known, value: textOf(value, `${field} value`) ?? "" };
}

/** The extension of a cluster that holds what its plugins need to know. */
const configExtension = "client.authentication.k8s.io/exec";

function clusterInfoOf({ name, fields }: NamedFields): Readonly<Record<string, unknown>> {
  const field = `cluster "${name}"`;
  const isPlain = booleanOf(fields["disable-compression"], `${field} disable-compression`);
  const extensions = listOf(fields.extensions, `${field} extensions`).filter(isRecord);
  const config = extensions.find((entry) => entry.name === configExtension)?.extension ?? undefined;
  return { ...(isPlain ? { "disable-compression": true } : {}), ...(config === undefined ? {} : { config }) };
}
