import type { Socket } from "node:net";

/** How many connections there may be. */
export interface ConnectionBounds {
  readonly ofAddress: number;
  readonly inAll: number;
}

/**
 * A sidecar has one for a fraction of a second. A request that comes byte by byte, each in a frame of its own, takes 1.7 MB (measured): as
 * many as may be fit a gate's memory.
 */
const BOUNDS: ConnectionBounds = { ofAddress: 8, inAll: 32 };

/**
 * The connections of callers whom nobody knows yet, bounded by address and in all. When there are as many as may be, a newcomer takes the
 * place of the oldest of an address that has more than it, and else has to try again: a crowd of workers, each with one connection, is
 * served in turn, and nobody keeps it out with many.
 */
export class CallerConnections {
  readonly #bounds: ConnectionBounds;
  readonly #open = new Map<string, Socket[]>();

  constructor(bounds = BOUNDS) {
    this.#bounds = bounds;
  }

  /** Counts a connection that was accepted, or ends it or another. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const own = this.#open.get(address) ?? [];
    if (own.length >= this.#bounds.ofAddress || !this.#makeRoom(own.length)) {
      socket.destroy();
      return;
    }
    own.push(socket);
    this.#open.set(address, own);
    socket.once("close", () => this.#forget(address, socket));
  }

  /** Whether one more of an address with `own` connections may stay. */
  #makeRoom(own: number): boolean {
    const groups = [...this.#open.values()];
    if (groups.reduce((sum, { length }) => sum + length, 0) < this.#bounds.inAll) return true;
    const most = groups.reduce((a, b) => (b.length > a.length ? b : a), []);
    if (most.length <= own + 1) return false;
    const [oldest] = most;
    this.#forget(oldest!.remoteAddress ?? "", oldest!);
    oldest!.destroy();
    return true;
  }

  #forget(address: string, socket: Socket): void {
    const open = this.#open.get(address) ?? [];
    const rest = open.filter((other) => other !== socket);
    if (rest.length > 0) this.#open.set(address, rest);
    else this.#open.delete(address);
  }
}
