import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CertificateStore } from "../certificates/certificate-store.ts";
import { renderKubeconfig } from "../certificates/kubeconfig.ts";
import { replaceFile } from "../replace-file.ts";
import { apiServerUrl, type ControlPlaneLayout } from "./components.ts";

/** Who may use a kubeconfig: the user and the groups Kubernetes reads from its certificate. */
export interface KubeconfigOwner {
  readonly user: string;
  readonly groups?: readonly string[];
}

const componentUsers = {
  admin: { user: "admin", groups: ["system:masters"] },
  "kube-controller-manager": { user: "system:kube-controller-manager" },
  "kube-scheduler": { user: "system:kube-scheduler" },
  "kube-proxy": { user: "system:kube-proxy" },
} as const satisfies Record<string, KubeconfigOwner>;

/** The certificates of one control plane. */
export function certificatesOf(layout: ControlPlaneLayout): CertificateStore {
  return new CertificateStore(join(layout.directory, "pki"));
}

/** Path of the kubeconfig `writeKubeconfig` writes under `fileName`. */
export function kubeconfigPath(layout: ControlPlaneLayout, fileName: string): string {
  return join(layout.directory, "kubeconfig", fileName);
}

/**
 * Makes whatever is missing of a control plane's certificates and kubeconfigs. `serviceAddress` is the first address of the Service
 * range, under which pods reach the API server.
 */
export async function writeCredentials(
  clusterName: string,
  layout: ControlPlaneLayout,
  serviceAddress: string,
): Promise<void> {
  const certificates = certificatesOf(layout);
  await certificates.serviceAccountKey();
  await certificates.issue("api-server", {
    commonName: "kube-apiserver",
    dnsNames: [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
    ],
    ipAddresses: [...new Set(["127.0.0.1", layout.address, serviceAddress])],
  });
  await certificates.issue("api-server-to-kubelet", {
    commonName: "kube-apiserver-kubelet-client",
    organisations: ["system:masters"],
  });
  for (const [fileName, owner] of Object.entries(componentUsers)) {
    await writeKubeconfig(clusterName, layout, fileName, owner);
  }
}

/** Writes a kubeconfig for one user under `kubeconfig/`, with a certificate of its own, and returns its path. */
export async function writeKubeconfig(
  clusterName: string,
  layout: ControlPlaneLayout,
  fileName: string,
  owner: KubeconfigOwner,
): Promise<string> {
  const certificates = certificatesOf(layout);
  const files = await certificates.issue(fileName, { commonName: owner.user, organisations: owner.groups ?? [] });
  const text = renderKubeconfig({
    clusterName,
    url: apiServerUrl(layout),
    authorityPem: (await certificates.authority()).certificatePem,
    user: {
      certificatePem: await readFile(files.certificatePath, "utf8"),
      keyPem: await readFile(files.keyPath, "utf8"),
    },
  });
  const path = kubeconfigPath(layout, fileName);
  await replaceFile(path, text, { secret: true });
  return path;
}
