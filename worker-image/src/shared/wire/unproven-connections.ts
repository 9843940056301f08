import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Connections of a wire that may be without a certificate at a time, where few dial. */
const FEWEST = 256;
/** Connections that a sidecar dials at once at most: the parties of a large job must not end each other's. */
const DIALLED_BY_PARTY = 4;

/**
 * The connections to a wire that have not yet shown a certificate, bounded in all and not by address: many parties may be behind one. One
 * more ends the oldest. So those that say nothing give way to whoever comes, and an honest one has its handshake behind it long before it
 * is the oldest.
 */
export class UnprovenConnections {
  readonly #limit: number;
  /** The ends of each, the oldest first. */
  readonly #open = new Map<Socket, string>();

  /** @param seats seats whose parties may all dial at once. */
  constructor(seats: number) {
    this.#limit = Math.max(FEWEST, DIALLED_BY_PARTY * seats);
  }

  /** Counts a connection that was accepted, before its handshake; one too many ends the oldest. */
  admit(socket: Socket): void {
    this.#open.set(socket, endsOf(socket));
    socket.once("close", () => this.#open.delete(socket));
    if (this.#open.size <= this.#limit) return;
    const [oldest] = this.#open.keys();
    // A socket says later that it is closed: many that come at once must not all end the same one.
    this.#open.delete(oldest!);
    oldest!.destroy();
  }

  /** Counts a connection no longer: its handshake has ended, with a certificate. */
  prove(secure: TLSSocket): void {
    const ends = endsOf(secure);
    for (const [socket, own] of this.#open) {
      if (own !== ends) continue;
      this.#open.delete(socket);
      return;
    }
  }
}

/** Both ends of a connection. A TLS server tells of no socket which one it is over, but both have the same. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
