export {
  type CertificateRequest,
  createAuthority,
  issueCertificate,
  type KeyAndCertificate,
} from "./certificates/authority.ts";
export { type KubeconfigParts, renderKubeconfig } from "./certificates/kubeconfig.ts";
export type { Cloud } from "./clouds/cloud.ts";
export type { NodeView } from "./clouds/cluster-api.ts";
export { filledStorageClass } from "./clouds/cluster-objects.ts";
export {
  type Clusters,
  clusters,
  down,
  importImage,
  kubeconfigOf,
  kubectl,
  type RunningCluster,
  runInNetwork,
  status,
  up,
} from "./clouds/local-clouds.ts";
export { renderStatus } from "./clouds/render-status.ts";
export type { CloudStatus, ComponentStatus } from "./clouds/status.ts";
export { CommandError, type CommandOptions } from "./command.ts";
export { ControlPlane, type StartedComponent, type TokenOptions } from "./control-plane/control-plane.ts";
export type { KubeconfigOwner } from "./control-plane/credentials.ts";
export { freePorts } from "./control-plane/free-port.ts";
export { type ControlPlaneOptions, startControlPlane } from "./control-plane/start-control-plane.ts";
export type { ImageBase } from "./images/base-layer.ts";
export { type BuiltImage, buildImage, type CopiedFile, type ImageRecipe } from "./images/build-image.ts";
export { cacheDirectory, cloudsDirectory } from "./paths.ts";
export { type Progress, silent, toStandardError } from "./progress.ts";
export { ensureTools, type Tools } from "./tools/ensure-tools.ts";
export { ensureSystemPackages } from "./tools/system-packages.ts";
