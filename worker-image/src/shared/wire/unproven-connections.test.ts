import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { beforeEach, describe, expect, it } from "vitest";
import { UnprovenConnections } from "./unproven-connections.ts";

/** All come from one address. */
class FakeSocket extends EventEmitter {
  static lastPort = 0;
  destroyed = false;
  readonly remoteAddress = "10.0.0.1";
  readonly localAddress = "10.0.0.2";
  readonly remotePort: number;

  constructor(remotePort = ++FakeSocket.lastPort) {
    super();
    this.remotePort = remotePort;
  }

  /** As a socket does: whoever listens hears later that it is closed. */
  destroy() {
    this.destroyed = true;
    void nextTurn().then(() => this.emit("close"));
  }
}

let connections: UnprovenConnections;
beforeEach(() => {
  connections = new UnprovenConnections(2);
});

function connect(count: number): FakeSocket[] {
  return Array.from({ length: count }, () => {
    const socket = new FakeSocket();
    connections.admit(socket as unknown as Socket);
    return socket;
  });
}

/** A handshake ends on another socket with the same ends. */
function prove({ remotePort }: FakeSocket): void {
  connections.prove(new FakeSocket(remotePort) as unknown as TLSSocket);
}

const isOpen = ({ destroyed }: FakeSocket) => !destroyed;

describe("the connections without a certificate", () => {
  it("are as many as may be, of one address or many; each that is too much ends the oldest, also when they come at once", () => {
    const open = connect(1_000).map(isOpen);
    expect(open).toEqual([...Array(744).fill(false), ...Array(256).fill(true)]);
  });

  it("count no longer once they have shown one, and never end for others", () => {
    const parties = connect(300).map((socket, index) => (index < 44 ? undefined : socket));
    for (const party of parties) if (party !== undefined) prove(party);
    const silent = connect(257);
    expect(parties.slice(44).every((party) => isOpen(party!))).toBe(true);
    expect(silent.map(isOpen)).toEqual([false, ...Array(256).fill(true)]);
  });

  it("count no longer once they are closed", async () => {
    const [first, second] = connect(256);
    first!.destroy();
    await nextTurn();
    await nextTurn();
    connect(1);
    expect(isOpen(second!)).toBe(true);
    connect(1);
    expect(isOpen(second!)).toBe(false);
  });

  it("are as many as all parties of a large job dial at once", () => {
    connections = new UnprovenConnections(100);
    expect(connect(400).every(isOpen)).toBe(true);
    expect(connect(1).every(isOpen)).toBe(true);
  });

  it("are not mixed up with another whose handshake ends", () => {
    const [first] = connect(256);
    connections.prove(new FakeSocket() as unknown as TLSSocket);
    connect(1);
    expect(isOpen(first!)).toBe(false);
  });
});
