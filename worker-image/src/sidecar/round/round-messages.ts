import {
  decodeMessage,
  isArgumentError,
  type Message,
  MessageType,
  type RoundSetup,
  ranksOf,
} from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import type { AttemptId } from "./party-machine.ts";

/** A message of the protocol that must be of this type, a setup of the attempt that its envelope names. */
export function requireMessage<T extends MessageType>(bytes: Uint8Array, type: T, { round, attempt }: AttemptId) {
  const message = readMessage(bytes);
  if (message?.type !== type)
    throw new TributaryError("PROTOCOL_REFUSED", "the round was opened without a setup and plan");
  if (message.type === MessageType.Setup && (message.setup.round !== round || message.setup.attempt !== attempt)) {
    const of = `round ${message.setup.round} attempt ${message.setup.attempt}`;
    throw new TributaryError(
      "PROTOCOL_REFUSED",
      `round ${round} attempt ${attempt} was opened with the setup of ${of}`,
    );
  }
  return message as Extract<Message, { readonly type: T }>;
}

/** A message of the protocol; `undefined` for bytes that are none. */
export function readMessage(message: Uint8Array): Message | undefined {
  try {
    return decodeMessage(message);
  } catch (error) {
    if (!isArgumentError(error)) throw error;
    return undefined;
  }
}

/** Parties of a bitmap over the roster; bits beyond it are the machine's to refuse. */
export function partiesOf({ setup }: { readonly setup: RoundSetup }, bitmap: Uint8Array): number[] {
  return ranksOf(bitmap).flatMap((rank) => setup.roster[rank]?.id ?? []);
}
