import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { CallerConnections } from "./caller-connections.ts";

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string;

  constructor(address: string) {
    super();
    this.remoteAddress = address;
  }

  destroy() {
    this.destroyed = true;
    this.emit("close");
  }
}

let connections: CallerConnections;
beforeEach(() => {
  connections = new CallerConnections({ ofAddress: 3, inAll: 6 });
});

function connect(address: string, count = 1): FakeSocket[] {
  return Array.from({ length: count }, () => {
    const socket = new FakeSocket(address);
    connections.admit(socket as unknown as Socket);
    return socket;
  });
}

const isOpen = ({ destroyed }: FakeSocket) => !destroyed;
const crowd = (count: number) => Array.from({ length: count }, (_, index) => connect(`10.0.1.${index}`)).flat();

describe("the connections of callers", () => {
  it("are bounded for an address, and nobody else's end for it", () => {
    const other = connect("10.0.0.2", 3);
    expect(connect("10.0.0.1", 5).map(isOpen)).toEqual([true, true, true, false, false]);
    expect(other.every(isOpen)).toBe(true);
  });

  it("are free again once they are closed", () => {
    const [first] = connect("10.0.0.1", 3);
    first!.destroy();
    expect(connect("10.0.0.1", 2).map(isOpen)).toEqual([true, false]);
  });

  it("give way to a newcomer, the oldest first, of whoever has more than it", () => {
    const many = connect("10.0.0.1", 3);
    const some = connect("10.0.0.2", 3);
    expect(crowd(3).every(isOpen)).toBe(true);
    expect([...many, ...some].filter(isOpen)).toHaveLength(3);
    expect([many[0], many[2], some[2]].map((socket) => isOpen(socket!))).toEqual([false, true, true]);
  });

  it("stay while nobody has more than a newcomer, which is refused: a crowd is served in turn", () => {
    const all = crowd(6);
    expect(connect("10.0.0.1").map(isOpen)).toEqual([false]);
    expect(all.every(isOpen)).toBe(true);
    all[0]!.destroy();
    expect(connect("10.0.0.1", 2).map(isOpen)).toEqual([true, false]);
  });
});
