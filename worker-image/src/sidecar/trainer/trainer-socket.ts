import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";
import { trainerV1 } from "@tributary/contracts";
import { addService, closeGrpc, createGrpcEndpoint, type ErrorObserver, storageError } from "@tributary/kit";
import type { TrainerDesk } from "./trainer-desk.ts";

/** Permission of the socket: the trainer may run as another user of the pod. */
const SOCKET_MODE = 0o666;

/**
 * Serves the trainer contract on a unix socket, replacing one that a former process left.
 *
 * Sockets are accepted here and handed to gRPC, because gRPC does not tell when a peer's connection closes.
 */
export async function serveTrainerSocket(
  path: string,
  desk: TrainerDesk,
  onError: ErrorObserver,
): Promise<() => Promise<void>> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
  } catch (cause) {
    throw storageError(cause, path);
  }
  const endpoint = createGrpcEndpoint();
  addService(endpoint, trainerV1.TrainerService, desk.methods, onError);
  const injector = endpoint.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer((socket) => {
    desk.connected();
    socket.once("close", () => desk.disconnected());
    injector.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(path, resolve);
  });
  await chmod(path, SOCKET_MODE);
  return async () => {
    listener.close();
    injector.drain(0);
    await closeGrpc(endpoint, 500);
    injector.destroy();
  };
}
