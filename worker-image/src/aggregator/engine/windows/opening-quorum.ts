import type { controlV1 } from "@tributary/contracts";
import { COMPLETE_GRAPH_PARTIES } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import type { JobConfig } from "../../config/job-config.ts";
import { setupShape } from "../cohorts/setup-shape.ts";

/**
 * Refuses a window with whose quorum nobody could open a sum: its rounds would close empty, one after the other.
 *
 * @throws MESSAGE_INVALID naming the quorum and the least one.
 */
export function requireOpeningQuorum(
  { participants, secureAggregation }: Pick<JobConfig, "participants" | "secureAggregation">,
  { quorum }: Pick<controlV1.WindowPlan, "quorum">,
): void {
  const seats = participants.reduce((sum, { workers }) => sum + workers, 0);
  if (quorum > COMPLETE_GRAPH_PARTIES) return;
  const { threshold } = setupShape(secureAggregation, { seats, parties: quorum, quorum });
  if (quorum >= threshold) return;
  const text = `window plan: quorum is ${quorum}, must be at least ${threshold}, the threshold: fewer workers open no sum`;
  throw new TributaryError("MESSAGE_INVALID", text);
}
