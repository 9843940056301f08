import { readFileSync } from "node:fs";
import { type Reading, readHost, readQuantity } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";

/** The operator's configuration, a JSON file that the hub chart renders. */
export interface OperatorConfiguration {
  readonly version: 1;
  /** Id of this hub; labels its objects in member clusters. Empty lets the operator make one. */
  readonly hubId: string;
  /** Namespace of the operator and of the Secrets with kubeconfigs. */
  readonly operatorNamespace: string;
  /** Host under which workers of other clouds reach the hub's node ports. */
  readonly advertisedAddress: string;
  /** True where the operator runs outside the hub and reaches aggregators by their node ports. */
  readonly reachByNodePort: boolean;
  readonly aggregator: {
    readonly image: string;
    readonly imagePullPolicy: string;
    readonly dataVolumeSize: string;
    readonly storageClass?: string;
    readonly memoryLimit: string;
  };
  readonly ports: { readonly health: number; readonly metrics: number };
}

/** Reads and checks the configuration. Throws CONFIGURATION_INVALID with the field, its value and what would be right. */
export function readConfiguration(path: string): OperatorConfiguration {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TributaryError("CONFIGURATION_INVALID", `${path} cannot be read as JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const root = record(parsed, path, "");
  if (root.version !== 1) fail(path, "version", root.version, "1");
  const aggregator = record(root.aggregator, path, "aggregator");
  const ports = record(root.ports ?? {}, path, "ports");
  const storageClass = aggregator.storageClass;
  const quantity = (field: string, otherwise: string): string => {
    const value = text({ [field]: otherwise, ...aggregator }, path, field, "aggregator.");
    textAs(readQuantity, value, path, `aggregator.${field}`);
    return value;
  };
  return {
    version: 1,
    hubId: root.hubId === undefined || root.hubId === "" ? "" : text(root, path, "hubId"),
    operatorNamespace: text(root, path, "operatorNamespace"),
    advertisedAddress: textAs(readHost, text(root, path, "advertisedAddress"), path, "advertisedAddress"),
    reachByNodePort: root.reachByNodePort === true,
    aggregator: {
      image: text(aggregator, path, "image", "aggregator."),
      imagePullPolicy: text({ imagePullPolicy: "IfNotPresent", ...aggregator }, path, "imagePullPolicy", "aggregator."),
      dataVolumeSize: quantity("dataVolumeSize", "10Gi"),
      ...(typeof storageClass === "string" && storageClass !== "" ? { storageClass } : {}),
      memoryLimit: quantity("memoryLimit", "1Gi"),
    },
    ports: { health: port(ports, path, "health", 8081), metrics: port(ports, path, "metrics", 8080) },
  };
}

function record(value: unknown, path: string, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(path, field, value, "an object");
  return value as Record<string, unknown>;
}

function text(from: Record<string, unknown>, path: string, field: string, prefix = ""): string {
  const value = from[field];
  return typeof value === "string" && value !== ""
    ? value
    : fail(path, `${prefix}${field}`, value, "a text that is not empty");
}

function textAs<T>(read: (text: string) => Reading<T>, value: string, path: string, field: string): T {
  const reading = read(value);
  return reading.ok ? reading.value : fail(path, field, value, reading.expected);
}

function port(from: Record<string, unknown>, path: string, field: string, otherwise: number): number {
  const value = from[field] ?? otherwise;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 65_536
    ? value
    : fail(path, `ports.${field}`, value, "a port, or 0 for none");
}

function fail(path: string, field: string, value: unknown, right: string): never {
  throw new TributaryError(
    "CONFIGURATION_INVALID",
    `${path}: ${field === "" ? "the file" : field} is ${JSON.stringify(value)}; must be ${right}`,
  );
}
