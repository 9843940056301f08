import type { Plan } from "../plan.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { accepted } from "./accepted.ts";
import { aggregation } from "./aggregation.ts";
import { deleting } from "./deleting.ts";
import { failing } from "./failing.ts";
import { finished } from "./finished.ts";
import { placement } from "./placement.ts";
import { privacy } from "./privacy.ts";
import { recordPlacements, tellAbandoned } from "./record-placements.ts";
import { rounds } from "./rounds.ts";
import { retellStanding } from "./standing.ts";
import { suspended, unread } from "./suspended.ts";
import { unmaskLost } from "./unmask-lost.ts";
import type { Policy, Settings, Verdict } from "./verdict.ts";

/** The policies in their order; the first final verdict ends the chain. */
const chain: readonly Policy[] = [
  deleting,
  finished,
  unread,
  accepted,
  suspended,
  failing,
  unmaskLost,
  privacy,
  aggregation,
  placement,
  rounds,
];

/** What to do about a job, and what to say of it: a pure function of what was seen. */
export function decide(snapshot: JobSnapshot, settings: Settings): Plan {
  const verdicts: Verdict[] = [];
  for (const policy of chain) {
    const verdict = policy(snapshot, settings);
    verdicts.push(verdict);
    if (verdict.final === true) break;
  }
  const waits = verdicts.map((verdict) => verdict.requeueAfterMs).filter((wait) => wait !== undefined);
  const decided = verdicts.flatMap((verdict) => verdict.conditions ?? []);
  // A job that has just failed or finished is told of in full by the next look.
  const isCutShort = verdicts.at(-1)?.final === true && !decided.some(isTerminal);
  return {
    actions: verdicts.flatMap((verdict) => verdict.actions ?? []),
    conditions: [...decided, ...retellStanding(snapshot, decided, isCutShort)],
    record: recordPlacements(snapshot, settings, verdicts.findLast(({ placing }) => placing !== undefined)?.placing),
    events: [...verdicts.flatMap((verdict) => verdict.events ?? []), ...tellAbandoned(snapshot)],
    ...(waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) }),
  };
}

function isTerminal({ type, status }: Condition): boolean {
  return (type === "Complete" || type === "Failed") && status === "True";
}
