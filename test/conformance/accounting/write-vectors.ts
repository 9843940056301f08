import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { RENYI_ORDERS } from "@tributary/federated";
import { askPython, pythonWith } from "./python-environment.ts";
import { randomSettings } from "./random-settings.ts";

/**
 * Writes test/vectors/accounting/dp-accounting.json from the reference accountant. Run by hand when the pinned packages
 * change: `node --conditions=tributary-source test/conformance/accounting/write-vectors.ts`.
 */
async function writeVectors(): Promise<void> {
  const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const python = await pythonWith(pathOf("./requirements.txt"));
  const script = pathOf("./reference.py");
  const settings = randomSettings("accounting vectors", 40);
  const orders = RENYI_ORDERS;
  const epsilons = (await askPython(python, script, {
    kind: "accountants",
    settings,
    orders,
    rdpEvery: 1,
  })) as object[];
  const exact = (await askPython(python, script, { kind: "divergences", settings })) as string[][];
  const vectors = settings.map((setting, i) => ({ ...setting, ...epsilons[i], divergences: exact[i] }));
  const provenance = "dp-accounting 0.6.0 (rdp, pld), mpmath 1.4.1 with 30 digits (divergences), numpy 2.4.6";
  const folder = pathOf("../../vectors/accounting");
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/dp-accounting.json`, `${JSON.stringify({ provenance, vectors }, null, 1)}\n`);
}

await writeVectors();
