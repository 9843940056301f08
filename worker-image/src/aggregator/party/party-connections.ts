import type { TLSSocket } from "node:tls";
import type { Seats } from "./seats.ts";

/**
 * The connections to a wire, bounded for each party by its certificate, so that none takes the memory and the files of all. Whoever has a
 * certificate and no seat in this job shares the room of one party with everybody else like that. One more ends the party's oldest, which
 * may be a link that is dead without saying so.
 */
export class PartyConnections {
  readonly #seats: Seats;
  readonly #limit: number;
  readonly #open = new Map<number | "without a seat", TLSSocket[]>();

  /** @param limit most connections of a party. */
  constructor(seats: Seats, limit: number) {
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
      const index = open.indexOf(socket);
      if (index >= 0) open.splice(index, 1);
      if (open.length === 0 && this.#open.get(owner) === open) this.#open.delete(owner);
    });
    // A socket says later that it is closed: many that come at once must not all end the same one.
    for (const old of open.splice(0, open.length - this.#limit)) old.destroy();
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
