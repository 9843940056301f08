import { synchronousOf } from "@tributary/contracts/fields";
import type { AggregatorReport, JobSnapshot, PartyReport, Problem } from "../snapshot.ts";
import { isAnswered } from "./shortfall.ts";
import { isUnfit } from "./unfit-workers.ts";

/** What keeps masked rounds from being opened, by its reason, and what people do about it; empty where the message says it already. */
const remedies: ReadonlyMap<string, string> = new Map([
  ["Unattested", "see that the gate of its member runs and answers on its worker port"],
  ["GateUnreachable", "see that the gate of its member runs and answers on its worker port"],
  ["GateStateDamaged", "its member's admin restores the gate's volume, or removes the file that the gate's log names"],
  ["GateMemoryFull", ""],
  [
    "PeersInvalid",
    "its member's admin mends peer list and policy; kubectl tributary peers list shows what the gate reads",
  ],
  [
    "TermsRefused",
    "its member's admin allows it in the gate's policy, or the job is created with what the policy allows",
  ],
  ["DifferenceOfJobs", ""],
  ["CoverageTooThin", "add workers of other organisations that hold the part of the model which the message names"],
  ["ProtocolRefused", "bring all sidecars and the hub to one release; what then remains is told in the sidecar's log"],
]);

/** Whether a reason is of those that keep masked rounds from being opened. */
export function keepsMaskedRounds(reason: string): boolean {
  return remedies.has(reason);
}

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

function withRemedy({ reason, message }: Problem): Problem {
  const remedy = remedies.get(reason) ?? "";
  return { reason, message: remedy === "" ? message : `${message}; ${remedy}` };
}
