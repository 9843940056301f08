import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CryptoSuite } from "@tributary/federated";
import { type Clock, type Logger, TributaryError } from "@tributary/kit";
import { uriNamesOf } from "../../shared/identity/certificates.ts";
import { parseWorkerUri } from "../../shared/identity/worker-uri.ts";
import type { IdentitySource } from "../config/sidecar-config.ts";
import type { WorkerCredentials } from "../identity/enrolment.ts";
import { admitByGate } from "./admission.ts";
import { Attestation } from "./attestation.ts";
import { type GateClient, openGateClient } from "./gate-client.ts";
import { partiesByTrust } from "./masked-parties.ts";
import type { MemberVoice } from "./member-voice.ts";
import { recordAtGate } from "./record-sums.ts";
import { trustOfGate } from "./trust.ts";

/** What of the worker its gate's answers are held to. */
export interface GateWorker {
  readonly partyId: number;
  /** Identity key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The worker's certificate for TLS, PEM. */
  readonly certificatePem: string;
}

/** What a {@link MemberGate} works with. */
export interface MemberGateDeps {
  readonly source: IdentitySource & { readonly kind: "gate" };
  readonly crypto: Pick<CryptoSuite, "verifyEd25519">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The gate of the worker's member, over the present link: links change with certificates, what the gate said does not. */
export class MemberGate {
  /** The chain by which other members know this worker. */
  readonly attestation: Attestation;
  readonly #deps: MemberGateDeps;
  #client: GateClient | undefined;
  #sentBytes = 0;

  constructor(deps: MemberGateDeps) {
    this.#deps = deps;
    const { source, clock, log } = deps;
    this.attestation = new Attestation({
      attest: (request, options) => this.#present().attest(request, options),
      readToken: () => readFile(source.tokenPath, "utf8"),
      sentBytes: () => this.#sentBytes,
      ...{ clock, log },
    });
  }

  /** Opens a link under a certificate, in place of the one before. */
  connect(credentials: Pick<WorkerCredentials, "certificatePem" | "keyPem">): void {
    this.disconnect();
    this.#client = openGateClient(this.#deps.source, credentials);
  }

  /** Closes the link; calls under way fail. */
  disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** Counts bytes of reports that leave. The audit trail alone reads the number, so that of a former process of the pod is not kept. */
  noteSent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** What the member says of the rounds of a job. */
  voiceFor({ partyId, publicKey, certificatePem }: GateWorker): MemberVoice {
    const { crypto, clock, log } = this.#deps;
    const { attestation } = this;
    const member = memberOf(certificatePem);
    const trustOf = trustOfGate({
      ask: (options) => this.#present().trust({}, options),
      own: { member, publicKey },
      ...{ crypto, attestation, clock, log },
    });
    return {
      partiesOf: partiesByTrust({ trustOf, member, partyId, clock }),
      admit: admitByGate({ ask: async (question, options) => this.#present().admit(question, options), clock, log }),
      record: recordAtGate({
        ask: async (sum, options) => this.#present().record(recordRequest(sum), options),
        clock,
        log,
      }),
    };
  }

  #present(): GateClient {
    if (this.#client === undefined) throw new TributaryError("GATE_UNREACHABLE", "there is no link to the gate");
    return this.#client;
  }
}

/** Name of the member cluster in a worker's certificate. */
function memberOf(certificatePem: string): string {
  const [identity] = uriNamesOf(new X509Certificate(certificatePem)).flatMap((uri) => parseWorkerUri(uri) ?? []);
  if (identity !== undefined) return identity.cluster;
  throw new TributaryError("CONFIGURATION_INVALID", "the worker's certificate does not name a worker of a member");
}

type AskedSum = Parameters<Parameters<typeof recordAtGate>[0]["ask"]>[0];

function recordRequest({ sections, ...sum }: AskedSum) {
  return { ...sum, sections: sections.map(({ section, dataNames }) => ({ section, dataNames: [...dataNames] })) };
}
