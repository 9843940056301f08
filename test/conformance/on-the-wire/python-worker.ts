import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type partyV1, termsV1 } from "@tributary/contracts";
import { decodeMessage, MessageType, openSafetensors, type SetupSegment, toHex } from "@tributary/federated";
import { createLogger, type Logger, systemClock } from "@tributary/kit";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { readEd25519Identity } from "../../../worker-image/src/shared/identity/certificates.ts";
import { tensorPath } from "../../../worker-image/src/shared/tensor-wire/resources.ts";
import type { IdentitySource } from "../../../worker-image/src/sidecar/config/sidecar-config.ts";
import { MemberGate } from "../../../worker-image/src/sidecar/gate/member-gate.ts";
import { obtainCredentials, type WorkerCredentials } from "../../../worker-image/src/sidecar/identity/enrolment.ts";
import { openSession, type Session } from "../../../worker-image/src/sidecar/session.ts";
import { GRID, randomSteps } from "../../wire/support/random-trainer/random-update.ts";
import type { WireJob } from "../../wire/support/wire-job.ts";
import type { PythonReference } from "../python-reference.ts";

/** What a worker in Python works with. */
export interface PythonWorkerOptions {
  readonly python: PythonReference;
  readonly job: WireJob;
  readonly participant: string;
  readonly workerIndex: number;
  /** What the sidecar of the seat would be told of its gate. */
  readonly seat: Readonly<Record<string, string>>;
  /** Of its vectors. */
  readonly seed: string;
}

/** Segments from here on are of metrics, which it counts nothing in. */
const FIRST_METRICS = 0xff00;

/** A worker that its member's gate enrolled and attests, and which has each message of the protocol made and checked by the Python reference. */
export class PythonWorker {
  partyId = -1;
  readonly #options: PythonWorkerOptions;
  readonly #directory: string;
  readonly #log: Logger;
  readonly #stopped = new AbortController();
  /** By the number of a setup: keys of the next round are exchanged beside the one in work. */
  readonly #rounds = new Map<number, OpenedRound>();
  #identity: WorkerCredentials | undefined;
  #session: Session | undefined;
  #key: Uint8Array = new Uint8Array();
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(options: PythonWorkerOptions) {
    this.#options = options;
    this.#directory = join(options.job.directory, "python-worker");
    this.#log = createLogger("python worker", "silent");
  }

