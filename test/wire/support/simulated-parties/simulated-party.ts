import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { Agent, request as httpsRequest } from "node:https";
import { fromBinary } from "@bufbuild/protobuf";
import { partyV1, termsV1 } from "@tributary/contracts";
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
  stepParty,
} from "@tributary/federated";
import { createGrpcClient, createTlsCredentials, type GrpcClient } from "@tributary/kit";
import type { SimulatedConfig } from "./simulated-config.ts";

type Upload = Extract<PartyEffect, { type: "upload" }>;

/** A party that speaks the protocol truly and reports zeros: it trains nothing and keeps nothing on disk. */
export class SimulatedParty {
  readonly #config: SimulatedConfig;
  readonly #identity: { readonly certificatePem: string; readonly keyPem: string };
  readonly #crypto: CryptoSuite;
  readonly #client: GrpcClient<typeof partyV1.PartyService>;
  readonly #agent: Agent;
  #party = 0;
  #at = { round: 0, attempt: 0 };
  #context: PartyContext | undefined;
  #state = emptyPartyState();

  constructor(config: SimulatedConfig, index: number, crypto: CryptoSuite) {
    this.#config = config;
    this.#identity = config.identities[index]!;
    this.#crypto = crypto;
    const { caPem, serverName } = config;
    this.#client = createGrpcClient(partyV1.PartyService, {
      address: config.controlAddress,
      credentials: createTlsCredentials({ caPem, ...this.#identity }),
      unreachable: "AGGREGATOR_UNREACHABLE",
      channel: { "grpc.ssl_target_name_override": serverName },
    });
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 2,
      ca: caPem,
      cert: this.#identity.certificatePem,
      key: this.#identity.keyPem,
      servername: serverName,
    });
  }

  /** Takes part until the job is finished. */
  async run(): Promise<void> {
    const { publicKey } = new X509Certificate(this.#identity.certificatePem);
    const identityKey = new Uint8Array(Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url"));
    const request = { identityKey, protocolVersion: 2, sidecarImage: "simulated", kinds: ["Evaluate", "Train"] };
    this.#party = (await this.#client.join(request, { timeoutMs: 60_000 })).partyId;
    for await (const { round, attempt, message } of this.#client.receive({}, { timeoutMs: 3_600_000 })) {
      if (message.case === "finished") return;
      if (message.case === "opened") await this.#open({ round, attempt }, message.value);
      if (message.case === "started") await this.#start(message.value);
      if (message.case === "secagg") await this.#step({ type: "receive", message: message.value });
    }
    throw new Error(`the stream of party ${this.#party} ended`);
  }

  async #open(at: { round: number; attempt: number }, { setup }: partyV1.RoundOpened): Promise<void> {
    this.#at = at;
    const known = decodeMessage(setup);
    if (known.type !== MessageType.Setup) throw new Error("a round opens with a setup");
    const { aggregatorKey, roster } = known.setup;
    const identitySecret = new Uint8Array(
      Buffer.from(String(createPrivateKey(this.#identity.keyPem).export({ format: "jwk" }).d), "base64url"),
    );
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    const { jobUid } = this.#config;
    this.#context = partyContext(this.#crypto, { jobUid, identitySecret, aggregatorKey, policy });
    await this.#step({ type: "open", message: setup, enrolled: namedByAggregator(roster) });
  }

  async #start({ plan, start }: partyV1.RoundStarted): Promise<void> {
    const { objects } = fromBinary(termsV1.RoundStartSchema, start);
    await this.#call("GET", objects.find(({ name }) => name === "model")!.resource, {});
    await this.#step({ type: "receive", message: plan });
  }

  async #step(event: PartyEvent): Promise<void> {
    const { state, effects } = stepParty(this.#context!, this.#state, event);
    this.#state = state;
    for (const effect of effects) await this.#perform(effect);
  }

  async #perform(effect: PartyEffect): Promise<void> {
    if (effect.type === "send") {
      const message = { case: "secagg" as const, value: effect.message };
      await this.#client.send({ ...this.#at, message }, { timeoutMs: 60_000 });
    } else if (effect.type === "maskingReady") {
      for (const { id } of this.#segments(effect.planDigest)) {
        const plainSha256 = new Uint8Array(32);
        await this.#step({ type: "inputReady", planDigest: effect.planDigest, segment: id, plainSha256 });
      }
    } else if (effect.type === "upload") await this.#upload(effect);
    else if (effect.type === "refused") throw new Error(`party ${this.#party}: ${effect.refusal.detail}`);
  }

  #segments(planDigest: Uint8Array) {
    return this.#state.rounds.find(({ plan }) => plan !== null && Buffer.compare(plan.digest, planDigest) === 0)!.setup
      .segments;
  }

  async #upload({ planDigest, segment, sizeBytes }: Upload): Promise<void> {
    const bytes = Buffer.alloc(sizeBytes);
    const sha256 = createHash("sha256").update(bytes).digest();
    const { round, attempt } = this.#at;
    const job = `/v1/jobs/${this.#config.jobUid}`;
    const path = `${job}/rounds/${round}/attempts/${attempt}/segments/${segment}/parties/${this.#party}`;
    const range = `bytes 0-${sizeBytes - 1}/${sizeBytes}`;
    const headers = { "tributary-segment-sha256": sha256.toString("hex"), "content-range": range };
    await this.#call("PUT", path, { ...headers, "content-length": sizeBytes }, bytes);
    await this.#step({ type: "inputStored", planDigest, segment, sha256: new Uint8Array(sha256), sizeBytes });
  }

  /** A request that is tried again: the aggregator may close a kept connection just when it is used. */
  async #call(
    method: string,
    path: string,
    headers: Record<string, string | number>,
    body?: Uint8Array,
    tries = 5,
  ): Promise<void> {
    try {
      await this.#exchange(method, path, headers, body);
    } catch (error) {
      if (tries <= 1) throw error;
      await this.#call(method, path, headers, body, tries - 1);
    }
  }

  #exchange(method: string, path: string, headers: Record<string, string | number>, body?: Uint8Array): Promise<void> {
    const [host, port] = this.#config.tensorAddress.split(":");
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, host: host!, port: Number(port), method, path, headers };
      const request = httpsRequest(options, (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${method} ${path}: ${response.statusCode}`)),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}
