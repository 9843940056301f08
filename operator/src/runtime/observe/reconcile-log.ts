import type { Logger } from "@tributary/kit";
import type { ReconcileReport } from "../control/controller.ts";
import { ReconcileOutcome } from "../control/controller.ts";

/**
 * A report function that writes one line for each reconcile that did not simply succeed, with its id. Failures that are
 * tried again are warnings; those that wait for somebody are errors; a success is a debug line.
 */
export function logReconciles(log: Logger): (report: ReconcileReport) => void {
  return ({ controller, key, reconcileId, outcome, durationMs, error, againInMs }) => {
    // Not `key`: the logger redacts fields of that name, since private keys are called so.
    const facts = { controller, object: key, reconcileId, outcome, durationMs: Math.round(durationMs), againInMs };
    if (error === undefined) {
      log.debug(facts, "reconciled");
      return;
    }
    const about = { ...facts, code: error.code, details: error.details };
    if (outcome === ReconcileOutcome.Terminal) log.error(about, error.message);
    else if (error.code === "INVARIANT_BROKEN") log.error({ ...about, err: error.cause ?? error }, error.message);
    else log.warn(about, error.message);
  };
}
