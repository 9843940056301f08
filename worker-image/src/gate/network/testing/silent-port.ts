import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { Target } from "../probe-targets.ts";

/** A port of this machine that answers no SYN, as behind a policy that is enforced: its owner accepts nobody and its queue is full. */
export interface SilentPort {
  readonly target: Target;
  close(): Promise<void>;
}

const owner = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** Much longer than a connection within the machine takes. */
const FULL_AFTER_MS = 500;

/** Opens such a port. */
export async function openSilentPort(): Promise<SilentPort> {
  const worker = new Worker(owner, { eval: true });
  const [port] = await once(worker, "message");
  const target = { host: "127.0.0.1", port };
  const sockets: Socket[] = [];
  while (await fillsPlace(target, sockets));
  return {
    target,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await worker.terminate();
    },
  };
}

async function fillsPlace(target: Target, sockets: Socket[]): Promise<boolean> {
  const socket = connect(target);
  sockets.push(socket);
  socket.on("error", () => {});
  const connected = once(socket, "connect", { signal: AbortSignal.timeout(FULL_AFTER_MS) });
  return connected.then(
    () => true,
    () => false,
  );
}
