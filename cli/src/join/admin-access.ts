import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TributaryError } from "@tributary/kit";
import { type ClusterAccess, judgeContext, kubeconfigError, readCurrentContext } from "@tributary/operator";
import { isRecord } from "../finding.ts";
import { readText } from "../manifests/read-files.ts";
import { showPath } from "../show-path.ts";
import { readAdminPlugin } from "./admin-plugin.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields that name a file of certificates or a key, and the field that holds its content in base64. */
const inlined: readonly (readonly [file: string, data: string])[] = [
  ["certificate-authority", "certificate-authority-data"],
  ["client-certificate", "client-certificate-data"],
  ["client-key", "client-key-data"],
];

/**
 * A person's own kubeconfig: the current context alone, what it names by path read and put in place. Its exec plugin may run
 * when `allowedPlugins` holds it, by its name or by its path, with the environment of that person.
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
    // Resolved, so that no name stands for standard input.
    return readText(resolve(path));
  } catch (error) {
    const message = `kubeconfig ${showPath(path)} cannot be read; name a file that exists`;
    throw new TributaryError("ARGUMENT_INVALID", message, { cause: error });
  }
}

function judge(text: string, folder: string, allowedPlugins: readonly string[]): ClusterAccess {
  const { cluster, user, ...context } = readCurrentContext(text, { isOwn: true });
  const exec = isRecord(user.fields.exec)
    ? readAdminPlugin(user.name, user.fields.exec, folder, allowedPlugins)
    : undefined;
  const userFields = withTokenFile(user.name, withFiles(`user "${user.name}"`, user.fields, folder), folder);
  return judgeContext(
    {
      ...context,
      cluster: { ...cluster, fields: withFiles(`cluster "${cluster.name}"`, cluster.fields, folder) },
      user: { ...user, fields: exec === undefined ? userFields : { ...userFields, exec: exec.fields } },
    },
    exec === undefined ? {} : { allowedExecCommands: [exec.command] },
  );
}

/** What is given twice is taken as it stands in the kubeconfig, as kubectl does. */
function withFiles(what: string, fields: Fields, folder: string): Fields {
  const result: Record<string, unknown> = { ...fields };
  for (const [key, data] of inlined) {
    const file = fields[key];
    if (typeof file !== "string" || file === "") continue;
    delete result[key];
    if (!result[data]) result[data] = contentOf(what, key, resolve(folder, file));
  }
  return result;
}

function contentOf(what: string, key: string, file: string): string {
  try {
    return readFileSync(file).toString("base64");
  } catch {
    // Where a file belongs, the key itself stands by mistake.
    const named = key === "client-key" ? "a file" : showPath(file);
    throw kubeconfigError(`${what} ${key}`, `names ${named}, which cannot be read`, "name a file that exists");
  }
}

/** A token in a file is renewed there, so kubectl sends that one, and the one beside it only while the file holds none. */
function withTokenFile(user: string, fields: Fields, folder: string): Fields {
  const { tokenFile, ...others } = fields;
  if (typeof tokenFile !== "string" || tokenFile === "") return fields;
  const token = tokenIn(resolve(folder, tokenFile));
  if (token !== undefined) return { ...others, token };
  if (others.token) return others;
  // By mistake it may be the token itself, so the error does not show it.
  throw kubeconfigError(`user "${user}" tokenFile`, "names no file that holds a token", "name one that does");
}

function tokenIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
