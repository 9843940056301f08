import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "@tributary/kit";
import { obtainCredentials } from "../../../worker-image/src/sidecar/identity/enrolment.ts";
import { type EnrolmentGround, type Pod, tokenOf } from "./enrolment-ground.ts";

const log = createLogger("test", "silent");

/** A gate as a sidecar knows it, and where its certificates may lie. */
export interface EnrolmentTarget extends Pick<EnrolmentGround, "admin" | "gatePort" | "gateCaPem"> {
  readonly directory: string;
}

/** Enrols a pod as its sidecar would, and gives its certificate; waits as the sidecar waits, and throws what ends it. */
export async function enrolPod(target: EnrolmentTarget, pod: Pod): Promise<string> {
  const memoryDirectory = join(target.directory, pod.metadata.uid);
  await mkdir(memoryDirectory, { recursive: true });
  const tokenPath = join(memoryDirectory, "token");
  await writeFile(tokenPath, await tokenOf(target, pod));
  const source = {
    address: `127.0.0.1:${target.gatePort}`,
    workerAddress: undefined,
    serverName: "gate.test",
    caPem: target.gateCaPem,
    tokenPath,
  };
  const place = { source: { kind: "gate", ...source } as const, memoryDirectory, log };
  return (await obtainCredentials(place, new AbortController().signal)).certificatePem;
}
