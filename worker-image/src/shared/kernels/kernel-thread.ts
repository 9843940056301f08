import { parentPort } from "node:worker_threads";
import { isArgumentError } from "@tributary/federated";
import type { KernelReply } from "./kernel-reply.ts";
import type { KernelRequest } from "./kernel-request.ts";
import { createKernelRunner } from "./run-kernel-request.ts";

/** Entry of a kernel thread: one request at a time, one reply for each, the first message says that it is ready. */
function serve(port: NonNullable<typeof parentPort>): void {
  const run = createKernelRunner();
  const reply = (message: KernelReply) => port.postMessage(message);
  port.on("message", (request: KernelRequest) => {
    try {
      reply({ kind: "Done", totals: run(request) });
    } catch (error) {
      // What is not a wrong argument is our bug: let it end the thread, which the pool reports.
      if (!isArgumentError(error)) throw error;
      reply({ kind: "Refused", argument: error.argument, value: error.value, bound: error.bound });
    }
  });
  reply({ kind: "Ready" });
}

if (parentPort !== null) serve(parentPort);
