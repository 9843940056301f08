export type { CertificateRequest, KeyAndCertificate } from "./certificates/authority.ts";
export type { KubeconfigOwner } from "./control-plane/credentials.ts";
export {
  type ControlPlane,
  type ControlPlaneOptions,
  type StartedComponent,
  startControlPlane,
  type TokenOptions,
} from "./control-plane/start-control-plane.ts";
