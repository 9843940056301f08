import { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { beforeEach, describe, expect, it } from "vitest";
import { PartyConnections } from "./party-connections.ts";
import type { SeatHolder, Seats } from "./seats.ts";

/** Certificates are names here: `1` to `9` have a seat. */
const seats = {
  all: [],
  seatOf(der: Uint8Array | undefined) {
    const name = Buffer.from(der ?? []).toString();
    if (!/^[1-9]$/.test(name)) throw new Error("no seat");
    return { seat: { partyId: Number(name) } } as SeatHolder;
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

it("whoever has no seat shares the room of one party with the others who have none", () => {
  expect([...connect("x", 2), ...connect("y", 1)].map(isOpen)).toEqual([false, true, true]);
});

it("the operator is not bounded", () => {
  expect(connect("operator", 9).every(isOpen)).toBe(true);
});
