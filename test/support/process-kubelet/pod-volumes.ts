import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import type { ApiClient, KubeObject } from "@tributary/operator";
import type { Pod, PodContainer, PodVolume } from "./pod-shape.ts";

/** Where the simulated kubelet of one cluster keeps files. */
export interface VolumeRoot {
  readonly plane: ControlPlane;
  readonly client: ApiClient;
  readonly directory: string;
}

/** Folder of a claim: another one for a claim of the same name that was made later. */
export async function claimFolder(root: VolumeRoot, namespace: string, claimName: string): Promise<string> {
  const claim = await root.client.get<KubeObject>(Kinds.PersistentVolumeClaim, { namespace, name: claimName });
  if (claim === undefined) throw new Error(`claim ${namespace}/${claimName} is not there`);
  const folder = join(root.directory, "claims", claim.metadata.uid ?? "");
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Makes the folder of each volume of a pod. Throws while something that a volume needs is not there. */
export async function makeVolumes(root: VolumeRoot, pod: Pod, folder: string): Promise<ReadonlyMap<string, string>> {
  const made = await Promise.all(
    (pod.spec.volumes ?? []).map(async (volume) => [volume.name, await makeVolume(root, pod, volume, folder)] as const),
  );
  return new Map(made);
}

async function makeVolume(root: VolumeRoot, pod: Pod, volume: PodVolume, folder: string): Promise<string> {
  const { namespace = "default", name: podName } = pod.metadata;
  if (volume.persistentVolumeClaim !== undefined)
    return claimFolder(root, namespace, volume.persistentVolumeClaim.claimName);
  const path = join(folder, volume.name);
  await mkdir(path, { recursive: true });
  const put = (name: string, data: string | Buffer) => writeFile(join(path, name), data);
  if (volume.configMap !== undefined) {
    const { name } = volume.configMap;
    const found = await root.client.get<KubeObject & { data?: Record<string, string> }>(Kinds.ConfigMap, {
      namespace,
      name,
    });
    if (found === undefined) throw new Error(`ConfigMap ${namespace}/${name} is not there`);
    for (const [key, text] of Object.entries(found.data ?? {})) await put(key, text);
  } else if (volume.secret !== undefined) {
    const { secretName: name } = volume.secret;
    const found = await root.client.get<KubeObject & { data?: Record<string, string> }>(Kinds.Secret, {
      namespace,
      name,
    });
    if (found === undefined) throw new Error(`Secret ${namespace}/${name} is not there`);
    for (const [key, text] of Object.entries(found.data ?? {})) await put(key, Buffer.from(text, "base64"));
  } else if (volume.projected !== undefined) {
    for (const { serviceAccountToken } of volume.projected.sources) {
      if (serviceAccountToken === undefined) throw new Error(`volume ${volume.name} of ${podName} projects no token`);
      await put(serviceAccountToken.path, await requestToken(root.plane, pod, serviceAccountToken.audience));
    }
  } else if (volume.emptyDir === undefined) {
    throw new Error(`volume ${volume.name} of ${podName} is of a kind that this kubelet does not make`);
  }
  return path;
}

/** A token that is bound to the pod, as a kubelet asks for it. */
async function requestToken(plane: ControlPlane, pod: Pod, audience: string | undefined): Promise<string> {
  const { namespace = "default", name, uid = "" } = pod.metadata;
  const bound = ["--bound-object-kind=Pod", `--bound-object-name=${name}`, `--bound-object-uid=${uid}`];
  const audiences = audience === undefined ? [] : [`--audience=${audience}`];
  const account = pod.spec.serviceAccountName ?? "default";
  return (await plane.kubectl(["create", "token", account, `--namespace=${namespace}`, ...audiences, ...bound])).trim();
}

/** How a process of the host sees what its container would see: paths of mounts as folders, container ports as free ones. */
export interface HostView {
  /** A path, or a text of several lines, with the container's paths replaced. */
  readonly text: (text: string) => string;
  /** The host's port of a container port. */
  readonly port: (containerPort: number) => number | undefined;
}

/** The view of one container. */
export function viewOf(
  container: PodContainer,
  volumes: ReadonlyMap<string, string>,
  ports: ReadonlyMap<number, number>,
): HostView {
  const folders = new Map((container.volumeMounts ?? []).map(({ name, mountPath }) => [mountPath, volumes.get(name)]));
  const paths = [...folders.keys()].toSorted((left, right) => right.length - left.length);
  const mounted = new RegExp(
    `(^|")(${paths.map((path) => path.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&")).join("|")})(?=/|"|$)`,
    "gu",
  );
  return {
    text: (text) =>
      paths.length === 0 ? text : text.replace(mounted, (_all, before, path) => `${before}${folders.get(path)}`),
    port: (containerPort) => ports.get(containerPort),
  };
}

/** A JSON file of a container with its paths and ports as the host has them. */
export function rewriteJson(text: string, view: HostView): string {
  return JSON.stringify(
    JSON.parse(text, (_key, value) => {
      if (typeof value === "number") return view.port(value) ?? value;
      return typeof value === "string" ? view.text(value) : value;
    }),
  );
}
