import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPlane } from "@tributary/clouds";

/** What a gate is told: by its chart, by its API server, and by the member's admin. */
export interface GateFiles {
  readonly config: object;
  readonly token: string;
  /** The peer list; nobody but the own member when left out. */
  readonly peers?: readonly object[];
  /** The policy's lines; the defaults of a policy when left out. */
  readonly policy?: object;
}

/** Writes what a gate reads at its start into a directory, and gives the variables that name it. */
export async function writeGateFiles(
  directory: string,
  { url, authorityPath }: Pick<ControlPlane, "url" | "authorityPath">,
  { config, token, peers = [], policy = {} }: GateFiles,
): Promise<Record<string, string>> {
  const [configPath, tokenPath] = [join(directory, "gate.json"), join(directory, "gate.token")];
  const trustDirectory = join(directory, "trust");
  await writeTrustFiles(trustDirectory, { peers, policy });
  await writeFile(configPath, JSON.stringify({ ...config, trustDirectory }));
  await writeFile(tokenPath, token);
  return {
    TRIBUTARY_GATE_CONFIG: configPath,
    TRIBUTARY_API_SERVER: url,
    TRIBUTARY_API_TOKEN_PATH: tokenPath,
    TRIBUTARY_API_CA_PATH: authorityPath,
  };
}

/** Writes whom a member trusts and what it allows; a gate that runs takes it up. */
export async function writeTrustFiles(
  directory: string,
  { peers = [], policy = {} }: Pick<GateFiles, "peers" | "policy">,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "peers.json"), JSON.stringify({ version: 1, peers }));
  await writeFile(join(directory, "policy.json"), JSON.stringify({ version: 1, ...policy }));
}
