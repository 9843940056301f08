import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TributaryError } from "@tributary/kit";
import { parse, stringify } from "yaml";

type Entry = Record<string, unknown>;

const inlined: readonly (readonly [path: string, data: string])[] = [
  ["certificate-authority", "certificate-authority-data"],
  ["client-certificate", "client-certificate-data"],
  ["client-key", "client-key-data"],
];

/** A person's own kubeconfig as text without file paths: what it names by path is read and put in place. */
export function readKubeconfig(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new TributaryError("ARGUMENT_INVALID", `kubeconfig ${path} cannot be read; name a file that exists`, {
      cause: error,
    });
  }
  const config = parse(text) as { clusters?: { cluster?: Entry }[]; users?: { user?: Entry }[] } | null;
  if (config === null || typeof config !== "object")
    throw new TributaryError("KUBECONFIG_INVALID", `kubeconfig ${path} is no YAML object`);
  for (const entry of [
    ...(config.clusters ?? []).map((one) => one.cluster),
    ...(config.users ?? []).map((one) => one.user),
  ]) {
    if (entry !== undefined) inlineFiles(entry, dirname(path));
  }
  return stringify(config);
}

function inlineFiles(entry: Entry, folder: string): void {
  for (const [pathKey, dataKey] of inlined) {
    const path = entry[pathKey];
    if (typeof path !== "string") continue;
    entry[dataKey] = readFileSync(resolve(folder, path)).toString("base64");
    delete entry[pathKey];
  }
}
