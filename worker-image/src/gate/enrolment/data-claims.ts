import { TributaryError } from "@tributary/kit";
import type { ContainerShape, Fields, NamedFields, PodTemplateView } from "../kubernetes/pod-shape.ts";

/** A claim, or a folder of one, that a trainer is given. */
export interface DataClaim {
  readonly namespace: string;
  readonly claim: string;
  /** Folder of the claim, without a slash at either end; empty for all of it. */
  readonly subPath: string;
}

/** Whose data a runtime trains on: what its trainer mounts of claims, each once and sorted; without any, the runtime itself. */
export interface DataClaims {
  readonly claims: readonly DataClaim[];
  readonly namespace: string;
  readonly template: string;
}

/**
 * The claims that the trainer's containers of a runtime mount, all containers but the sidecar. It is told from the member's PodTemplate alone.
 *
 * @throws ENROLMENT_REFUSED for a mount whose folder depends on the pod.
 */
export function dataClaimsOf(runtime: PodTemplateView, sidecarContainer: string): DataClaims {
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
  return { claims: distinctSorted(mounted), namespace, template };
}

/**
 * The bytes that a data name is the keyed hash of (docs/adr/gate.md): "tributary/data" ‖ u32 count ‖ (u8 length ‖ namespace ‖ u8 length ‖
 * claim ‖ u16 length ‖ sub-path)…, and for count 0 then u8 length ‖ namespace ‖ u16 length ‖ template. Integers are big-endian.
 */
export function encodeDataClaims({ claims, namespace, template }: DataClaims): Uint8Array {
  const parts = claims.flatMap((each) => [
    ...sized(1, each.namespace),
    ...sized(1, each.claim),
    ...sized(2, each.subPath),
  ]);
  const own = claims.length === 0 ? [...sized(1, namespace), ...sized(2, template)] : [];
  return new Uint8Array(Buffer.concat([Buffer.from("tributary/data"), unsigned(4, claims.length), ...parts, ...own]));
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

/** One folder has one name: `legal/`, `./legal` and `legal` are the same. */
function plainPath(path: string): string {
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  return steps.join("/");
}

function distinctSorted(claims: readonly DataClaim[]): readonly DataClaim[] {
  const sorted = claims.toSorted(compareClaims);
  return sorted.filter((claim, place) => place === 0 || compareClaims(claim, sorted[place - 1]!) !== 0);
}

function compareClaims(left: DataClaim, right: DataClaim): number {
  const order = (field: keyof DataClaim) => Buffer.compare(Buffer.from(left[field]), Buffer.from(right[field]));
  return order("namespace") || order("claim") || order("subPath");
}

function sized(lengthBytes: 1 | 2, text: string): readonly Buffer[] {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length >= 256 ** lengthBytes)
    throw new TributaryError(
      "ENROLMENT_REFUSED",
      `${JSON.stringify(text.slice(0, 64))}… has ${bytes.length} bytes, which no data name can hold`,
    );
  return [unsigned(lengthBytes, bytes.length), bytes];
}

function unsigned(size: 1 | 2 | 4, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}