  /** Enrols and joins; takes part in rounds from then on. */
  static async join(options: PythonWorkerOptions): Promise<PythonWorker> {
    const worker = new PythonWorker(options);
    await mkdir(worker.#directory);
    await worker.#join();
    return worker;
  }

  /** Leaves; rejects with what Python refused meanwhile. */
  async leave(): Promise<void> {
    this.#stopped.abort();
    await this.#ended;
    this.#session?.close();
  }

  async #join(): Promise<void> {
    const { signal } = this.#stopped;
    const [source, log] = [sourceOf(this.#options.seat), this.#log];
    const identity = await obtainCredentials({ source, memoryDirectory: this.#directory, log }, signal);
    const gate = new MemberGate({ source, crypto: createNodeCryptoSuite(), clock: systemClock, log });
    gate.connect(identity);
    const attesting = gate.attestation.keepNew(signal);
    await gate.attestation.firstAnswer(20_000, signal);
    const { jobUid, controlAddress, tensorAddress, ...wire } = this.#options.job.links;
    const [tensorHost, tensorPort] = tensorAddress.split(":");
    const aggregator = { ...wire, controlAddress, tensorHost: tensorHost!, tensorPort: Number(tensorPort) };
    const session = openSession({ jobUid, participant: this.#options.participant, aggregator }, identity, log);
    const trainer = { kinds: ["Evaluate", "Train"], capability: undefined };
    const joining = { image: "python", trainer, lastSetup: 0, chain: gate.attestation.chain };
    this.partyId = (await session.join(joining, signal)).partyId;
    [this.#identity, this.#session, this.#key] = [identity, session, session.aggregatorKey()!];
    this.#ended = this.#take(session).finally(() => gate.disconnect());
    void attesting;
    // Whoever waits for a round hears of it first by the round that does not come; leaving tells why.
    this.#ended.catch(() => {});
  }

  async #take(session: Session): Promise<void> {
    try {
      for await (const response of session.receive(this.#stopped.signal)) await this.#hear(response);
    } catch (cause) {
      if (!this.#stopped.signal.aborted) throw cause;
    }
  }

  async #hear({ round, attempt, message }: partyV1.ReceiveResponse): Promise<void> {
    const at = { round, attempt };
    if (message.case === "opened") await this.#open(at, message.value);
    else if (message.case === "started") await this.#start(at, message.value);
    else if (message.case === "secagg") await this.#tell(at, message.value);
  }

  async #open(at: Attempt, { setup: message, line }: partyV1.RoundOpened): Promise<void> {
    const decoded = decodeMessage(message);
    if (decoded.type !== MessageType.Setup) throw new Error("a round opens with a setup");
    this.#rounds.set(at.round, { line, segments: decoded.setup.segments });
    const { secretKey } = readEd25519Identity("the worker's key", this.#identity!.keyPem);
    const party = { id: at.round, identity: toHex(secretKey), key: toHex(this.#key), values: {}, seed: at.round };
    await this.#options.python.ask({ do: "party", ...party });
    await this.#tell(at, message);
  }

  async #start(at: Attempt, { plan, start }: partyV1.RoundStarted): Promise<void> {
    const decoded = decodeMessage(plan);
    if (decoded.type !== MessageType.Plan) throw new Error("a round starts with a plan");
    const model = await this.#fetchModel(start);
    const { line, segments } = this.#rounds.get(at.round)!;
    const step = 2 ** decoded.plan.stepExponents[0]![0]!;
    const { seed, participant, workerIndex } = this.#options;
    const steps = randomSteps({ seed, participant, workerIndex, round: line }, model);
    const values = segments.map(({ id, valueCount }) => {
      const zeros = new Array<number>(valueCount).fill(0);
      return [id, id >= FIRST_METRICS ? zeros : [...steps].map((moved) => (moved * GRID) / step)];
    });
    await this.#options.python.ask({ do: "values", id: at.round, values: Object.fromEntries(values) });
    await this.#tell(at, plan);
  }

  /** Hands Python a message; sends what it answers, segments before the words about them. */
  async #tell(at: Attempt, message: Uint8Array): Promise<void> {
    const answer = await this.#options.python.ask({ do: "toParty", id: at.round, message: toHex(message) });
    for (const [segment, bytes] of answer.uploads ?? []) await this.#upload(at, segment, Buffer.from(bytes, "hex"));
    for (const said of answer.messages ?? [])
      await this.#session!.send(at, new Uint8Array(Buffer.from(said, "hex")), this.#stopped.signal);
  }

  async #upload(at: Attempt, segment: number, bytes: Buffer): Promise<void> {
    const path = join(this.#directory, `${segment}.bin`);
    await writeFile(path, bytes);
    const { jobUid } = this.#options.job.links;
    const resource = tensorPath({ kind: "segment", jobUid, ...at, segment, party: this.partyId });
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const to = { path: resource, sha256, sizeBytes: bytes.length };
    await this.#session!.tensors.send(path, to, { signal: this.#stopped.signal });
  }

  async #fetchModel(start: Uint8Array): Promise<Float32Array> {
    const { objects } = fromBinary(termsV1.RoundStartSchema, start);
    const model = objects.find(({ name }) => name === "model")!;
    const path = join(this.#directory, "model.safetensors");
    const file = { path: model.resource, sha256: toHex(model.sha256), sizeBytes: Number(model.sizeBytes) };
    await this.#session!.tensors.fetch(file, path, this.#stopped.signal);
    const { tensors } = openSafetensors(new Uint8Array(await readFile(path)));
    return Float32Array.from(tensors.flatMap(({ bytes }) => [...new Float32Array(bytes.slice().buffer)]));
  }
}

/** What Python's party of a round works on. */
interface OpenedRound {
  readonly line: number;
  readonly segments: readonly SetupSegment[];
}

/** An attempt by the numbers that its messages carry. */
interface Attempt {
  readonly round: number;
  readonly attempt: number;
}

function sourceOf(seat: Readonly<Record<string, string>>): IdentitySource & { readonly kind: "gate" } {
  return {
    kind: "gate",
    address: seat.TRIBUTARY_GATE_ADDRESS!,
    workerAddress: seat.TRIBUTARY_GATE_WORKER_ADDRESS,
    serverName: seat.TRIBUTARY_GATE_SERVER_NAME!,
    caPem: seat.TRIBUTARY_GATE_CA_PEM!,
    tokenPath: seat.TRIBUTARY_TOKEN_PATH!,
  };
}
