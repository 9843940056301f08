import { decodeMessage } from "../decode-message.ts";
import { largestMessageBytes } from "../message-bounds.ts";
import { type Message, MessageType } from "../messages.ts";
import { faultOfSteps, planDigest, type RoundPlan } from "../plan.ts";
import { RefusalReason, refusal } from "../refusals.ts";
import { entryOf } from "../roster.ts";
import { type RoundSetup, setupDigest } from "../setup.ts";
import {
  type AggregatorState,
  emptySegment,
  type PlannedState,
  RoundStage,
  SegmentStage,
  segmentIndex,
} from "./aggregator-state.ts";
import { chain, isPlanned, refuse } from "./aggregator-steps.ts";
import {
  type AggregatorContext,
  type AggregatorEffect,
  type AggregatorEvent,
  type AggregatorStep,
  DeadlineStage,
} from "./aggregator-types.ts";
import { abandonSegments, announceResult, commitWhenDone, noteRemoved, resultMessage } from "./close-segments.ts";
import { missingAnswers, receiveAnswer, tryRemoval } from "./collect-answers.ts";
import { closeCollecting, dropInputs, noteStored, receiveInput } from "./collect-inputs.ts";
import { closeAdvertising, keyListsFor, receiveAdvertise } from "./collect-keys.ts";
import { closeSharing, deliveryFor, receiveBundle } from "./collect-shares.ts";
import { announceSurvivors, bitmapsMessage, receiveConsistency, requestMessage } from "./collect-signatures.ts";
import { planMessage, setupMessage } from "./opening-messages.ts";
import { requireSetup } from "./require-setup.ts";

/**
 * Opens the aggregator's side of a round and sends its setup to everybody; the plan may follow at any time.
 *
 * @throws ArgumentError for a setup that {@link requireSetup} refuses.
 */
export function openAggregation(context: AggregatorContext, setup: RoundSetup): AggregatorStep {
  requireSetup(setup);
  const state: AggregatorState = {
    setup,
    setupDigest: setupDigest(context.crypto, setup),
    stage: RoundStage.Advertising,
    plan: null,
    advertised: new Map(),
    keys: null,
    bundles: new Map(),
    senders: null,
    segments: setup.segments.map(emptySegment),
  };
  return { state, effects: [setupMessage(context, state)] };
}

/**
 * One step of the aggregator of XSA1: a new state and effects, in order. Pure; every event may come twice.
 *
 * Nothing about survivors leaves before the `persist` that holds their sum: durable point 1 of a round.
 *
 * @throws ArgumentError for a plan whose steps do not fit the setup.
 */
export function stepAggregator(
  context: AggregatorContext,
  state: AggregatorState,
  event: AggregatorEvent,
): AggregatorStep {
  if (state.stage === RoundStage.Failed) return idle(state);
  switch (event.type) {
    case "plan":
      return acceptPlan(context, state, event.plan);
    case "receive":
      return receive(context, state, event.from, event.message);
    case "stored":
      return chain(noteStored(context, state, event), commitIfEmptied(state));
    case "broken":
      return chain(dropInputs(context, state, event.parties), commitIfEmptied(state));
    case "deadline":
      return closeStage(context, state, event.stage, event.segment);
    case "summed":
      return isPlanned(state) ? announceSurvivors(state, event) : idle(state);
    case "removed":
      return isPlanned(state) ? noteRemoved(state, event) : idle(state);
    case "abandon":
      return abandonSegments(state);
    case "committed":
      return isPlanned(state) ? announceResult(context, state) : idle(state);
    case "reconnected":
      return { state, effects: repeatTo(context, state, event.party) };
    case "resume":
      return {
        state,
        effects: [
          ...state.setup.roster.flatMap(({ id }) => repeatTo(context, state, id)),
          ...repeatWork(context, state),
        ],
      };
  }
}

function acceptPlan(context: AggregatorContext, state: AggregatorState, plan: RoundPlan): AggregatorStep {
  if (state.plan !== null) return idle(state);
  const fault = faultOfSteps(state.setup, plan);
  if (fault !== null) throw fault;
  const next = { ...state, plan: { plan, digest: planDigest(context.crypto, state.setupDigest, plan) } };
  return { state: next, effects: [planMessage(context, next)] };
}

