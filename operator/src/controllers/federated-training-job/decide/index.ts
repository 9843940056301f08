import type { Plan } from "../plan.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { accepted } from "./accepted.ts";
import { aggregation } from "./aggregation.ts";
import { deleting } from "./deleting.ts";
import { failing } from "./failing.ts";
import { finished } from "./finished.ts";
import { placement } from "./placement.ts";
import { privacy } from "./privacy.ts";
import { rounds } from "./rounds.ts";
import { suspended } from "./suspended.ts";
import { tellTransitions } from "./transitions.ts";
import type { Policy, Settings, Verdict } from "./verdict.ts";

/** The policies in their order; the first final verdict ends the chain. */
const chain: readonly Policy[] = [
  deleting,
  finished,
  accepted,
  suspended,
  failing,
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
  const conditions = verdicts.flatMap((verdict) => verdict.conditions ?? []);
  return {
    actions: verdicts.flatMap((verdict) => verdict.actions ?? []),
    conditions,
    events: [...verdicts.flatMap((verdict) => verdict.events ?? []), ...tellTransitions(snapshot, conditions)],
    ...(waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) }),
  };
}
