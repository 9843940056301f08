import type { RenderedObject } from "./charts.ts";

/** One end of a connection: a pod of the cluster, or an address outside of it. */
export type NetworkEnd =
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly ip: string };

/** A connection somebody tries to make. */
export interface Connection {
  readonly from: NetworkEnd;
  readonly to: NetworkEnd;
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

/** The fields of NetworkPolicies that the charts use; another one in a rendered policy is an error. */
interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values: string[] }[];
}
interface Port {
  readonly protocol?: string;
  readonly port: number;
  readonly endPort?: number;
}

/**
 * Whether a set of NetworkPolicies lets a connection through, by the rules of the API's reference: a pod that a policy selects
 * may do only what some policy allows, and both ends must agree. What a cluster's network plugin enforces is another question.
 */
export function isConnectionAllowed(policies: readonly RenderedObject[], connection: Connection): boolean {
  return isEndOpen(policies, connection, "Egress") && isEndOpen(policies, connection, "Ingress");
}

function isEndOpen(
  policies: readonly RenderedObject[],
  connection: Connection,
  direction: "Egress" | "Ingress",
): boolean {
  const [own, peer] = direction === "Egress" ? [connection.from, connection.to] : [connection.to, connection.from];
  if ("ip" in own) return true;
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === own.namespace &&
      spec.policyTypes.includes(direction) &&
      matches(spec.podSelector, own.labels),
  );
  if (selecting.length === 0) return true;
  const rules = selecting.flatMap(({ spec }) => spec[direction.toLowerCase()] ?? []);
  return rules.some((rule: { from?: Peer[]; to?: Peer[]; ports?: Port[] }) => {
    const peers = direction === "Egress" ? rule.to : rule.from;
    return (peers?.some((each) => isPeer(each, peer, own.namespace)) ?? true) && isPort(rule.ports, connection);
  });
}

function isPeer(peer: Peer, end: NetworkEnd, ownNamespace: string): boolean {
  if (peer.ipBlock !== undefined) return "ip" in end && isInRange(end.ip, peer.ipBlock.cidr);
  if ("ip" in end) return false;
  const namespaceLabels = { "kubernetes.io/metadata.name": end.namespace };
  const isNamespace =
    peer.namespaceSelector === undefined
      ? end.namespace === ownNamespace
      : matches(peer.namespaceSelector, namespaceLabels);
  return isNamespace && matches(peer.podSelector ?? {}, end.labels);
}

function isPort(ports: readonly Port[] | undefined, { port, protocol = "TCP" }: Connection): boolean {
  return (
    ports?.some(
      (each) => (each.protocol ?? "TCP") === protocol && port >= each.port && port <= (each.endPort ?? each.port),
    ) ?? true
  );
}

function matches(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [], ...others } = selector;
  if (Object.keys(others).length > 0)
    throw new Error(`selector has ${Object.keys(others)}, which is not evaluated here`);
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      if (operator !== "In") throw new Error(`operator ${operator} is not evaluated here`);
      return values.includes(labels[key] ?? "");
    })
  );
}

/** IPv4 only: an IPv6 range holds no IPv4 address. */
function isInRange(ip: string, cidr: string): boolean {
  const [base = "", bits = "32"] = cidr.split("/");
  if (base.includes(":")) return false;
  const shift = 32 - Number(bits);
  const prefix = (address: string) =>
    Math.floor(address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) / 2 ** shift);
  return prefix(ip) === prefix(base);
}
