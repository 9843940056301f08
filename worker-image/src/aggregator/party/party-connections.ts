import type { TLSSocket } from "node:tls";
import type { Seats } from "./seats.ts";

/** Connections of a party to one of the wires: one more ends its oldest, which may be a link that is dead without saying so. */
const CONNECTIONS_OF_PARTY = 12;

/**
 * The connections to a wire, bounded for each party by its certificate, so that none takes the memory and the files of all. Whoever has a
 * certificate and no seat in this job shares the room of one party with everybody else like that.
 */
export class PartyConnections {
  readonly #seats: Seats;
  readonly #limit: number;
  readonly #open = new Map<number | "without a seat", TLSSocket[]>();

  constructor(seats: Seats, limit = CONNECTIONS_OF_PARTY) {
    this.#seats = seats;
    this.#limit = limit;
  }

  /** Counts a connection whose certificate is known. */
  admit(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate()?.raw;
    if (this.#isOperator(certificate)) return;
    const owner = this.#partyOf(certificate) ?? "without a seat";
    const open = this.#open.get(owner) ?? [];
    this.#open.set(owner, open);
    open.push(socket);
    socket.once("close", () => {
      open.splice(open.indexOf(socket), 1);
      if (open.length === 0 && this.#open.get(owner) === open) this.#open.delete(owner);
    });
    if (open.length > this.#limit) open[0]!.destroy();
  }

  #partyOf(certificate: Uint8Array | undefined): number | undefined {
    try {
      return this.#seats.seatOf(certificate).seat.partyId;
    } catch {
      // Its first request is refused with the reason.
      return undefined;
    }
  }

  #isOperator(certificate: Uint8Array | undefined): boolean {
    try {
      this.#seats.requireOperator(certificate);
      return true;
    } catch {
      return false;
    }
  }
}
