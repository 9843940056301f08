import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LINE_CHARACTERS = 120;

/**
 * Compiles the AssemblyScript kernels and writes the module as base64 text in a TypeScript file, so that loading needs no file.
 *
 * The compiler is deterministic: the same source and version give the same bytes.
 *
 * @param entry the AssemblyScript file whose exports are the kernels.
 * @param target the TypeScript file to write.
 */
export function generateKernels(entry: string, target: string): void {
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  try {
    const binary = join(folder, "kernels.wasm");
    const features = ["--enable", "simd", "--enable", "relaxed-simd", "--enable", "bulk-memory"];
    // Warning 112 is about vectors in the signatures of functions; none of those that the module exports has one.
    execFileSync("asc", [
      entry,
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--importMemory",
      "--disableWarning",
      "112",
      ...features,
      "-o",
      binary,
    ]);
    writeFileSync(target, moduleText(readFileSync(binary)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function moduleText(binary: Buffer): string {
  const base64 = binary.toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, "g")) ?? [];
  return [
    "// Generated from packages/federated/assembly by scripts/generate/kernels.ts. Do not edit.",
    "",
    `/** The kernels as a WebAssembly module of ${binary.length} bytes, in base64. */`,
    "export const KERNELS_BASE64 =",
    `${lines.map((line) => `  "${line}"`).join(" +\n")};`,
    "",
  ].join("\n");
}
