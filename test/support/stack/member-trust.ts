import { kubectl } from "@tributary/clouds";
import { eventually } from "../eventually.ts";

/** What a gate publishes of itself. */
export interface PublicHalf {
  /** Certificates of its CA, PEM. */
  readonly caPem: string;
  /** Its member as the peer list of another has it. */
  readonly peer: { readonly organisation: string; readonly member: string; readonly publicKey: string };
}

/** The public halves that are known, by member. */
export type PublicHalves = ReadonlyMap<string, PublicHalf>;

const gate = { name: "tributary-gate", namespace: "tributary-gate" };

/** The public half of a member's gate as its admin reads it; `undefined` while the gate has published none. */
export async function readPublicHalf(member: string): Promise<PublicHalf | undefined> {
  const args = ["get", "configmap", `${gate.name}-identity`, "-n", gate.namespace, "-o", "json", "--ignore-not-found"];
  const { data = {} } = JSON.parse((await kubectl(member, args)) || "{}") as { readonly data?: Record<string, string> };
  const { "ca.crt": caPem, "identity.json": identity } = data;
  if (caPem === undefined || identity === undefined) return undefined;
  const { organisation, publicKeys } = JSON.parse(identity) as {
    readonly organisation: string;
    readonly publicKeys: readonly string[];
  };
  return { caPem, peer: { organisation, member, publicKey: publicKeys[0]! } };
}

/** The public halves of members that have one. */
export async function readPublicHalves(members: readonly string[]): Promise<PublicHalves> {
  const halves = await Promise.all(members.map(async (member) => [member, await readPublicHalf(member)] as const));
  return new Map(halves.flatMap(([member, half]) => (half === undefined ? [] : [[member, half] as const])));
}

/** Waits until the gate of a member, which was installed, has published its half. */
export function waitForPublicHalf(member: string): Promise<PublicHalf> {
  return eventually(`the gate of ${member} has published its public half`, () => readPublicHalf(member), 120_000);
}

/** Waits until the gate of a member goes by a list of that many peers, its own member among them. */
export async function waitForPeers(member: string, count: number): Promise<void> {
  await eventually(
    `the gate of ${member} trusts ${count} members`,
    async () => {
      const told = await linesInForce(member);
      return told.at(-1)?.includes(`"peers":${count},`) ? true : undefined;
    },
    120_000,
  );
}

/** Lines by which the gate of a member, since its pod is there, has said that it goes by other peers or another policy. */
export async function linesInForce(member: string): Promise<readonly string[]> {
  const log = await kubectl(member, ["logs", "-n", gate.namespace, `deployment/${gate.name}`]);
  return log.split("\n").filter((line) => line.includes('"msg":"peers and policy are in force"'));
}