function receive(context: AggregatorContext, state: AggregatorState, from: number, bytes: Uint8Array): AggregatorStep {
  const largest = largestMessageBytes(state.setup, bytes[1] ?? 0);
  if (largest === undefined || bytes.length > largest) {
    const bound =
      largest === undefined ? "of a type that parties send" : `at most ${largest} bytes of type ${bytes[1]}`;
    const detail = `${bytes.length} bytes of type ${bytes[1]}, must be ${bound}`;
    return refuse(state, from, refusal(RefusalReason.MalformedMessage, detail));
  }
  const message = tryDecode(bytes);
  if (message === null || !("party" in message)) {
    return refuse(state, from, refusal(RefusalReason.MalformedMessage, "not a message of a party"));
  }
  if (message.party !== from || entryOf(state.setup, from) === undefined) {
    return refuse(state, from, refusal(RefusalReason.SenderMismatch, `party ${from} speaks for ${message.party}`));
  }
  switch (message.type) {
    case MessageType.Advertise:
      return receiveAdvertise(context, state, message, bytes);
    case MessageType.ShareBundle:
      return receiveBundle(context, state, message);
    default:
      return isPlanned(state) && isOfPlan(state, message)
        ? receivePlanned(context, state, message)
        : refuse(state, from, refusal(RefusalReason.UnknownRound, "the message is of another plan"));
  }
}

type PlannedMessage = Extract<Message, { readonly party: number; readonly planDigest: Uint8Array }>;

function receivePlanned(context: AggregatorContext, state: PlannedState, message: PlannedMessage): AggregatorStep {
  switch (message.type) {
    case MessageType.MaskedInput:
      return chain(receiveInput(context, state, message), commitIfEmptied(state));
    case MessageType.Consistency:
      return receiveConsistency(context, state, message);
    case MessageType.UnmaskAnswer:
      return receiveAnswer(context, state, message);
  }
}

function closeStage(
  context: AggregatorContext,
  state: AggregatorState,
  stage: DeadlineStage,
  segment?: number,
): AggregatorStep {
  const indices = segment === undefined ? state.segments.map((_, index) => index) : [segmentIndex(state, segment)];
  switch (stage) {
    case DeadlineStage.Advertising:
      return state.stage === RoundStage.Advertising ? closeAdvertising(context, state) : idle(state);
    case DeadlineStage.Sharing:
      return state.stage === RoundStage.Sharing ? closeSharing(state) : idle(state);
    case DeadlineStage.Collecting: {
      const closed = indices.reduce(
        (step, index) => chain(step, (next) => closeCollecting(context, next, index)),
        idle(state),
      );
      return chain(closed, commitIfEmptied(state));
    }
    case DeadlineStage.Unmasking:
      return { state, effects: indices.flatMap((index) => starvedEffect(state, index)) };
  }
}

/** A last segment that ends empty ends the round; one that was empty before has asked already. */
function commitIfEmptied(before: AggregatorState) {
  const empties = (state: AggregatorState) => state.segments.filter(({ stage }) => stage === SegmentStage.Empty).length;
  return (after: AggregatorState) => (empties(after) > empties(before) ? commitWhenDone(after) : idle(after));
}

function starvedEffect(state: AggregatorState, index: number): AggregatorEffect[] {
  const stage = state.segments[index]?.stage;
  if (!isPlanned(state) || (stage !== SegmentStage.Signing && stage !== SegmentStage.Unmasking)) return [];
  return [{ type: "starved", segment: state.setup.segments[index]!.id, missing: missingAnswers(state, index) }];
}

/** What a party may not have heard: everything the round has said to it that still matters. */
function repeatTo(context: AggregatorContext, state: AggregatorState, party: number): AggregatorEffect[] {
  if (state.stage === RoundStage.Committed) return isPlanned(state) ? [resultMessage(context, state, party)] : [];
  const effects: AggregatorEffect[] = [setupMessage(context, state, party)];
  if (state.keys?.members.includes(party)) effects.push(...keyListsFor(context, state, [party]));
  effects.push(...deliveryFor(state, party));
  if (!isPlanned(state)) return effects;
  effects.push(planMessage(context, state, party));
  const inStage = (...stages: readonly SegmentStage[]) =>
    state.segments.flatMap((segment, index) => (stages.includes(segment.stage) ? [index] : []));
  const announced = inStage(SegmentStage.Signing, SegmentStage.Unmasking);
  const asked = inStage(SegmentStage.Unmasking);
  if (announced.length > 0) effects.push(bitmapsMessage(state, announced, party));
  if (asked.length > 0) effects.push(requestMessage(state, asked, party));
  return effects;
}

/** What the caller was asked and may not have finished before a restart. */
function repeatWork(context: AggregatorContext, state: AggregatorState): AggregatorEffect[] {
  if (!isPlanned(state) || state.stage !== RoundStage.Collecting) return [];
  const removals = state.segments.flatMap((segment, index) =>
    segment.stage === SegmentStage.Removing ? tryRemoval(context, state, index).effects : [],
  );
  return [...removals, ...commitWhenDone(state).effects];
}

function isOfPlan(state: PlannedState, message: PlannedMessage): boolean {
  return message.planDigest.every((byte, index) => byte === state.plan.digest[index]);
}

function idle(state: AggregatorState): AggregatorStep {
  return { state, effects: [] };
}

function tryDecode(bytes: Uint8Array): Message | null {
  try {
    return decodeMessage(bytes);
  } catch {
    return null;
  }
}
