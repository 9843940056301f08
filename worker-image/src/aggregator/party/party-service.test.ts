import { create } from "@bufbuild/protobuf";
import { type partyV1, trainerV1 } from "@tributary/contracts";
import type { CallContext, ServiceMethods } from "@tributary/kit";
import { beforeEach, expect, it } from "vitest";
import { OLDEST_VERSION, PROTOCOL_VERSION } from "../../shared/protocol-version.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { JobEngine } from "../engine/job-engine.ts";
import type { JobModels } from "../engine/job-models.ts";
import { PartyDirectory } from "./party-directory.ts";
import { partyMethods } from "./party-service.ts";
import type { SeatHolder, Seats } from "./seats.ts";

const seat = (partyId: number) =>
  ({ partyId, participant: { name: `p${partyId}`, workers: 1 }, workerIndex: 0 }) as unknown as SeatHolder["seat"];
/** The certificate of a party is its id in one byte, and so is its key; a second byte is when it was issued, and part of the key. */
const seats = {
  all: [seat(1), seat(2)],
  seatOf: (der: Uint8Array | undefined): SeatHolder => {
    const [party, issuedMs = 0] = der!;
    return { seat: seat(party!), publicKey: keyOf(party!, issuedMs), certificateSha256: new Uint8Array(32), issuedMs };
  },
  requireOperator() {},
} satisfies Seats;
const keyOf = (party: number, issuedMs: number) => new Uint8Array(32).fill(party + 16 * issuedMs);
const models = {
  parameters: 8,
  context: () => ({ sourceSha256: new Uint8Array(32), task: "noop", seed: 1n, adapterJson: "" }),
  baseModelFile: () => undefined,
} as unknown as JobModels;

let parties: PartyDirectory;
let nowMs: number;
let changes: number;
/** Problems of the failures that reached the engine. */
let failures: { code: string; message: string }[];
let methods: ServiceMethods<typeof partyV1.PartyService>;
beforeEach(() => {
  [nowMs, changes, failures] = [0, 0, []];
  parties = new PartyDirectory(seats, () => nowMs);
  parties.observer = { connected() {}, replaced() {}, changed: () => void changes++ };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
  const config = { job: { uid: "j" } } as JobConfig;
  const inbox = { receiveFailure: async (...said: unknown[]) => void failures.push(said[3] as (typeof failures)[0]) };
  methods = partyMethods({ config, seats, parties, models, clock }, { inbox } as unknown as JobEngine);
});

function contextOf(party: number, issuedMs: number): CallContext {
  return { signal: new AbortController().signal, peerCertificate: Uint8Array.of(party, issuedMs) };
}

function join(party: number, issuedMs = 0, said: Partial<partyV1.JoinRequest> = {}): Promise<string> {
  const request = {
    identityKey: keyOf(party, issuedMs),
    protocolVersion: 2,
    sidecarImage: "",
    kinds: [],
    chainDer: [],
    ...said,
  };
  return methods.join(request as never, contextOf(party, issuedMs)).then(
    () => "joined",
    ({ code }) => code,
  );
}

/** Opens a party's stream; it waits for its first message unless it is refused. */
async function listen(party: number, issuedMs = 0): Promise<string> {
  const request = { afterSequence: 0n, clockOffsetMs: 0n };
  const stream = methods.receive(request as never, contextOf(party, issuedMs))[Symbol.asyncIterator]();
  const refused = stream.next().then(
    () => "ended",
    ({ code }) => code as string,
  );
  return Promise.race([refused, new Promise<string>((resolve) => setImmediate(resolve, "listens"))]);
}

it("a party that joins again and again is told to wait, and wakes nobody meanwhile; another one joins", async () => {
  const answers: string[] = [];
  for (let turn = 0; turn < 100; turn++) answers.push(await join(1));
  expect(answers.filter((answer) => answer === "joined")).toHaveLength(20);
  expect(new Set(answers)).toEqual(new Set(["joined", "QUEUE_FULL"]));
  expect(changes).toBe(20);
  expect(await join(2)).toBe("joined");
  nowMs = 1_000;
  expect([await join(1), await join(1)]).toEqual(["joined", "QUEUE_FULL"]);
});

