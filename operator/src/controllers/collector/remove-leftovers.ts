import { inParallel } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { Clock } from "../../runtime/clock.ts";
import { callDeadlineMs } from "../shared/call-deadline.ts";
import type { Lane } from "./decide/plan-removals.ts";
import { type OwnedObject, resourceOf } from "./owned-objects.ts";

/** Namespaces in which something is removed at once. */
const parallelLanes = 8;
/** Calls at once in one namespace. */
const parallelDeletes = 3;
/** Time after which a namespace gives way to others until the next look, in milliseconds: one in which calls hang. */
const laneMs = callDeadlineMs;

/** What became of the removals of one look; what is in neither list was not tried. */
export interface RemovalOutcome {
  /** Their removal was accepted. */
  readonly done: readonly OwnedObject[];
  readonly failed: readonly { readonly object: OwnedObject; readonly cause: unknown }[];
}

/**
 * Removes what the lanes hold. No object keeps another one from being tried, and no namespace another one: each call has a deadline
 * of its own, and each namespace a time after which nothing more is begun in it.
 */
export async function removeLeftovers(
  client: ApiClient,
  lanes: readonly Lane[],
  clock: Pick<Clock, "monotonicMs">,
  signal: AbortSignal,
): Promise<RemovalOutcome> {
  const done: OwnedObject[] = [];
  const failed: { object: OwnedObject; cause: unknown }[] = [];
  await inParallel(lanes, parallelLanes, async ({ objects }) => {
    const endMs = clock.monotonicMs() + laneMs;
    await inParallel(objects, parallelDeletes, async (object) => {
      if (signal.aborted || clock.monotonicMs() >= endMs) return;
      try {
        await remove(client, object, signal);
        done.push(object);
      } catch (cause) {
        // One that was cut short by the end of the look has had its try all the same: others come first in the next.
        failed.push({ object, cause });
      }
    });
  });
  return { done, failed };
}

async function remove(
  client: ApiClient,
  { kind, namespace, name, uid }: OwnedObject,
  signal: AbortSignal,
): Promise<void> {
  const call = { signal, deadlineMs: callDeadlineMs };
  await client.delete(resourceOf(kind), { namespace, name }, { uid, propagation: "Background", ...call });
}
