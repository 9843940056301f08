export { clusterRights, namespaceRights, type Right } from "./join/rights.ts";
export { type FileFinding, type Validation, validateFiles } from "./validate/validate-files.ts";
export { type Finding, validateManifest } from "./validate/validate-manifest.ts";
