import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { validateFiles } from "kubectl-tributary";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ManifestCase, manifestCases } from "../support/manifests/table.ts";

const root = join(import.meta.dirname, "../..");
const atOnce = 4;

let hub: ControlPlane;
let folder: string;
/** What kubectl said of each case, by what is special about it; empty when it took the manifest. */
const refusals = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "manifests-"));
  hub = await startControlPlane({ name: "hub" });
  const crds = ["federatedtrainingjobs", "memberclusters", "trainingrounds"];
  const text = crds.map((plural) => readFileSync(join(root, `crds/${plural}.yaml`), "utf8")).join("\n---\n");
  await hub.kubectl(["apply", "--server-side", "-f", "-"], text);
  await hub.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  const waiting = [...manifestCases.entries()];
  const ask = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { what, text: manifest, ending = ".yaml" }] = next;
      const file = join(folder, `${index}${ending}`);
      writeFileSync(file, manifest);
      refusals.set(what, await refusalOf(file));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
});

afterAll(async () => {
  await hub?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function refusalOf(path: string): Promise<string> {
  try {
    await hub.kubectl(["apply", "--dry-run=server", "--validate=strict", "-f", path]);
    return "";
  } catch (error) {
    return String(error) || "refused";
  }
}

function findingsOf(path: string): string {
  return validateFiles([path])
    .findings.map((finding) => `${finding.path}: ${finding.message}`)
    .join("\n");
}

const fileOf = (wanted: ManifestCase): string =>
  join(folder, `${manifestCases.indexOf(wanted)}${wanted.ending ?? ".yaml"}`);
const titled = (cases: readonly ManifestCase[]) => cases.map((one) => [one.what, one] as const);

describe("kubectl tributary validate says what kubectl apply --dry-run=server with strict validation says", () => {
  it.each(titled(manifestCases.filter(({ finding }) => finding === undefined)))("takes %s", (what, one) => {
    expect(refusals.get(what)).toBe("");
    expect(findingsOf(fileOf(one))).toBe("");
  });

  it.each(titled(manifestCases.filter(({ finding, stricter }) => finding !== undefined && stricter === undefined)))(
    "refuses %s",
    (what, one) => {
      expect(refusals.get(what)).not.toBe("");
      expect(findingsOf(fileOf(one))).toContain(one.finding);
    },
  );

  it.each(titled(manifestCases.filter(({ stricter }) => stricter !== undefined)))(
    "refuses %s, which kubectl takes",
    (what, one) => {
      expect(refusals.get(what)).toBe("");
      expect(findingsOf(fileOf(one))).toContain(one.finding);
    },
  );

  it("takes the files of a folder that kubectl takes", async () => {
    const [one] = manifestCases;
    if (one === undefined) throw new Error("there is no case");
    const mixed = join(folder, "mixed");
    mkdirSync(join(mixed, "below"), { recursive: true });
    for (const name of ["a.yml", "b.txt", "c.yaml.bak", "below/d.yaml"])
      writeFileSync(join(mixed, name), name === "a.yml" ? one.text : "kind: rubbish\n");
    expect(await refusalOf(mixed)).toBe("");
    expect(validateFiles([mixed])).toMatchObject({ checked: 1, findings: [] });
    const besides = {
      "d.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\n",
      "e.yaml": "",
      "f.yaml": "# nothing\n",
      "g.yaml": "apiVersion: v1\nkind: List\nitems: []\n",
    };
    for (const [name, text] of Object.entries(besides)) writeFileSync(join(mixed, name), text);
    expect(await refusalOf(mixed)).toBe("");
    expect(validateFiles([mixed])).toMatchObject({ checked: 1, others: ["v1 ConfigMap"], findings: [] });
    mkdirSync(join(folder, "empty"));
    expect(await refusalOf(join(folder, "empty"))).not.toBe("");
    expect(validateFiles([join(folder, "empty")]).findings).toMatchObject([{ isUnreadable: true }]);
  });
});
