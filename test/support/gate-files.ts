import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPlane } from "@tributary/clouds";

/** Writes what a gate reads at its start into a directory, and gives the variables that name it. */
export async function writeGateFiles(
  directory: string,
  { url, authorityPath }: Pick<ControlPlane, "url" | "authorityPath">,
  { config, token }: { readonly config: object; readonly token: string },
): Promise<Record<string, string>> {
  const [configPath, tokenPath] = [join(directory, "gate.json"), join(directory, "gate.token")];
  await writeFile(configPath, JSON.stringify(config));
  await writeFile(tokenPath, token);
  return {
    TRIBUTARY_GATE_CONFIG: configPath,
    TRIBUTARY_API_SERVER: url,
    TRIBUTARY_API_TOKEN_PATH: tokenPath,
    TRIBUTARY_API_CA_PATH: authorityPath,
  };
}
