import type { CryptoSuite } from "../crypto-suite.ts";
import { decodeMessage } from "../decode-message.ts";
import { type Message, MessageType } from "../messages.ts";
import { RefusalReason, refusal } from "../refusals.ts";
import { acceptKeys, shareBundle } from "./accept-keys.ts";
import { acceptPlan } from "./accept-plan.ts";
import { acceptShares, readyEffects } from "./accept-shares.ts";
import { answerUnmask } from "./answer-unmask.ts";
import { closeRound } from "./close-round.ts";
import { forgetRound } from "./forget-round.ts";
import { judgeRound } from "./judge-round.ts";
import { advertise, openRound } from "./open-round.ts";
import { refuse } from "./party-round.ts";
import { type PartyRound, type PartyState, type PlannedRound, roundOfPlan, roundOfSetup } from "./party-state.ts";
import type { OpeningPolicy, PartyConfig, PartyContext, PartyEffect, PartyEvent, PartyStep } from "./party-types.ts";
import { consistency, signSurvivors } from "./sign-survivors.ts";
import { maskedInput, prepareInput, reportStored } from "./submit-input.ts";

/** What the steps of one party read besides state and event; throws when the identity secret is not 32 bytes. */
export function partyContext(crypto: CryptoSuite, config: PartyConfig): PartyContext {
  return { crypto, config, publicKey: crypto.ed25519PublicKey(config.identitySecret) };
}

/**
 * One step of a party of XSA1 (Bonawitz et al. 2017 with a signed consistency round): a new state and effects, in order.
 *
 * Pure but for `context.crypto.randomBytes`, which is called once, when a round opens. A message that breaks a rule is a `refused`
 * effect and leaves the state as it was; the same message twice gives the same answer.
 */
export function stepParty(context: PartyContext, state: PartyState, event: PartyEvent): PartyStep {
  switch (event.type) {
    case "open": {
      const message = tryDecode(event.message);
      if (message?.type !== MessageType.Setup)
        return refuse(state, refusal(RefusalReason.MalformedMessage, "not a setup"));
      return openRound(judgingBy(context, event.policy), state, message, event.enrolled);
    }
    case "judge":
      return judgeRound(judgingBy(context, event.policy), state, event.setupDigest, event.enrolled);
    case "forget":
      return forgetRound(state, event.setupDigest);
    case "receive": {
      const message = tryDecode(event.message);
      if (message === null) return refuse(state, refusal(RefusalReason.MalformedMessage, "not a message of XSA1"));
      return receive(context, state, message);
    }
    case "inputReady":
      return inPlan(state, event.planDigest, (round) => prepareInput(context, state, round, event));
    case "inputStored":
      return inPlan(state, event.planDigest, (round) => reportStored(context, state, round, event));
    case "resume":
      return { state, effects: state.rounds.flatMap((round) => repeatOpen(context, round)) };
  }
}

function judgingBy(context: PartyContext, policy: OpeningPolicy | undefined): PartyContext {
  if (policy === undefined) return context;
  const { config } = context;
  return { ...context, config: { ...config, policy: { ...config.policy, ...policy } } };
}

function receive(context: PartyContext, state: PartyState, message: Message): PartyStep {
  switch (message.type) {
    case MessageType.KeyList:
      return inSetup(state, message.setupDigest, (round) => acceptKeys(context, state, round, message));
    case MessageType.ShareDelivery:
      return inSetup(state, message.setupDigest, (round) => acceptShares(context, state, round, message));
    case MessageType.Plan:
      return inSetup(state, message.setupDigest, (round) => acceptPlan(context, state, round, message));
    case MessageType.SurvivorBitmaps:
      return inPlan(state, message.planDigest, (round) => signSurvivors(context, state, round, message));
    case MessageType.UnmaskRequest:
      return inPlan(state, message.planDigest, (round) => answerUnmask(context, state, round, message));
    case MessageType.Result:
      return inPlan(state, message.planDigest, (round) => closeRound(context, state, round, message));
    default:
      return refuse(
        state,
        refusal(RefusalReason.MalformedMessage, `type ${message.type} is not for a party, or needs "open"`),
      );
  }
}

function inSetup(state: PartyState, digest: Uint8Array, step: (round: PartyRound) => PartyStep): PartyStep {
  const round = roundOfSetup(state, digest);
  return round === undefined
    ? refuse(state, refusal(RefusalReason.UnknownRound, "no open round has this setup"))
    : step(round);
}

function inPlan(state: PartyState, digest: Uint8Array, step: (round: PlannedRound) => PartyStep): PartyStep {
  const round = roundOfPlan(state, digest);
  return round === undefined
    ? refuse(state, refusal(RefusalReason.UnknownRound, "no open round has this plan"))
    : step(round);
}

/** Everything a round has said so far and may have to say again. */
function repeatOpen(context: PartyContext, round: PartyRound): PartyEffect[] {
  const messages = [advertise(context, round)];
  if (round.keys !== null) messages.push(shareBundle(context, round, round.keys));
  if (round.plan !== null) {
    const planned = { ...round, plan: round.plan };
    const stored = round.progress.flatMap((_, index) => maskedInput(context, planned, index) ?? []);
    const signed = round.setup.segments.filter((_, index) => round.progress[index]!.bitmap !== null);
    messages.push(...stored);
    if (signed.length > 0)
      messages.push(
        consistency(
          context,
          planned,
          signed.map((segment) => segment.id),
        ),
      );
  }
  return [...messages.map((message): PartyEffect => ({ type: "send", message })), ...readyEffects(round)];
}

function tryDecode(bytes: Uint8Array): Message | null {
  try {
    return decodeMessage(bytes);
  } catch {
    return null;
  }
}
