import { isIP } from "node:net";
import type { Environment } from "@tributary/kit";

/** Where a TCP connection is tried. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** The two connections that are tried: one that the chart's NetworkPolicy of the gate forbids, and one that it permits. */
export interface ProbeTargets {
  /** The cluster's DNS server, which is open to every pod that no policy binds; `undefined` where resolv.conf names none. */
  readonly forbidden: Target | undefined;
  /** The API server. */
  readonly permitted: Target;
}

const DNS_PORT = 53;
const HTTPS_PORT = 443;

/** Where the gate reaches its API server. */
export function apiServerTarget(env: Environment): Target {
  const url = env.TRIBUTARY_API_SERVER;
  if (url === undefined || url === "") {
    return { host: env.KUBERNETES_SERVICE_HOST ?? "", port: Number(env.KUBERNETES_SERVICE_PORT ?? HTTPS_PORT) };
  }
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/gu, ""), port: Number(port || HTTPS_PORT) };
}

/** The targets, by the text of the pod's resolv.conf and the API server's address. A server within the pod is beyond every policy. */
export function probeTargets(resolvConf: string, permitted: Target): ProbeTargets {
  const host = nameservers(resolvConf).find((address) => !isLoopback(address));
  return { forbidden: host === undefined ? undefined : { host, port: DNS_PORT }, permitted };
}

function nameservers(resolvConf: string): string[] {
  return resolvConf
    .split("\n")
    .map((line) => line.trim().split(/\s+/u))
    .filter(([keyword, address]) => keyword === "nameserver" && address !== undefined && isIP(address) !== 0)
    .map(([, address]) => address as string);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
