import { FieldManager, groupVersion, Kinds } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { isConflict, isNotFound } from "../../../runtime/api/api-error.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { pruneRounds, updateRounds } from "./training-rounds.ts";

/**
 * Writes what the ledger says into the job's TrainingRounds, each over the one that was seen and no other: an old copy takes
 * nothing back that was closed meanwhile, and a successor's round of the same name is left alone.
 *
 * @returns whether one had changed, so that it is to be looked at again.
 */
export async function writeRounds(
  hub: ApiClient,
  seen: JobSnapshot,
  signal: AbortSignal,
): Promise<"written" | "stale"> {
  let outcome: "written" | "stale" = "written";
  const attempt = async (write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      outcome = "stale";
    }
  };
  for (const { seen: round, status } of updateRounds(seen)) {
    const { name, namespace, uid, resourceVersion } = round.metadata;
    const metadata = { name, namespace, uid, resourceVersion };
    const intent = { apiVersion: groupVersion, kind: Kinds.TrainingRound.kind, metadata, status };
    const options = { fieldManager: FieldManager.OperatorStatus, force: true, signal };
    await attempt(() => hub.applyStatus(Kinds.TrainingRound, intent as KubeObject, options));
  }
  for (const { metadata } of pruneRounds(seen)) {
    const { name, namespace, uid } = metadata;
    await attempt(() => hub.delete(Kinds.TrainingRound, { name, namespace }, { uid, signal }));
  }
  return outcome;
}
