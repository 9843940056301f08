import { encodeMessage } from "../encode-message.ts";
import { MessageType } from "../messages.ts";
import { planTranscript, setupTranscript } from "../transcripts.ts";
import type { AggregatorState, PlannedState } from "./aggregator-state.ts";
import type { AggregatorContext, AggregatorEffect } from "./aggregator-types.ts";

/** What was signed, by who signs and by the digest that is signed. */
const signed = new WeakMap<AggregatorContext, WeakMap<Uint8Array, Uint8Array>>();

/** The signed setup, encoded: the same bytes for every receiver, made once however many come or come back. */
export function setupBytes(context: AggregatorContext, { setup, setupDigest }: AggregatorState): Uint8Array {
  return once(context, setupDigest, () => {
    const signature = context.crypto.signEd25519(context.signingSecret, setupTranscript(setupDigest));
    return encodeMessage({ type: MessageType.Setup, setup, signature });
  });
}

/** The signed plan, encoded: made once, as {@link setupBytes}. */
export function planBytes(context: AggregatorContext, { setupDigest, plan }: PlannedState): Uint8Array {
  return once(context, plan.digest, () => {
    const signature = context.crypto.signEd25519(context.signingSecret, planTranscript(plan.digest));
    return encodeMessage({ type: MessageType.Plan, setupDigest, plan: plan.plan, signature });
  });
}

/** Sends the setup to everybody, or to one party. */
export function setupMessage(
  context: AggregatorContext,
  state: AggregatorState,
  to: number | "all" = "all",
): AggregatorEffect {
  return { type: "send", to, message: setupBytes(context, state) };
}

/** Sends the plan to everybody, or to one party. */
export function planMessage(
  context: AggregatorContext,
  state: PlannedState,
  to: number | "all" = "all",
): AggregatorEffect {
  return { type: "send", to, message: planBytes(context, state) };
}

function once(context: AggregatorContext, digest: Uint8Array, make: () => Uint8Array): Uint8Array {
  const known = signed.get(context) ?? new WeakMap<Uint8Array, Uint8Array>();
  signed.set(context, known);
  const bytes = known.get(digest) ?? make();
  known.set(digest, bytes);
  return bytes;
}
