import { accept, type Reading, refuse } from "./finding.ts";

/** A host and a port of it. */
export interface HostPort {
  /** DNS name or IP address, an IPv6 address without its brackets. */
  readonly host: string;
  /** Port, 1 to 65,535. */
  readonly port: number;
}

const label = /^[A-Za-z0-9_](?:[-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?$/;
const digits = /^[0-9]+$/;
const ipv4Part = /^(?:0|[1-9][0-9]{0,2})$/;
const ipv6Group = /^[0-9a-fA-F]{1,4}$/;
const zone = /^[-A-Za-z0-9_.]+$/;
const hostExpected = "a DNS name or an IP address";
const addressExpected = "host:port, an IPv6 address in brackets as in [2001:db8::1]:443";

/** Reads a host: a DNS name or an IP address; brackets around an IPv6 address go. */
export function readHost(text: string): Reading<string> {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (text.length > 253) return refuse(hostExpected);
  if (isIpv6(bare)) return accept(bare);
  return bare === text && isName(text) ? accept(text) : refuse(hostExpected);
}

/** Reads `host:port`; an IPv6 address stands in brackets. */
export function readAddress(text: string): Reading<HostPort> {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const [, inBrackets, plain, written] = match ?? [];
  const port = Number(written);
  const isHost = inBrackets === undefined ? plain !== undefined && isName(plain) : isIpv6(inBrackets);
  if (!isHost || !(port >= 1 && port <= 65_535)) return refuse(addressExpected);
  return accept({ host: (inBrackets ?? plain) as string, port });
}

/** Writes `host:port` so that {@link readAddress} reads it again: an IPv6 address gets its brackets. */
export function formatAddress(host: string, port: number): string {
  return isIpv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A DNS name or an IPv4 address: what ends in a number is an address, or nothing that can be dialled. */
function isName(text: string): boolean {
  const labels = (text.endsWith(".") ? text.slice(0, -1) : text).split(".");
  if (text.length > 254 || !labels.every((part) => label.test(part))) return false;
  return !digits.test(labels.at(-1) ?? "") || isIpv4(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => ipv4Part.test(part) && Number(part) <= 255);
}

/** Eight groups, of which the last two may be written as an IPv4 address; `::` at most once, for one group at least. */
function isIpv6(text: string): boolean {
  const [address = "", scope, ...more] = text.split("%");
  if (more.length > 0 || (scope !== undefined && !zone.test(scope))) return false;
  const halves = address.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const endsAsIpv4 = halves.at(-1) !== "" && isIpv4(groups.at(-1) ?? "");
  if (
    halves.length > 2 ||
    !groups.every((group, at) => ipv6Group.test(group) || (endsAsIpv4 && at === groups.length - 1))
  )
    return false;
  const count = groups.length + (endsAsIpv4 ? 1 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}
