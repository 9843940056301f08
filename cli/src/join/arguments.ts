import { readFileSync } from "node:fs";
import { readLabel, readObjectName, showValue } from "@tributary/contracts/fields";
import { readCertificates, TributaryError } from "@tributary/kit";
import { showPath } from "../show-path.ts";

/** The gate's CA as `--gate-ca` names it. */
export interface GateCa {
  readonly pem: string;
  /** SHA-256 of each certificate, in order. */
  readonly fingerprints: readonly string[];
}

/** Reads the file of `--gate-ca`. */
export function readGateCa(path: string): GateCa {
  const pem = readGiven("--gate-ca", path);
  const reading = readCertificates(pem);
  if (!reading.ok) throw wrong("--gate-ca", path, `a file of ${reading.expected}: the gate's ca.crt`);
  return { pem, fingerprints: reading.value.map(({ fingerprint256 }) => fingerprint256) };
}

/** Reads the name of the MemberCluster. */
export function readMemberName(text: string): string {
  const reading = readLabel(text);
  if (!reading.ok) throw wrong("<name>", text, reading.expected);
  return text;
}

/** Reads `hub=member` pairs. */
export function readNamespaceMap(pairs: readonly string[]): { hub: string; member: string }[] {
  const map = pairs.map((pair) => {
    const [hub = "", member = "", rest] = pair.split("=");
    if (rest !== undefined || !readLabel(hub).ok || !readLabel(member).ok)
      throw wrong("--map", pair, "<hub namespace>=<member namespace>");
    return { hub, member };
  });
  const twice = map.find(({ hub }, index) => map.findIndex((other) => other.hub === hub) < index);
  if (twice !== undefined) throw wrong("--map", `${twice.hub}=${twice.member}`, "the only one of its hub namespace");
  return map;
}

/** Reads `namespace/name`. */
export function readServiceAccount(text: string): { namespace: string; name: string } {
  const [namespace = "", name = "", rest] = text.split("/");
  if (rest !== undefined || !readLabel(namespace).ok || !readObjectName(name).ok)
    throw wrong("--service-account", text, "<namespace>/<name>");
  return { namespace, name };
}

/** Reads the life of a token in hours, as whole seconds; no API server gives one of less than ten minutes. */
export function readTokenSeconds(text: string): number {
  const seconds = /^[0-9]*\.?[0-9]+$/u.test(text) ? Math.round(Number(text) * 3600) : Number.NaN;
  if (!(seconds >= 600 && seconds <= 2 ** 32)) throw wrong("--token-hours", text, "a number of hours from 0.17 on");
  return seconds;
}

/** Reads the address of an API server. By mistake it may hold a password, so no error shows it. */
export function readApiServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" && url.username === "" && url.password === "") return text;
  const message = "--api-server must be an https URL such as https://10.0.0.1:6443, without user and password";
  throw new TributaryError("ARGUMENT_INVALID", message);
}

/** Reads the name of a namespace on the hub. */
export function readOperatorNamespace(text: string): string {
  const reading = readLabel(text);
  if (!reading.ok) throw wrong("--operator-namespace", text, reading.expected);
  return text;
}

/** Reads the address of a proxy, or `none`. It may hold a password, so no error shows it. */
export function readProxy(text: string): string | "none" {
  if (text === "none" || (URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol))) return text;
  throw new TributaryError("ARGUMENT_INVALID", "--proxy-url must be an http or https URL, or none");
}

function readGiven(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = `${flag}: ${showPath(path)} cannot be read; name a file that exists`;
    throw new TributaryError("ARGUMENT_INVALID", message, { cause: error });
  }
}

function wrong(flag: string, value: string, expected: string): TributaryError {
  return new TributaryError("ARGUMENT_INVALID", `${flag} is ${showValue(value)}; must be ${expected}`);
}
