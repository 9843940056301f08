import { checkPeer, describeFinding, keysOf, type Peer, showValue } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { isRecord } from "../finding.ts";
import { readText } from "../manifests/read-files.ts";
import { showPath } from "../show-path.ts";
import { fingerprintOf, readFingerprint } from "./fingerprint.ts";

/** The file by which one admin tells another of a member. It holds no fingerprint: whoever changed the file would change that too. */
export function renderPeerFile({ organisation, member, publicKey, alsoKey }: Peer): string {
  const keys = { publicKey, ...(alsoKey === undefined ? {} : { alsoKey }) };
  return JSON.stringify({ version: 1, organisation, member, ...keys }, undefined, 2);
}

/** Reads a file of `kubectl tributary peers export`, `-` for standard input. @throws ARGUMENT_INVALID naming file and field. */
export function readPeerFile(path: string): Peer {
  const wrong = (why: string) => new TributaryError("ARGUMENT_INVALID", `${showPath(path)} ${why}`);
  const value = parse(path, wrong);
  if (!isRecord(value)) throw wrong("holds no JSON object; name a file that kubectl tributary peers export printed");
  const { version, ...peer } = value;
  if (version !== 1) throw wrong(`has version ${showValue(version)}, must be 1`);
  const [finding] = checkPeer("", peer);
  if (finding !== undefined) throw wrong(`cannot be used: ${describeFinding(finding)}`);
  return peer as unknown as Peer;
}

/**
 * Refuses a file unless each of its keys has one of the fingerprints that the other admin told. What would be right is not said: only that
 * admin knows it.
 *
 * @throws ARGUMENT_INVALID
 */
export function requireFingerprints(path: string, peer: Peer, given: readonly string[]): void {
  const asked = `ask the admin of member ${peer.member} for it over another channel than the one by which the file came`;
  if (given.length === 0) throw new TributaryError("ARGUMENT_INVALID", `--fingerprint is missing; ${asked}`);
  const told = new Set(given.map(requireWhole));
  const keys = keysOf(peer).map(fingerprintOf);
  const isWhole = keys.length === told.size && keys.every((fingerprint) => told.has(fingerprint));
  if (isWhole) return;
  const counts = `${showPath(path)} holds ${countOf(keys.length, "key")}, and --fingerprint gives ${countOf(told.size, "fingerprint")}`;
  const why = keys.length === told.size ? "a key in it has another fingerprint" : counts;
  const message = `${showPath(path)} is not the file that was meant: ${why}; nothing is trusted, ${asked}`;
  throw new TributaryError("ARGUMENT_INVALID", message);
}

function requireWhole(text: string): string {
  const reading = readFingerprint(text);
  if (reading.ok) return reading.value;
  throw new TributaryError("ARGUMENT_INVALID", `--fingerprint must be ${reading.expected}`);
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function parse(path: string, wrong: (why: string) => TributaryError): unknown {
  let text: string;
  try {
    text = readText(path);
  } catch {
    throw wrong("cannot be read; name a file that exists");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw wrong("is no JSON; name a file that kubectl tributary peers export printed");
  }
}
