import { beforeEach, describe, expect, it } from "vitest";
import { CHAIN_FRESH_MS, PartyDirectory } from "./party-directory.ts";
import type { SeatHolder, Seats } from "./seats.ts";

const seat = { partyId: 1, participant: { name: "p" }, workerIndex: 0 } as unknown as SeatHolder["seat"];
const seats = { all: [seat] } as unknown as Seats;
const trainer = { kinds: ["Evaluate", "Train"], capability: undefined };
let directory: PartyDirectory;
let replaced: number[];
let nowMs: number;

beforeEach(() => {
  nowMs = 0;
  directory = new PartyDirectory(seats, () => nowMs);
  replaced = [];
  directory.observer = { connected() {}, replaced: (party) => void replaced.push(party), changed() {} };
});

/** A pod of the seat, whose certificate the gate issued at some time. */
function aPod(name: number, issuedMs: number): SeatHolder {
  const publicKey = new Uint8Array(32).fill(name);
  return { seat, publicKey, certificateSha256: new Uint8Array(32), issuedMs };
}

function takes(pod: SeatHolder, hasTrainer = true): string {
  try {
    directory.join(pod, hasTrainer ? trainer : undefined);
    directory.openStream(pod, 0);
    return "seated";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("the chain of a worker", () => {
  const chainOf = (name: number) => ({
    chainDer: [Uint8Array.of(name), Uint8Array.of(0)],
    certificateSha256: new Uint8Array(32).fill(name),
  });
  const first = () => directory.list()[0]!;
  beforeEach(() => {
    directory = new PartyDirectory(seats, () => nowMs, true);
    directory.observer = { connected() {}, replaced: (party) => void replaced.push(party), changed() {} };
  });

  it("makes it fit for four minutes, and the same one again no longer", () => {
    const pod = aPod(1, 1_000);
    directory.join(pod, trainer);
    directory.openStream(pod, 0);
    expect([first().fitness, first().problem?.code]).toEqual(["Unfit", "GATE_UNREACHABLE"]);
    directory.join(pod, trainer, { attested: chainOf(1) });
    expect([first().fitness, first().problem]).toEqual(["Fit", undefined]);
    nowMs = CHAIN_FRESH_MS - 1;
    directory.join(pod, trainer, { attested: chainOf(1) });
    expect(first().fitness).toBe("Fit");
    nowMs = CHAIN_FRESH_MS;
    expect([first().fitness, first().attested]).toEqual(["Unfit", undefined]);
    directory.join(pod, trainer, { attested: chainOf(2) });
    expect([first().fitness, first().attested]).toEqual(["Fit", chainOf(2)]);
  });

  it("is renewed over the stream that is there, and takes back nothing that is told of the worker", () => {
    const pod = aPod(1, 1_000);
    const problem = { code: "TRAINER_LOST", message: "gone" } as const;
    directory.join(pod, trainer, { attested: chainOf(1) });
    directory.openStream(pod, 0);
    directory.setProblem(1, problem);
    directory.join(pod, trainer, { attested: chainOf(2) });
    expect([first().isConnected, first().problem, replaced]).toEqual([true, problem, []]);
    directory.join(pod, { ...trainer, kinds: ["Evaluate", "Train", "More"] }, { attested: chainOf(3) });
    expect(first().problem).toBeUndefined();
  });
});

describe("the trainer of a seat", () => {
  const fitness = () => directory.list()[0]!.fitness;
  const problem = () => directory.list()[0]!.problem?.code;

  it("makes it fit once it has registered, over the stream that is there", () => {
    const pod = aPod(1, 1_000);
    directory.join(pod, undefined);
    const stream = directory.openStream(pod, 0);
    expect(fitness()).toBe("Registering");
    directory.join(pod, trainer);
    expect([fitness(), directory.list()[0]!.isConnected]).toEqual(["Fit", true]);
    stream.close();
    directory.closeStream(1, stream);
    expect(fitness()).toBe("Away");
  });

  it("is told of while it lacks a verb, whatever else is told of the seat or taken back, until another one has it", () => {
    const pod = aPod(1, 1_000);
    directory.join(pod, { kinds: ["Train"], capability: undefined });
    directory.openStream(pod, 0);
    directory.setProblem(1, { code: "TRAINER_LOST", message: "gone" });
    expect([fitness(), problem()]).toEqual(["Unfit", "KIND_MISSING"]);
    directory.setProblem(1, undefined);
    expect([fitness(), problem()]).toEqual(["Unfit", "KIND_MISSING"]);
    directory.join(pod, trainer);
    expect([fitness(), problem()]).toEqual(["Fit", undefined]);
  });

  it("counts as lost when it never registers, also over links that break, and not when a new pod has begun", () => {
    const pod = aPod(1, 1_000);
    nowMs = 5_000;
    directory.join(pod, undefined);
    directory.openStream(pod, 0);
    nowMs = 124_999;
    directory.join(pod, undefined);
    directory.openStream(pod, 0);
    expect([fitness(), problem()]).toEqual(["Registering", undefined]);
    nowMs = 125_000;
    expect([fitness(), problem()]).toEqual(["Unfit", "TRAINER_LOST"]);
    expect(takes(aPod(2, 2_000), false)).toBe("seated");
    expect([fitness(), problem()]).toEqual(["Registering", undefined]);
  });
});

describe("two live pods of one index", () => {
  it("do not take the seat in turns: the one with the later certificate keeps it", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    expect(takes(old)).toBe("seated");
    expect(takes(young)).toBe("seated");
    for (let turn = 0; turn < 3; turn++) expect([takes(old), takes(young)]).toEqual(["SEAT_TAKEN", "seated"]);
    expect(replaced).toEqual([1]);
  });

  it("of one second do not take it in turns either: the one that was replaced stays replaced", () => {
    const [first, second] = [aPod(1, 1_000), aPod(2, 1_000)];
    expect([takes(first), takes(second), takes(first), takes(second)]).toEqual([
      "seated",
      "seated",
      "SEAT_TAKEN",
      "seated",
    ]);
  });

  it("lets a renewed certificate of the same key keep the seat", () => {
    const young = aPod(2, 2_000);
    expect([takes(aPod(1, 1_000)), takes(young), takes({ ...young, issuedMs: 9_000 })]).toEqual([
      "seated",
      "seated",
      "seated",
    ]);
    expect(replaced).toEqual([1]);
  });

  it("keep nobody out of a seat that is deserted: its worker has been away for a minute", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    directory.join(young, trainer);
    nowMs = 60_000;
    expect(takes(old)).toBe("seated");
    expect(takes(young)).toBe("seated");
  });

  it("leave the seat to the later certificate between its joining and its listening, and while its link is broken", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    takes(old);
    directory.join(young, trainer);
    nowMs = 59_999;
    expect(takes(old)).toBe("SEAT_TAKEN");
    const stream = directory.openStream(young, 0);
    nowMs = 3_600_000;
    directory.closeStream(1, stream);
    nowMs += 59_999;
    expect(takes(old)).toBe("SEAT_TAKEN");
    nowMs += 1;
    expect(takes(old)).toBe("seated");
  });

  it("leave it to the later certificate while it fetches its base model, however long that takes, and listens to nothing yet", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    directory.join(young, trainer);
    const visit = directory.visit(young);
    nowMs = 3_600_000;
    expect(takes(old)).toBe("SEAT_TAKEN");
    visit.end();
    visit.end();
    expect(takes(old)).toBe("SEAT_TAKEN");
    nowMs += 60_000;
    expect(takes(old)).toBe("seated");
  });
});

