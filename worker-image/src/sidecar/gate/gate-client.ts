import { gateV1 } from "@tributary/contracts";
import { createGrpcClient, createTlsCredentials, type GrpcClient } from "@tributary/kit";
import type { IdentitySource } from "../config/sidecar-config.ts";
import type { WorkerCredentials } from "../identity/enrolment.ts";

/** The link to the gate of a worker that it enrolled. */
export type GateClient = GrpcClient<typeof gateV1.WorkerService>;

/** Opens the link under one certificate; nothing is called yet. `undefined` where no gate answers workers. */
export function openGateClient(
  identity: IdentitySource,
  { certificatePem, keyPem }: Pick<WorkerCredentials, "certificatePem" | "keyPem">,
): GateClient | undefined {
  if (identity.kind === "files" || identity.workerAddress === undefined) return undefined;
  const { workerAddress, serverName, caPem } = identity;
  return createGrpcClient(gateV1.WorkerService, {
    address: workerAddress,
    credentials: createTlsCredentials({ caPem, certificatePem, keyPem }),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName },
  });
}
