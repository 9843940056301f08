import { Kinds } from "@tributary/contracts";
import type { ApiClient, CallOptions } from "../../runtime/api/api-client.ts";
import type { KubeObject, ObjectRef } from "../../runtime/api/object.ts";

/** A job as objects that were made for it name it. */
export interface NamedJob extends ObjectRef {
  readonly uid: string | undefined;
}

/** Asks the hub's API server whether a job exists no longer, or is another by now; a cache may be late. */
export async function isJobGone(hub: ApiClient, { uid, ...ref }: NamedJob, call: CallOptions): Promise<boolean> {
  const present = await hub.get<KubeObject>(Kinds.FederatedTrainingJob, ref, call);
  return present === undefined || present.metadata.uid !== uid;
}
