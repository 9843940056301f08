import { readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, resolve } from "node:path";
import { TributaryError } from "@tributary/kit";
import { type ClusterAccess, kubeconfigError, parseKubeconfig, readCurrentContext } from "@tributary/operator";
import { stringify } from "yaml";
import { isRecord } from "../finding.ts";

/** Plugins that make the credentials of EKS, GKE and AKS, by the names of their programs. */
export const cloudPlugins: readonly string[] = ["aws", "gke-gcloud-auth-plugin", "kubelogin"];

type Fields = Readonly<Record<string, unknown>>;

/** Fields that name a file, the field that holds its content, and whether that is base64. */
const inlined: readonly (readonly [file: string, data: string, encoding: "base64" | "utf8"])[] = [
  ["certificate-authority", "certificate-authority-data", "base64"],
  ["client-certificate", "client-certificate-data", "base64"],
  ["client-key", "client-key-data", "base64"],
  ["tokenFile", "token", "utf8"],
];

/**
 * A person's own kubeconfig: the current context alone, what it names by path read and put in place. Its exec plugin may run
 * when the plugin's program is one of `allowedPlugins`, with the environment of that person.
 *
 * @throws TributaryError ARGUMENT_INVALID when the file cannot be read, KUBECONFIG_INVALID; never with a secret in it
 */
export function readAdminAccess(path: string, allowedPlugins: readonly string[]): ClusterAccess {
  try {
    return judge(readFile(path), dirname(path), allowedPlugins);
  } catch (error) {
    if (!(error instanceof TributaryError) || error.code !== "KUBECONFIG_INVALID") throw error;
    throw new TributaryError("KUBECONFIG_INVALID", `${path}: ${error.message}`, { cause: error });
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TributaryError("ARGUMENT_INVALID", `kubeconfig ${path} cannot be read; name a file that exists`, {
      cause: error,
    });
  }
}

function judge(text: string, folder: string, allowedPlugins: readonly string[]): ClusterAccess {
  const { name, namespace, cluster, user } = readCurrentContext(text);
  const exec = isRecord(user.fields.exec) ? pluginOf(user.name, user.fields.exec, folder, allowedPlugins) : undefined;
  const userFields = withFiles(`user "${user.name}"`, user.fields, folder);
  const whole = stringify({
    "current-context": name,
    contexts: [{ name, context: { cluster: cluster.name, user: user.name, namespace } }],
    clusters: [{ name: cluster.name, cluster: withFiles(`cluster "${cluster.name}"`, cluster.fields, folder) }],
    users: [{ name: user.name, user: exec === undefined ? userFields : { ...userFields, exec: exec.fields } }],
  });
  return parseKubeconfig(whole, exec === undefined ? {} : { allowedExecCommands: [exec.command] });
}

/** What is given twice is taken from the file's own text, as kubectl does. */
function withFiles(what: string, fields: Fields, folder: string): Fields {
  const result: Record<string, unknown> = { ...fields };
  for (const [key, data, encoding] of inlined) {
    const file = fields[key];
    if (typeof file !== "string" || file === "") continue;
    delete result[key];
    if (!result[data]) result[data] = contentOf(`${what} ${key}`, resolve(folder, file), encoding);
  }
  return result;
}

function contentOf(field: string, file: string, encoding: "base64" | "utf8"): string {
  try {
    return readFileSync(file).toString(encoding);
  } catch {
    throw kubeconfigError(field, `names ${file}, which cannot be read`, "name a file that exists");
  }
}

/** A plugin finds the person's cloud configuration in the person's environment; one named by a path lies where the file does. */
function pluginOf(
  user: string,
  exec: Fields,
  folder: string,
  allowedPlugins: readonly string[],
): { readonly command: string; readonly fields: Fields } | undefined {
  const { command } = exec;
  if (typeof command !== "string") return undefined;
  const program = basename(command).replace(/\.exe$/iu, "");
  if (!allowedPlugins.includes(program)) {
    const remedy = `if you trust it, add --allow-exec-plugin ${program}; allowed are ${allowedPlugins.join(", ")}`;
    throw kubeconfigError(`user "${user}" exec`, `runs the program "${program}"`, remedy);
  }
  const isRelative = /[/\\]/u.test(command) && !isAbsolute(command);
  const located = isRelative ? resolve(folder, command) : command;
  const given = Object.entries(process.env).map(([name, value]) => ({ name, value: value ?? "" }));
  const own = exec.env ?? [];
  const env = Array.isArray(own) ? [...given, ...own] : own;
  return { command: located, fields: { ...exec, command: located, env } };
}
