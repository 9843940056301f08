import { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { beforeEach, describe, expect, it } from "vitest";
import { PartyConnections } from "./party-connections.ts";
import type { SeatHolder, Seats } from "./seats.ts";

/** Certificates are names here: `1` to `9` have a seat; `1b` is the second worker of the first, with a later certificate. */
const seats = {
  all: [],
  seatOf(der: Uint8Array | undefined) {
    const name = Buffer.from(der ?? []).toString();
    if (!/^[1-9][b-z]?$/.test(name)) throw new Error("no seat");
    return {
      seat: { partyId: Number(name[0]) } as SeatHolder["seat"],
      publicKey: Buffer.from(name),
      certificateSha256: Buffer.from(name),
      issuedMs: name.charCodeAt(1) || 0,
    };
  },
  requireOperator(der: Uint8Array | undefined) {
    if (Buffer.from(der ?? []).toString() !== "operator") throw new Error("not the operator");
  },
} satisfies Seats;

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  getPeerX509Certificate() {
    return { raw: Buffer.from(this.name) };
  }

  /** As a socket does: whoever listens hears later that it is closed. */
  destroy() {
    this.destroyed = true;
    void nextTurn().then(() => this.emit("close"));
  }
}

let connections: PartyConnections;
beforeEach(() => {
  connections = new PartyConnections(seats, 2);
});

function connect(name: string, count: number): FakeSocket[] {
  return Array.from({ length: count }, () => {
    const socket = new FakeSocket(name);
    connections.admit(socket as unknown as TLSSocket);
    return socket;
  });
}

const isOpen = ({ destroyed }: FakeSocket) => !destroyed;

describe("the connections of a party", () => {
  it("are bounded: one more ends the oldest, and nobody else's", () => {
    const other = connect("2", 2);
    expect(connect("1", 5).map(isOpen)).toEqual([false, false, false, true, true]);
    expect(other.map(isOpen)).toEqual([true, true]);
  });

  it("are free again once they are closed", async () => {
    const first = connect("1", 2);
    first[0]!.destroy();
    await nextTurn();
    expect([...first, ...connect("1", 1)].map(isOpen)).toEqual([false, true, true]);
  });

  it("are bounded however many come at once, and afterwards", async () => {
    const many = connect("1", 9);
    await nextTurn();
    const more = connect("1", 3);
    await nextTurn();
    expect([...many, ...more].filter(isOpen)).toEqual(more.slice(1));
  });
});

describe("the connections of a worker that was replaced", () => {
  it("end none of its successor's, however often it connects", () => {
    const successor = connect("1b", 2);
    expect(connect("1", 9).filter(isOpen)).toHaveLength(2);
    expect(successor.map(isOpen)).toEqual([true, true]);
  });

  it("make way once the seat has more keys than are counted, those of the earliest certificate first", async () => {
    const [first, second, third] = ["1", "1b", "1c"].map((name) => connect(name, 2));
    const fourth = connect("1d", 2);
    expect([first, second, third, fourth].map((open) => open!.filter(isOpen).length)).toEqual([0, 2, 2, 2]);
    await nextTurn();
    expect(connect("1", 1).map(isOpen)).toEqual([false]);
    expect([second, third, fourth].flatMap((open) => open!.map(isOpen))).not.toContain(false);
  });
});

it("whoever has no seat shares the room of one party with the others who have none", () => {
  expect([...connect("x", 2), ...connect("y", 1)].map(isOpen)).toEqual([false, true, true]);
});

it("the operator is not bounded", () => {
  expect(connect("operator", 9).every(isOpen)).toBe(true);
});