it("a worker is told its role and paradigm, and what it says of its trainer is taken, or refused by name", async () => {
  const request = { identityKey: keyOf(1, 0), protocolVersion: 2, kinds: ["Train"], chainDer: [] } as never;
  expect(await methods.join(request, contextOf(1, 0))).toMatchObject({ role: "Trainer", paradigm: "Horizontal" });
  expect(parties.list()[0]).toMatchObject({ trainer: { kinds: ["Train"] }, problem: { code: "KIND_MISSING" } });
  const refused = methods.join({ ...(request as object), kinds: ["Train", "no verb"] } as never, contextOf(1, 0));
  await expect(refused).rejects.toMatchObject({
    code: "MESSAGE_INVALID",
    message: 'kinds: "no verb", must be verbs of at most 32 letters, the first a capital',
  });
  const capability = create(trainerV1.CapabilitySchema, { flops: Number.NaN });
  expect(await join(1, 0, { kinds: ["Train"], capability })).toBe("MESSAGE_INVALID");
  expect(parties.list()[0]?.trainer?.kinds).toEqual(["Train"]);
});

it("a worker is told the version that the aggregator speaks, and one of an older version is refused", async () => {
  const request = { identityKey: keyOf(1, 0), protocolVersion: PROTOCOL_VERSION, kinds: [], chainDer: [] } as never;
  expect(await methods.join(request, contextOf(1, 0))).toMatchObject({ protocolVersion: PROTOCOL_VERSION });
  expect(await join(2, 0, { protocolVersion: OLDEST_VERSION - 1 })).toBe("MESSAGE_INVALID");
});

it("a worker that was replaced is told so before it has spent anything, and spends nothing of its successor's", async () => {
  const [old, young] = [1, 2];
  expect([await join(1, old), await join(1, young)]).toEqual(["joined", "joined"]);
  const told: string[] = [];
  for (let turn = 0; turn < 100; turn++) told.push(await join(1, old), await listen(1, old));
  expect(new Set(told)).toEqual(new Set(["SEAT_TAKEN", "ROUND_NOT_OPEN"]));
  expect(changes).toBe(2);
  for (let turn = 1; turn < 20; turn++) expect(await join(1, young)).toBe("joined");
  expect(await listen(1, young)).toBe("listens");
});

it.each([
  { claimed: "TRAINER_LOST", shown: "TRAINER_LOST" },
  { claimed: "DEADLINE_EXCEEDED", shown: "DEADLINE_EXCEEDED" },
  // What the aggregator judges, what it says of itself, what only the operator sees, and no code at all.
  { claimed: "KIND_MISSING", shown: "WORKER_FAILED" },
  { claimed: "LEDGER_CORRUPT", shown: "WORKER_FAILED" },
  { claimed: "MEMBER_UNREACHABLE", shown: "WORKER_FAILED" },
  { claimed: "toString", shown: "WORKER_FAILED" },
])("a party that claims to fail by $claimed is shown with $shown and its words", async ({ claimed, shown }) => {
  await join(1);
  const message = { case: "failure", value: { code: claimed, message: "x".repeat(400) } };
  await methods.send({ round: 1, attempt: 1, message } as never, contextOf(1, 0));
  expect(failures).toEqual([{ code: shown, message: expect.stringMatching(/^x{200,300}/u) }]);
});

it("a party's words stay one item of the list that they are shown in", async () => {
  await join(1);
  const words = "x (WORKER_FAILED);\nworker 0 of acme: \t bad";
  const message = { case: "failure", value: { code: "WORKER_FAILED", message: words } };
  await methods.send({ round: 1, attempt: 1, message } as never, contextOf(1, 0));
  expect(failures).toEqual([{ code: "WORKER_FAILED", message: "x (WORKER_FAILED), worker 0 of acme: bad" }]);
});
