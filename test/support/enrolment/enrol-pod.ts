import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "@tributary/kit";
import type { GateSource } from "../../../worker-image/src/sidecar/gate/gate-client.ts";
import { obtainCredentials, type WorkerCredentials } from "../../../worker-image/src/sidecar/identity/enrolment.ts";
import { type EnrolmentGround, type Pod, tokenOf } from "./enrolment-ground.ts";

const log = createLogger("test", "silent");

/** A gate as a sidecar knows it, and where the memory of sidecars may lie. */
export interface EnrolmentTarget extends Pick<EnrolmentGround, "admin" | "ports" | "gateCaPem"> {
  readonly directory: string;
}

/** A pod's sidecar that its gate let in. */
export interface EnrolledPod extends WorkerCredentials {
  /** The gate that let it in. */
  readonly source: GateSource;
}

/** Enrols a pod as its sidecar would; waits as the sidecar waits, and throws what ends it. */
export async function enrolPod(target: EnrolmentTarget, pod: Pod): Promise<EnrolledPod> {
  const memoryDirectory = join(target.directory, pod.metadata.uid);
  await mkdir(memoryDirectory, { recursive: true });
  const tokenPath = join(memoryDirectory, "token");
  await writeFile(tokenPath, await tokenOf(target, pod));
  const source: GateSource = {
    kind: "gate",
    address: `127.0.0.1:${target.ports.port}`,
    workerAddress: `127.0.0.1:${target.ports.workerPort}`,
    serverName: "gate.test",
    caPem: target.gateCaPem,
    tokenPath,
  };
  const signal = new AbortController().signal;
  return { ...(await obtainCredentials({ source, memoryDirectory, log }, signal)), source };
}
