import { TributaryError } from "@tributary/kit";
import { type DataClaims, distinctClaims } from "../identity/data-name.ts";
import type { ContainerShape, Fields, NamedFields, PodTemplateView } from "../kubernetes/pod-shape.ts";

/** Whose data a runtime trains on: what its trainer mounts of claims, each once and sorted; without any, the runtime itself. */
export interface RuntimeData {
  readonly claims: DataClaims;
  readonly namespace: string;
  readonly template: string;
}

/**
 * The claims that the trainer's containers of a runtime mount, all containers but the sidecar. It is told from the member's PodTemplate alone.
 *
 * @throws ENROLMENT_REFUSED for a mount whose folder depends on the pod.
 */
export function dataClaimsOf(runtime: PodTemplateView, sidecarContainer: string): RuntimeData {
  const { namespace, name: template } = runtime.metadata;
  const { spec } = runtime.template;
  const claims = claimsByVolume(spec.volumes ?? []);
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const mounted = containers
    .filter(({ name }) => name !== sidecarContainer)
    .flatMap((container) => usesOf(container, template))
    .flatMap(({ volume, subPath }) => {
      const claim = claims.get(volume);
      return claim === undefined ? [] : [{ namespace, claim, subPath }];
    });
  return { claims: distinctClaims(mounted), namespace, template };
}

function claimsByVolume(volumes: readonly NamedFields[]): ReadonlyMap<string, string> {
  return new Map(
    volumes.flatMap(({ name, persistentVolumeClaim }) => {
      const claim = (persistentVolumeClaim as Fields | undefined)?.claimName;
      return typeof claim === "string" ? [[name, claim] as const] : [];
    }),
  );
}

function usesOf({ name, volumeMounts = [], volumeDevices = [] }: ContainerShape, template: string) {
  const mounts = volumeMounts.map((mount) => {
    if (mount.subPathExpr !== undefined) {
      const where = `container ${name} of PodTemplate ${template}, mount ${mount.name}`;
      const text = `${where}: subPathExpr must be nothing, is ${JSON.stringify(mount.subPathExpr)}; a worker's data has a subPath`;
      throw new TributaryError("ENROLMENT_REFUSED", text);
    }
    return { volume: mount.name, subPath: plainPath(String(mount.subPath ?? "")) };
  });
  return [...mounts, ...volumeDevices.map((device) => ({ volume: device.name, subPath: "" }))];
}

/** One folder has one name, without a slash at either end: `legal/`, `./legal` and `legal` are the same. */
function plainPath(path: string): string {
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  return steps.join("/");
}
