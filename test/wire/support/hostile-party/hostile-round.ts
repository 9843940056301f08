import { fromBinary } from "@bufbuild/protobuf";
import { type partyV1, termsV1 } from "@tributary/contracts";
import {
  type CryptoSuite,
  decodeMessage,
  emptyPartyState,
  MessageType,
  namedByAggregator,
  type PartyContext,
  type PartyEffect,
  type PartyEvent,
  partyContext,
  type RoundSetup,
  stepParty,
} from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { SeenStage } from "./hostile-config.ts";

/** What the party knows of the open round, as an honest one would. */
export class HostileRound {
  readonly crypto: CryptoSuite = createNodeCryptoSuite();
  readonly #config: { readonly jobUid: string; readonly identitySecret: Uint8Array };
  #context: PartyContext | undefined;
  #state = emptyPartyState();
  /** What an honest party would have to send by now. */
  readonly due: Uint8Array[] = [];
  stage: SeenStage = SeenStage.BetweenRounds;
  round = 0;
  attempt = 0;
  /** Rounds that it was told of. */
  opened = 0;
  setup: RoundSetup | undefined;
  setupDigest: Uint8Array = new Uint8Array(32);
  planDigest: Uint8Array = new Uint8Array(32);
  modelPath: string | undefined;

  constructor(config: { readonly jobUid: string; readonly identitySecret: Uint8Array }) {
    this.#config = config;
  }

  get identitySecret(): Uint8Array {
    return this.#config.identitySecret;
  }

  /** Follows what the aggregator says; true when the stage is another than before. */
  follow({ round, attempt, message }: partyV1.ReceiveResponse): boolean {
    const before = this.stage;
    if (message.case === "opened") this.#open(round, attempt, message.value);
    else if (message.case === "started") this.#start(message.value);
    else if (message.case === "closed" || message.case === "finished") this.stage = SeenStage.BetweenRounds;
    else if (message.case === "secagg") this.#hear(message.value);
    return this.stage !== before;
  }

  #open(round: number, attempt: number, { setup }: partyV1.RoundOpened): void {
    const known = decodeMessage(setup);
    if (known.type !== MessageType.Setup) return;
    const isNew = this.round !== round || this.attempt !== attempt || this.setup === undefined;
    if (!isNew) return;
    [this.round, this.attempt, this.setup] = [round, attempt, known.setup];
    this.opened++;
    this.due.length = 0;
    this.stage = SeenStage.Advertising;
    const { aggregatorKey, roster } = known.setup;
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    this.#context = partyContext(this.crypto, { ...this.#config, aggregatorKey, policy });
    this.#step({ type: "open", message: setup, enrolled: namedByAggregator(roster) });
  }

  #start({ plan, start }: partyV1.RoundStarted): void {
    const { objects } = fromBinary(termsV1.RoundStartSchema, start);
    this.modelPath = objects.find(({ name }) => name === "model")?.resource;
    this.#step({ type: "receive", message: plan });
  }

  #hear(message: Uint8Array): void {
    const stage = STAGE_OF[message[1]!];
    if (stage !== undefined) this.stage = stage;
    this.#step({ type: "receive", message });
  }

  #step(event: PartyEvent): void {
    if (this.#context === undefined) return;
    const { state, effects } = stepParty(this.#context, this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#note(effect);
  }

  #note(effect: PartyEffect): void {
    if (effect.type === "send") {
      this.due.push(effect.message);
      if (effect.message[1] === MessageType.Advertise) this.setupDigest = effect.message.slice(2, 34);
    }
    if (effect.type === "planAccepted") this.planDigest = effect.planDigest;
  }
}

const STAGE_OF: Readonly<Record<number, SeenStage>> = {
  [MessageType.KeyList]: SeenStage.Sharing,
  [MessageType.ShareDelivery]: SeenStage.Collecting,
  [MessageType.SurvivorBitmaps]: SeenStage.Signing,
  [MessageType.UnmaskRequest]: SeenStage.Unmasking,
  [MessageType.Result]: SeenStage.BetweenRounds,
};
