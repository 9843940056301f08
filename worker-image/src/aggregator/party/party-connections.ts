import type { TLSSocket } from "node:tls";
import { SeatAccounts } from "./seat-accounts.ts";
import type { SeatHolder, Seats } from "./seats.ts";

/**
 * The connections to a wire, bounded for each worker by its certificate, so that none takes the memory and the files of all, and none that
 * was replaced ends those of its successor. Whoever has a certificate and no seat in this job shares the room of one worker with everybody
 * else like that. One more ends the worker's oldest, which may be a link that is dead without saying so.
 */
export class PartyConnections {
  readonly #seats: Seats;
  readonly #limit: number;
  readonly #accounts = new SeatAccounts<TLSSocket[]>({
    open: () => [],
    isIdle: (open) => open.length === 0,
    end: (open) => endOldest(open, open.length),
  });
  readonly #withoutSeat: TLSSocket[] = [];

  /** @param limit most connections of a worker. */
  constructor(seats: Seats, limit: number) {
    this.#seats = seats;
    this.#limit = limit;
  }

  /** Counts a connection whose certificate is known. */
  admit(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate()?.raw;
    if (this.#isOperator(certificate)) return;
    const holder = this.#holderOf(certificate);
    const open = holder === undefined ? this.#withoutSeat : this.#accounts.of(holder);
    if (open === undefined) {
      socket.destroy();
      return;
    }
    open.push(socket);
    socket.once("close", () => {
      const index = open.indexOf(socket);
      if (index >= 0) open.splice(index, 1);
    });
    endOldest(open, open.length - this.#limit);
  }

  #holderOf(certificate: Uint8Array | undefined): SeatHolder | undefined {
    try {
      return this.#seats.seatOf(certificate);
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

/** A socket says later that it is closed: many that come at once must not all end the same one. */
function endOldest(open: TLSSocket[], count: number): void {
  for (const old of open.splice(0, Math.max(0, count))) old.destroy();
}
