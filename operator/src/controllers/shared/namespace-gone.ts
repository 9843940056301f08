import { Kinds } from "@tributary/contracts";
import type { ApiClient, CallOptions } from "../../runtime/api/api-client.ts";
import { apiReason } from "../../runtime/api/api-error.ts";

/**
 * Whether a namespace of a member refuses the hub because it is gone: it takes the hub's rights in it along, and nothing
 * outlives it. A refusal for any other reason, and a member that does not say, prove nothing.
 */
export async function isNamespaceGone(
  client: ApiClient,
  namespace: string,
  error: unknown,
  call: CallOptions = {},
): Promise<boolean> {
  if (apiReason(error) !== "Forbidden") return false;
  try {
    return (await client.get(Kinds.Namespace, { name: namespace }, call)) === undefined;
  } catch {
    return false;
  }
}
