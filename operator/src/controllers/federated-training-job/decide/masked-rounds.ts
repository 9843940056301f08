import { synchronousOf } from "@tributary/contracts/fields";
import type { AggregatorReport, JobSnapshot, PartyReport, Problem } from "../snapshot.ts";
import { keepsMaskedRounds, withRemedy } from "./masked-remedies.ts";
import { isAnswered } from "./shortfall.ts";
import { isUnfit } from "./unfit-workers.ts";

/**
 * What keeps a masked job from opening rounds while its aggregator answers, with the remedy: why the last one closed, or what so many
 * workers say of themselves that the others are fewer than the quorum. Nothing while a round is in work, none is wanted, or without masks.
 */
export function maskedRoundProblem({ job }: JobSnapshot, report: AggregatorReport): Problem | undefined {
  const { spec } = job;
  const hasMasks = spec.privacy.secureAggregation.protocol === "Masking";
  if (!hasMasks || spec.suspend || isAnswered(report)) return undefined;
  if (report.problem !== undefined && keepsMaskedRounds(report.problem.reason)) return withRemedy(report.problem);
  const troubled = report.parties.filter(isTroubled);
  const others = report.parties.filter((party) => !isUnfit(party) && !isTroubled(party)).length;
  const [first] = troubled;
  if (first === undefined || others >= synchronousOf(spec).quorum) return undefined;
  const { reason, message } = withRemedy(first.problem);
  const more = troubled.length > 1 ? `; ${troubled.length - 1} other workers are kept out too` : "";
  return { reason, message: `worker ${first.workerIndex} of participant ${first.participant}: ${message}${more}` };
}

function isTroubled(party: PartyReport): party is PartyReport & { readonly problem: Problem } {
  return party.problem !== undefined && keepsMaskedRounds(party.problem.reason);
}
