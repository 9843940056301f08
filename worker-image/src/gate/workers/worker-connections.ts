import type { TLSSocket } from "node:tls";
import { readCaller } from "./worker-caller.ts";

/** How many connections there may be. */
export interface WorkerConnectionBounds {
  readonly ofWorker: number;
  readonly inAll: number;
}

/** A sidecar has one, and one that is dead without saying so. */
const BOUNDS: WorkerConnectionBounds = { ofWorker: 2, inAll: 512 };

/**
 * The connections of workers whose certificate is known, bounded for each worker and in all. One more of a worker ends its own oldest; one
 * more in all ends the oldest of all, which costs a sidecar a new connection: a worker alone can end nobody else's.
 */
export class WorkerConnections {
  readonly #cluster: string;
  readonly #bounds: WorkerConnectionBounds;
  /** The worker of each, the oldest first. */
  readonly #open = new Map<TLSSocket, string>();

  constructor(cluster: string, bounds: WorkerConnectionBounds = BOUNDS) {
    this.#cluster = cluster;
    this.#bounds = bounds;
  }

  /** Counts a connection whose handshake is over, or ends it when its certificate names no worker of this member. */
  admit(socket: TLSSocket): void {
    const worker = this.#workerOf(socket);
    if (worker === undefined) {
      socket.destroy();
      return;
    }
    const own = [...this.#open].filter(([, other]) => other === worker).map(([open]) => open);
    this.#endAll(own.slice(0, Math.max(0, own.length + 1 - this.#bounds.ofWorker)));
    this.#endAll([...this.#open.keys()].slice(0, Math.max(0, this.#open.size + 1 - this.#bounds.inAll)));
    this.#open.set(socket, worker);
    socket.once("close", () => this.#open.delete(socket));
  }

  /** A socket says later that it is closed: it counts no longer from now on. */
  #endAll(sockets: readonly TLSSocket[]): void {
    for (const socket of sockets) {
      this.#open.delete(socket);
      socket.destroy();
    }
  }

  #workerOf(socket: TLSSocket): string | undefined {
    const certificate = socket.getPeerX509Certificate()?.raw;
    try {
      return certificate === undefined ? undefined : readCaller(certificate, this.#cluster).caller.uri;
    } catch {
      return undefined;
    }
  }
}