describe("a request of a worker", () => {
  const codeOf = (pod: SeatHolder) => {
    try {
      directory.visit(pod).end();
      return "taken";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it("is tried again until a worker has joined: after a restart nobody knows yet who has the seat", () => {
    const pod = aPod(1, 1_000);
    expect(codeOf(pod)).toBe("AGGREGATOR_UNREACHABLE");
    directory.join(pod, trainer);
    expect([codeOf(pod), codeOf({ ...pod, issuedMs: 9_000 })]).toEqual(["taken", "taken"]);
  });

  it("is refused once a later certificate holds the seat, and says what to do", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    directory.join(old, trainer);
    directory.join(young, trainer);
    expect([codeOf(old), codeOf(young)]).toEqual(["IDENTITY_REJECTED", "taken"]);
    expect(() => directory.visit(old)).toThrow(/a later certificate holds the seat; delete the earlier pod/u);
  });

  it("of one that has a later certificate is refused until it joins", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    directory.join(old, trainer);
    expect(codeOf(young)).toBe("IDENTITY_REJECTED");
    directory.join(young, trainer);
    expect(codeOf(young)).toBe("taken");
  });

  it("ends when the seat is taken; those of the successor do not, and its own end leaves theirs alone", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    directory.join(old, trainer);
    const before = directory.visit(old);
    directory.join({ ...old, issuedMs: 1_500 }, trainer);
    expect(before.signal.aborted).toBe(false);
    directory.join(young, trainer);
    expect(before.signal.reason).toMatchObject({ code: "IDENTITY_REJECTED" });
    const visit = directory.visit(young);
    expect(visit.signal.aborted).toBe(false);
    before.end();
    nowMs = 3_600_000;
    expect(takes(old)).toBe("SEAT_TAKEN");
    visit.end();
  });
});
