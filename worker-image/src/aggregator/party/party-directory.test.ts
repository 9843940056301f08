import { beforeEach, describe, expect, it } from "vitest";
import { PartyDirectory } from "./party-directory.ts";
import type { SeatHolder, Seats } from "./seats.ts";

const seat = { partyId: 1, participant: { name: "p" }, workerIndex: 0 } as unknown as SeatHolder["seat"];
const seats = { all: [seat] } as unknown as Seats;
let directory: PartyDirectory;
let replaced: number[];

beforeEach(() => {
  directory = new PartyDirectory(seats, () => 0);
  replaced = [];
  directory.observer = { connected() {}, replaced: (party) => void replaced.push(party), changed() {} };
});

/** A pod of the seat, whose certificate the gate issued at some time. */
function aPod(name: number, issuedMs: number): SeatHolder {
  const publicKey = new Uint8Array(32).fill(name);
  return { seat, publicKey, certificateSha256: new Uint8Array(32), issuedMs };
}

function takes(pod: SeatHolder): string {
  try {
    directory.join(pod);
    directory.openStream(pod, 0);
    return "seated";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

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

  it("keeps nobody out of a seat where nobody listens", () => {
    const [old, young] = [aPod(1, 1_000), aPod(2, 2_000)];
    directory.join(young);
    expect(takes(old)).toBe("seated");
    expect(takes(young)).toBe("seated");
  });
});
