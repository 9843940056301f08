import type { partyV1 } from "@tributary/contracts";
import type { CallContext, ServiceMethods } from "@tributary/kit";
import { beforeEach, expect, it } from "vitest";
import type { JobConfig } from "../config/job-config.ts";
import type { JobEngine } from "../engine/job-engine.ts";
import type { JobModels } from "../engine/job-models.ts";
import { PartyDirectory } from "./party-directory.ts";
import { partyMethods } from "./party-service.ts";
import type { SeatHolder, Seats } from "./seats.ts";

const seat = (partyId: number) =>
  ({ partyId, participant: { name: `p${partyId}`, workers: 1 }, workerIndex: 0 }) as unknown as SeatHolder["seat"];
/** The certificate of a party is its id in one byte, and so is its key. */
const seats = {
  all: [seat(1), seat(2)],
  seatOf: (der: Uint8Array | undefined): SeatHolder => {
    const publicKey = new Uint8Array(32).fill(der![0]!);
    return { seat: seat(der![0]!), publicKey, certificateSha256: new Uint8Array(32), issuedMs: 0 };
  },
  requireOperator() {},
} satisfies Seats;
const models = {
  parameters: 8,
  context: () => ({ sourceSha256: new Uint8Array(32), task: "noop", hyperparameters: {}, seed: 1, adapterJson: "" }),
  baseModelFile: () => undefined,
} as unknown as JobModels;

let nowMs: number;
let changes: number;
let methods: ServiceMethods<typeof partyV1.PartyService>;
beforeEach(() => {
  [nowMs, changes] = [0, 0];
  const parties = new PartyDirectory(seats, () => nowMs);
  parties.observer = { connected() {}, replaced() {}, changed: () => void changes++ };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
  const config = { job: { uid: "j" } } as JobConfig;
  methods = partyMethods({ config, seats, parties, models, clock }, {} as JobEngine);
});

function join(party: number): Promise<string> {
  const request = { identityKey: new Uint8Array(32).fill(party), protocolVersion: 1, sidecarImage: "" };
  const context: CallContext = { signal: new AbortController().signal, peerCertificate: Uint8Array.of(party) };
  return methods.join(request as never, context).then(
    () => "joined",
    ({ code }) => code,
  );
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
