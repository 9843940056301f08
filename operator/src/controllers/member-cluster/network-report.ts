import { cutText, Kinds, Reason } from "@tributary/contracts";
import { asTributaryError } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import type { EgressObservation } from "./snapshot.ts";

/** ConfigMap that the member chart makes in each job namespace and its gate writes. The hub may not change what it did not make. */
const networkMap = "tributary-gate-network";
/** Its text of what the gate found. */
const networkText = "network.json";

/** Most characters of a message. */
const messageLimit = 900;

/**
 * What a member's gate published last of whether its cluster enforces NetworkPolicies, read where jobs of this hub run. That it cannot be read
 * is an answer too: the gate may be of an older release, and a member need not tell.
 */
export async function readNetworkReport(
  client: Pick<ApiClient, "get">,
  namespace: string,
  signal: AbortSignal,
): Promise<EgressObservation> {
  const where = `ConfigMap ${namespace}/${networkMap} of the member`;
  try {
    const found = await client.get<KubeObject>(
      Kinds.ConfigMap,
      { namespace, name: networkMap },
      { signal, deadlineMs: 8_000 },
    );
    const text = (found as { readonly data?: Readonly<Record<string, string>> } | undefined)?.data?.[networkText];
    if (text !== undefined) return readEgress(text, where);
    const why = found === undefined ? "is not there" : "holds nothing yet";
    const remedy =
      "the member's admin upgrades the chart tributary-member, or sees in its gate's log why it does not publish";
    return unknown(Reason.NetworkNotReported, `${where} ${why}; ${remedy}`);
  } catch (cause) {
    signal.throwIfAborted();
    return unknown(Reason.NetworkNotReported, `${where} cannot be read: ${asTributaryError(cause).message}`);
  }
}

function readEgress(text: string, where: string): EgressObservation {
  const { status, reason, message } = parse(text);
  if (
    !isStatus(status) ||
    typeof reason !== "string" ||
    !/^[A-Za-z]{1,64}$/u.test(reason) ||
    typeof message !== "string"
  )
    return unknown(
      Reason.NetworkNotReported,
      `${networkText} of ${where} must have egressEnforced with status, reason and message; it is written by a gate of another release`,
    );
  return { status, reason, message: cutText(message, messageLimit) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const { egressEnforced } = JSON.parse(text) as { readonly egressEnforced?: unknown };
    return typeof egressEnforced === "object" && egressEnforced !== null
      ? (egressEnforced as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function isStatus(value: unknown): value is EgressObservation["status"] {
  return value === "True" || value === "False" || value === "Unknown";
}

function unknown(reason: string, message: string): EgressObservation {
  return { status: "Unknown", reason, message };
}
