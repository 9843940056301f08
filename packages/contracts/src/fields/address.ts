import { accept, type Reading, refuse } from "./finding.ts";

/** A host and a port of it. */
export interface HostPort {
  /** DNS name or IP address, an IPv6 address without its brackets. */
  readonly host: string;
  /** Port, 1 to 65,535. */
  readonly port: number;
}

const name = /^[A-Za-z0-9_](?:[-A-Za-z0-9_.]*[A-Za-z0-9_])?\.?$/;
const ipv6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*(?::[0-9.]+)?(?:%[-A-Za-z0-9_.]+)?$/;
const hostExpected = "a DNS name or an IP address";
const addressExpected = "host:port, an IPv6 address in brackets as in [2001:db8::1]:443";

/** Reads a host: a DNS name or an IP address; brackets around an IPv6 address go. */
export function readHost(text: string): Reading<string> {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (text.length > 253) return refuse(hostExpected);
  if (isIpv6(bare)) return accept(bare);
  return bare === text && name.test(text) ? accept(text) : refuse(hostExpected);
}

/** Reads `host:port`; an IPv6 address stands in brackets. */
export function readAddress(text: string): Reading<HostPort> {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const [, inBrackets, plain, digits] = match ?? [];
  const port = Number(digits);
  const isHost = inBrackets === undefined ? plain !== undefined && name.test(plain) : isIpv6(inBrackets);
  if (!isHost || !(port >= 1 && port <= 65_535)) return refuse(addressExpected);
  return accept({ host: (inBrackets ?? plain) as string, port });
}

/** Writes `host:port` so that {@link readAddress} reads it again: an IPv6 address gets its brackets. */
export function formatAddress(host: string, port: number): string {
  return isIpv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Two colons at least, at most eight groups of four digits, `::` at most once. */
function isIpv6(text: string): boolean {
  if (!ipv6.test(text)) return false;
  const [address = ""] = text.split("%");
  const halves = address.split("::");
  const groups = address.split(":").filter((group) => group !== "");
  const count = groups.length + (groups.at(-1)?.includes(".") === true ? 1 : 0);
  if (halves.length > 2 || groups.some((group) => !group.includes(".") && group.length > 4)) return false;
  return halves.length === 2 ? count < 8 : count === 8;
}
