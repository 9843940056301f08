import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Copies the CRDs into the hub chart: Helm packages only what lies below a chart's folder. */
export function copyCrdsIntoChart(source: string, target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(source).filter((name) => name.endsWith(".yaml"))) {
    copyFileSync(join(source, file), join(target, file));
  }
}
