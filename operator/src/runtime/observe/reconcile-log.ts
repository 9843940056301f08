import type { Logger } from "@tributary/kit";
import type { ReconcileReport } from "../control/controller.ts";
import { ReconcileOutcome } from "../control/controller.ts";

/**
 * A report function that writes one line for each reconcile that did not simply succeed, with its id. Failures that are
 * tried again are warnings; those that wait for somebody are errors, told once until they change; a success is a debug line.
 */
export function logReconciles(log: Logger): (report: ReconcileReport) => void {
  const told = new Map<string, string>();
  return ({ controller, key, reconcileId, outcome, durationMs, error, againInMs }) => {
    const about = `${controller} ${key}`;
    const isNews = told.get(about) !== error?.message;
    told.delete(about);
    if (outcome === ReconcileOutcome.Terminal && error !== undefined) told.set(about, error.message);
    // Not `key`: the logger redacts fields of that name, since private keys are called so.
    const facts = { controller, object: key, reconcileId, outcome, durationMs: Math.round(durationMs), againInMs };
    if (error === undefined) {
      log.debug(facts, "reconciled");
      return;
    }
    const more = { ...facts, code: error.code, details: error.details };
    if (outcome === ReconcileOutcome.Terminal) log[isNews ? "error" : "debug"](more, error.message);
    else if (error.code === "INVARIANT_BROKEN") log.error({ ...more, err: error.cause ?? error }, error.message);
    else log.warn(more, error.message);
  };
}
