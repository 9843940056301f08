import { gateV1 } from "@tributary/contracts";
import {
  type CallerTlsMaterial,
  createGrpcClient,
  createTlsCredentials,
  type GrpcClient,
  type GrpcClientOptions,
  type TlsMaterial,
} from "@tributary/kit";
import type { IdentitySource } from "../config/sidecar-config.ts";

/** A gate, and how it is known. */
export type GateSource = IdentitySource & { readonly kind: "gate" };

/** The link to the gate of a worker that has no certificate yet. */
export type EnrolmentClient = GrpcClient<typeof gateV1.GateService>;

/** The link to the gate of a worker that it enrolled. */
export type GateClient = GrpcClient<typeof gateV1.WorkerService>;

/** Opens the link to where the gate enrols; nothing is called yet. */
export function openEnrolmentClient(source: GateSource): EnrolmentClient {
  return createGrpcClient(gateV1.GateService, linkTo(source.address, source.serverName, { caPem: source.caPem }));
}

/** Opens the link under one certificate; nothing is called yet. `undefined` where no gate answers workers. */
export function openGateClient(
  source: IdentitySource,
  { certificatePem, keyPem }: Pick<TlsMaterial, "certificatePem" | "keyPem">,
): GateClient | undefined {
  if (source.kind === "files" || source.workerAddress === undefined) return undefined;
  const { workerAddress, serverName, caPem } = source;
  return createGrpcClient(gateV1.WorkerService, linkTo(workerAddress, serverName, { caPem, certificatePem, keyPem }));
}

function linkTo(address: string, serverName: string, tls: CallerTlsMaterial): GrpcClientOptions {
  return {
    address,
    credentials: createTlsCredentials(tls),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName },
  };
}
