import { type MainContext, readVariable, TributaryError } from "@tributary/kit";
import { connectApiServer } from "../kubernetes/api-server.ts";
import { removeWorkers } from "./remove-workers.ts";

/** Removes what runs for the hub in this member, and ends when nothing of it is left: the work of the kill switch. */
export async function runRemoval({ log, signal, env }: MainContext): Promise<void> {
  const namespaces = readVariable(env, "TRIBUTARY_JOB_NAMESPACES").split(",").filter(Boolean);
  if (namespaces.length === 0) {
    throw new TributaryError(
      "CONFIGURATION_INVALID",
      "TRIBUTARY_JOB_NAMESPACES names no namespace; separate them by commas",
    );
  }
  const store = await connectApiServer(env);
  try {
    const removed = await removeWorkers({ store, namespaces, log, pauseMs: 1000 }, signal);
    log.info({ namespaces, ...removed }, "nothing of the hub runs here any more");
  } finally {
    await store.close();
  }
}
