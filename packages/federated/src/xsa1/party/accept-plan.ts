import { equalBytes, toHex } from "../bytes.ts";
import type { PlanMessage } from "../messages.ts";
import { faultOfSteps, planDigest, type RoundPlan } from "../plan.ts";
import { firstRefusal, type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { isMasked } from "../roster.ts";
import type { RoundSetup } from "../setup.ts";
import { planTranscript } from "../transcripts.ts";
import { readyEffects } from "./accept-shares.ts";
import { besideStarting } from "./kept-rounds.ts";
import { refuse, repeat } from "./party-round.ts";
import type { PartyRound, PartyState } from "./party-state.ts";
import type { PartyContext, PartyEffect, PartyStep } from "./party-types.ts";
import { checkModelNotLeft, checkRosterAllowsSum, enterModel } from "./sum-history.ts";

/** Step 3 begins: binds the round to its base model and steps. May come before or after the keys and shares. */
export function acceptPlan(
  context: PartyContext,
  state: PartyState,
  round: PartyRound,
  message: PlanMessage,
): PartyStep {
  const { plan } = message;
  const digest = planDigest(context.crypto, round.setupDigest, plan);
  if (round.plan !== null) {
    return equalBytes(round.plan.digest, digest)
      ? repeat(state, ...planEffects(round))
      : refuse(state, refusal(RefusalReason.PlanChanged, `model ${toHex(plan.modelSha256)}`));
  }
  const found = firstRefusal(
    () => checkSignature(context, message, digest),
    () => checkSteps(round.setup, plan),
    () => checkHistory(state, round, plan),
  );
  if (found !== null) return refuse(state, found);
  const next: PartyRound = { ...round, plan: { plan, digest } };
  // What was signed under masks stays known, whatever is summed without them meanwhile.
  const history = isMasked(round.setup) ? enterModel(state.history, plan.modelSha256) : state.history;
  const { kept, lost } = besideStarting(
    state.rounds.filter((other) => other !== round),
    plan,
  );
  const effects: PartyEffect[] = [{ type: "persist" }, ...lost.map(sumLost), ...planEffects(next)];
  return { state: { history, rounds: [...kept, next] }, effects };
}

/** Distance that two different sums on one base model must keep. */
export function minSumDistance(setup: RoundSetup): number {
  return Math.max(3, setup.threshold);
}

function planEffects(round: PartyRound): PartyEffect[] {
  const { plan, digest } = round.plan!;
  return [{ type: "planAccepted", planDigest: digest, setup: round.setup, plan }, ...readyEffects(round)];
}

function sumLost({ setup: { round, attempt } }: PartyRound): PartyEffect {
  return { type: "sumLost", round, attempt };
}

function checkSignature({ crypto, config }: PartyContext, message: PlanMessage, digest: Uint8Array): Refusal | null {
  const isSigned = crypto.verifyEd25519(config.aggregatorKey, planTranscript(digest), message.signature);
  return isSigned ? null : refusal(RefusalReason.SignatureInvalid, "the plan is not signed by this job's aggregator");
}

function checkSteps(setup: RoundSetup, plan: RoundPlan): Refusal | null {
  const fault = faultOfSteps(setup, plan);
  return fault === null ? null : refusal(RefusalReason.StepTableInvalid, fault.message);
}

/**
 * Without masks the aggregator sees every update anyway: distances between such sums protect nothing, and one whose volume was restored may
 * ask for a model again that was left. Updates on a model of a masked sum, in clear, would take all of it but one apart.
 */
function checkHistory({ history }: PartyState, { setup, dataNames }: PartyRound, plan: RoundPlan): Refusal | null {
  const left = checkModelNotLeft(history, plan.modelSha256);
  if (left !== null || history.model === null || !equalBytes(history.model, plan.modelSha256)) return left;
  if (!isMasked(setup))
    return refusal(RefusalReason.ModelReplayed, `model ${toHex(plan.modelSha256)} had a masked sum`);
  return checkRosterAllowsSum(history, dataNames, setup.minSurvivors, minSumDistance(setup));
}
