import { readFileSync } from "node:fs";
import { TributaryError } from "@tributary/kit";
import { parseAllDocuments } from "yaml";
import { type Finding, validateManifest } from "./validate-manifest.ts";

/** A finding with the file and the object that it is about. */
export interface FileFinding extends Finding {
  readonly file: string;
  /** `Kind/name` as far as the document says it. */
  readonly object: string;
}

/** Validates every Tributary object in YAML files; objects of other groups are left to their own owners. `-` reads standard input. */
export function validateFiles(files: readonly string[]): {
  readonly checked: number;
  readonly findings: FileFinding[];
} {
  let checked = 0;
  const findings = files.flatMap((file) =>
    readDocuments(file).flatMap((manifest) => {
      if (isForeign(manifest)) return [];
      checked += 1;
      return validateManifest(manifest).map((finding) => ({ ...finding, file, object: nameOf(manifest) }));
    }),
  );
  return { checked, findings };
}

function readDocuments(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new TributaryError("ARGUMENT_INVALID", `${file} cannot be read; name a YAML file that exists`, {
      cause: error,
    });
  }
  const documents = parseAllDocuments(text);
  const broken = documents.flatMap((document) => document.errors)[0];
  if (broken !== undefined) throw new TributaryError("ARGUMENT_INVALID", `${file} is no YAML: ${broken.message}`);
  return documents.map((document) => document.toJS() as unknown).filter((value) => value !== null);
}

function isForeign(manifest: unknown): boolean {
  const { apiVersion } = manifest as { apiVersion?: unknown };
  return typeof apiVersion === "string" && !apiVersion.startsWith("tributary.dev/");
}

function nameOf(manifest: unknown): string {
  const { kind, metadata } = manifest as { kind?: unknown; metadata?: { name?: unknown } };
  return `${String(kind ?? "?")}/${String(metadata?.name ?? "?")}`;
}
