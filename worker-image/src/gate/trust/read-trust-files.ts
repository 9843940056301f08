import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { peersInvalid } from "../../shared/trust/trust-file.ts";
import type { TrustTexts } from "./trust.ts";

/** Largest file of trust: a ConfigMap holds no more. */
const MAX_BYTES = 1024 * 1024;

/** How often the files are read anew because they were exchanged meanwhile. */
const READS = 3;

/** Reads a file's bytes; `undefined` when it is not there. */
export type ReadBytes = (path: string) => Promise<Uint8Array | undefined>;

/**
 * Reads `peers.json`, `policy.json` and, where it is there, `trusted/peers.json`, all of one moment: a ConfigMap volume is exchanged by a
 * symbolic link, and half of the former with half of the next would be trust that no admin ever gave.
 *
 * @throws PEERS_INVALID naming the file that is missing, too large, not UTF-8, or exchanged all the time.
 */
export async function readTrustFiles(directory: string, readBytes: ReadBytes = readIfPresent): Promise<TrustTexts> {
  for (let attempt = 0; attempt < READS; attempt++) {
    const version = await versionOf(directory);
    const folder = version === undefined ? directory : join(directory, version);
    const read = (path: string) => readBytes(join(folder, path));
    const files = [await read("peers.json"), await read("policy.json"), await read("trusted/peers.json")] as const;
    if ((await versionOf(directory)) === version) return textsOf(directory, files);
  }
  throw peersInvalid(`the files in ${directory} were exchanged ${READS} times while they were read`);
}

type Files = readonly [peers: Uint8Array | undefined, policy: Uint8Array | undefined, trusted: Uint8Array | undefined];

function textsOf(directory: string, [peers, policy, trusted]: Files): TrustTexts {
  return {
    peers: textOf(join(directory, "peers.json"), peers),
    policy: textOf(join(directory, "policy.json"), policy),
    trustedPeers: trusted === undefined ? undefined : textOf(join(directory, "trusted/peers.json"), trusted),
  };
}

function textOf(path: string, bytes: Uint8Array | undefined): string {
  if (bytes === undefined) throw peersInvalid(`${path} is missing; the chart mounts it`);
  if (bytes.length > MAX_BYTES) throw peersInvalid(`${path} has ${bytes.length} bytes, must be at most ${MAX_BYTES}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw peersInvalid(`${path} is not UTF-8`, cause);
  }
}

/** The folder to which a ConfigMap volume's link leads; `undefined` in a folder that is none. */
async function versionOf(directory: string): Promise<string | undefined> {
  try {
    return await readlink(join(directory, "..data"));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw peersInvalid(`${directory} cannot be read`, error);
  }
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw peersInvalid(`${path} cannot be read`, error);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
