/** What the files of one folder may import. Paths are relative to the repository; a longer folder rules over a shorter one. */
export interface ImportRule {
  /** Folder, or a pattern with `*` for one path part. */
  readonly folder: string;
  /** Workspace packages that may be imported. */
  readonly packages: readonly string[];
  /** Foreign modules that may be imported; `node:*` for all of Node. */
  readonly modules: readonly string[];
  /** Folders of the same workspace that may be imported besides the own one. */
  readonly folders?: readonly string[];
  /** Globals that must not be used. */
  readonly forbiddenGlobals?: readonly string[];
}

const impure = ["Date", "performance", "process", "fetch", "setTimeout", "setInterval", "setImmediate", "Math.random"];

/** The import table of the design, as data. */
export const importTable: readonly ImportRule[] = [
  { folder: "packages/contracts/src", packages: [], modules: ["@bufbuild/protobuf", "ajv"] },
  {
    folder: "packages/kit/src",
    packages: ["@tributary/contracts"],
    modules: ["node:*", "prom-client", "pino", "@grpc/grpc-js", "@bufbuild/protobuf"],
  },
  { folder: "packages/federated/src", packages: ["@tributary/contracts"], modules: [], forbiddenGlobals: impure },
  {
    folder: "operator/src/controllers/*/decide",
    packages: ["@tributary/contracts", "@tributary/federated"],
    modules: [],
    folders: ["operator/src/controllers"],
    forbiddenGlobals: impure,
  },
  {
    folder: "operator/src/controllers/*/render",
    packages: ["@tributary/contracts"],
    modules: [],
    folders: ["operator/src/controllers"],
    forbiddenGlobals: impure,
  },
  {
    folder: "operator/src/controllers",
    packages: ["@tributary/contracts", "@tributary/kit", "@tributary/federated"],
    modules: ["node:*", "@peculiar/x509", "reflect-metadata", "@bufbuild/protobuf"],
    folders: ["operator/src/runtime", "operator/src/members"],
  },
  {
    folder: "operator/src/runtime",
    packages: ["@tributary/contracts", "@tributary/kit"],
    modules: ["node:*", "undici", "@opentelemetry/api", "@opentelemetry/sdk-trace-base", "yaml"],
  },
  {
    folder: "operator/src/runtime/testing",
    packages: ["@tributary/contracts", "@tributary/kit"],
    modules: ["node:*", "undici", "@peculiar/x509", "reflect-metadata"],
    folders: ["operator/src/runtime"],
  },
  {
    folder: "operator/src/members",
    packages: ["@tributary/contracts", "@tributary/kit"],
    modules: ["node:*", "undici", "@opentelemetry/api", "yaml"],
    folders: ["operator/src/runtime"],
  },
  {
    folder: "operator/src/main",
    packages: ["@tributary/contracts", "@tributary/kit"],
    modules: ["node:*"],
    folders: ["operator/src/runtime", "operator/src/members", "operator/src/controllers"],
  },
  ...["trainer", "sidecar", "aggregator", "gate"].map(
    (process): ImportRule => ({
      folder: `worker-image/src/${process}`,
      packages: ["@tributary/contracts", "@tributary/kit", "@tributary/federated"],
      modules: ["node:*", "@bufbuild/protobuf", "@grpc/grpc-js", "@peculiar/x509", "reflect-metadata", "undici"],
      folders: ["worker-image/src/shared", ...(process === "trainer" ? ["worker-image/src/adapters"] : [])],
    }),
  ),
  {
    folder: "worker-image/src/shared",
    packages: ["@tributary/contracts", "@tributary/kit", "@tributary/federated"],
    modules: ["node:*", "@bufbuild/protobuf", "@grpc/grpc-js", "@peculiar/x509", "reflect-metadata", "undici"],
  },
  {
    folder: "worker-image/src/adapters",
    packages: ["@tributary/contracts", "@tributary/kit", "@tributary/federated"],
    modules: ["node:*", "@tensorflow/tfjs-node"],
    folders: ["worker-image/src/shared"],
  },
  {
    folder: "cli/src",
    packages: ["@tributary/contracts", "@tributary/kit", "@tributary/operator", "@tributary/clouds"],
    modules: ["node:*", "commander", "yaml", "@marcbachmann/cel-js"],
  },
  {
    folder: "test/clouds/src",
    packages: ["@tributary/kit"],
    modules: ["node:*", "yaml", "@peculiar/x509", "reflect-metadata"],
  },
];
