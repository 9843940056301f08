export { type Finding, validateManifest } from "./validate/validate-manifest.ts";
