import { webcrypto } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "../authority/testing/open-authority.ts";
import { WorkerConnections } from "./worker-connections.ts";

/** A socket of a worker; it says that it is closed when a test lets it. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly #certificate: Uint8Array | undefined;

  constructor(certificate: Uint8Array | undefined) {
    super();
    this.#certificate = certificate;
  }

  getPeerX509Certificate() {
    return this.#certificate === undefined ? undefined : { raw: this.#certificate };
  }

  destroy() {
    this.destroyed = true;
  }
}

let certificates: Uint8Array[];
let connections: WorkerConnections;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), "worker-connections-"));
  const authority = await openAuthority(directory, "aws");
  const { publicKey } = (await webcrypto.subtle.generateKey("Ed25519", true, [
    "verify",
    "sign",
  ])) as webcrypto.CryptoKeyPair;
  const nowMs = Date.now();
  const sign = (index: number) =>
    authority.signWorker(publicKey, [`tributary://aws/jobs/a/p/${index}`, `tributary-pod:${index}`], {
      nowMs,
      endMs: nowMs + 60_000,
    });
  certificates = await Promise.all(Array.from({ length: 4 }, (_, index) => sign(index)));
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  connections = new WorkerConnections("aws", { ofWorker: 2, inAll: 4 });
});

function connect(worker: number | undefined): FakeSocket {
  const socket = new FakeSocket(worker === undefined ? undefined : certificates[worker]);
  connections.admit(socket as unknown as TLSSocket);
  return socket;
}

const areOpen = (sockets: readonly FakeSocket[]) => sockets.map(({ destroyed }) => !destroyed);

describe("the connections of workers", () => {
  it("are bounded for each: one more ends its own oldest, also where many come at once", () => {
    expect(areOpen([0, 1, 0, 0, 0].map(connect))).toEqual([false, true, false, true, true]);
  });

  it("are bounded in all: one more ends the oldest", () => {
    expect(areOpen([0, 0, 1, 2, 3].map(connect))).toEqual([false, true, true, true, true]);
  });

  it("count until they are closed", () => {
    const first = connect(0);
    const second = connect(0);
    first.emit("close");
    connect(0);
    expect(second.destroyed).toBe(false);
  });

  it("are of workers alone", () => expect(connect(undefined).destroyed).toBe(true));
});
