import { readOrganisation } from "@tributary/contracts/fields";
import { type JsonFields, parseJsonFields } from "../../shared/config/json-fields.ts";
import { isMemberName } from "../../shared/identity/member-uri.ts";
import { isDigest } from "../enrolment/image-digests.ts";
import { type Injected, injectedLists } from "../enrolment/injected.ts";
import type { RotationWish } from "../rotation/ring.ts";

/** What the member's admin decides about the gate. */
export interface GateConfig {
  /** Name of this member cluster as the hub registers it. */
  readonly cluster: string;
  /** Organisation that the member counts for; its cluster's name where nothing else is said. */
  readonly organisation: string;
  /** Job namespaces whose pods may enrol. */
  readonly namespaces: readonly string[];
  /** Sidecar images that may enrol: references as in the pod's spec, or digests `sha256:…`. */
  readonly images: readonly string[];
  /** Name of the init container that is the sidecar. */
  readonly sidecarContainer: string;
  /** What the member's own admission webhooks add to worker pods, by name. */
  readonly injected: Injected;
  /** Whether runtimes must name their images by digest. */
  readonly requireImageDigests: boolean;
  /** Digests that nodes may report of a running image though the runtime's reference has another. */
  readonly runningDigests: readonly string[];
  /** DNS names and addresses of the gate's own certificate. */
  readonly serverNames: readonly string[];
  /** Directory of `ca.crt` and `ca.key`. */
  readonly caDirectory: string;
  /** Directory of `peers.json`, `policy.json` and `trusted/peers.json`. */
  readonly trustDirectory: string;
  /** Directory of what the gate must not lose besides: identity and data keys, its memory and its audit trail. */
  readonly stateDirectory: string;
  /** What the gate remembers of each seat. */
  readonly memory: { readonly startsPerSeat: number; readonly bytesPerSeat: number };
  /** How the CA is rotated. */
  readonly ca: RotationWish;
  /** Further certificates of the gate's CA whose workers are let in, PEM; empty for none. */
  readonly formerCaCertificates: string;
  /** How the identity key is rotated. */
  readonly identity: RotationWish;
  /** ConfigMap into which the gate writes its public half; absent where it writes none. */
  readonly publication: { readonly namespace: string; readonly configMap: string } | undefined;
  /** ConfigMap in each job namespace into which the gate writes what it found of the network, for the hub to read; absent where there is none. */
  readonly networkConfigMap: string | undefined;
  /** Whether the chart made a NetworkPolicy for the gate, so that its enforcement can be looked at. */
  readonly hasNetworkPolicy: boolean;
  /** Life of a worker's certificate for TLS, in milliseconds. */
  readonly certificateLifetimeMs: number;
  /** Ports that the gate listens on. */
  readonly listen: { readonly port: number; readonly workerPort: number; readonly healthPort: number };
}

const hour = 3600;

/** Reads the gate's configuration. Throws CONFIGURATION_INVALID with the field, its value and what would be right. */
export function parseGateConfig(file: string, text: string): GateConfig {
  const fields = parseJsonFields(file, text);
  fields.integer("version", { min: 1, max: 1 });
  const listen = fields.object("listen", true);
  const memory = fields.object("memory", true);
  const port = { min: 0, max: 65_535 };
  const cluster = fields.text("cluster");
  if (!isMemberName(cluster)) throw fields.refuse("cluster", "a name of letters, digits, '.', '_' and '-'");
  const config = {
    cluster,
    organisation: fields.textAs("organisation", readOrganisation, cluster),
    namespaces: fields.textList("namespaces"),
    images: fields.textList("images"),
    sidecarContainer: fields.text("sidecarContainer", "sidecar"),
    injected: readInjected(fields.object("injected", true)),
    requireImageDigests: fields.flag("requireImageDigests", false),
    runningDigests: readDigests(fields),
    serverNames: fields.textList("serverNames"),
    caDirectory: fields.text("caDirectory"),
    trustDirectory: fields.text("trustDirectory", "/etc/tributary"),
    stateDirectory: fields.text("stateDirectory", "/var/lib/tributary-gate/state"),
    memory: {
      startsPerSeat: memory.integer("startsPerSeat", { min: 1, max: 2 ** 24 }, 131_072),
      bytesPerSeat: memory.integer("bytesPerSeat", { min: 2 ** 20, max: 2 ** 40 }, 2 ** 26),
    },
    ca: readRotation(fields, "ca"),
    formerCaCertificates: fields.textOrNone("formerCaCertificates") ?? "",
    identity: readRotation(fields, "identity"),
    publication: readPublication(fields),
    networkConfigMap: fields.textOrNone("networkConfigMap"),
    hasNetworkPolicy: fields.flag("hasNetworkPolicy", false),
    certificateLifetimeMs:
      fields.integer("certificateLifetimeSeconds", { min: hour, max: 30 * 24 * hour }, 24 * hour) * 1000,
    listen: {
      port: listen.integer("port", port, 8445),
      workerPort: listen.integer("workerPort", port, 8446),
      healthPort: listen.integer("healthPort", port, 9092),
    },
  };
  listen.end();
  memory.end();
  fields.end();
  return config;
}

function readInjected(fields: JsonFields): Injected {
  const lists = injectedLists.map((list) => [list, fields.textListOrNone(list)]);
  fields.end();
  return Object.fromEntries(lists) as Injected;
}

function readDigests(fields: JsonFields): readonly string[] {
  const digests = fields.textListOrNone("runningDigests");
  if (!digests.every(isDigest)) throw fields.refuse("runningDigests", "a list of sha256:… digests");
  return digests;
}

function readRotation(fields: JsonFields, name: string): RotationWish {
  const wish = fields.object(name, true);
  const read = (field: string) => wish.textOrNone(field) ?? "";
  const rotation = { rotate: read("rotate"), use: read("use"), retire: read("retire") };
  wish.end();
  return rotation;
}

function readPublication(fields: JsonFields): GateConfig["publication"] {
  const place = fields.optionalObject("publication");
  if (place === undefined) return undefined;
  const publication = { namespace: place.text("namespace"), configMap: place.text("configMap") };
  place.end();
  return publication;
}
