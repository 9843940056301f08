import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeFinding, describeSuccess } from "./describe.ts";
import { validateFiles } from "./validate-files.ts";

const member = `apiVersion: tributary.dev/v1alpha1
kind: MemberCluster
metadata: {name: aws}
spec:
  access: {kubeconfig: {secretName: member-aws}}
  namespaces: [{hub: research, member: jobs}]
`;
const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\n";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "manifests-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, "all.yaml");
  writeFileSync(path, text);
  return path;
}
const lines = (text: string): string[] => validateFiles([file(text)]).findings.map(describeFinding);
const told = (text: string): string => describeSuccess(validateFiles([file(text)]));

describe("files of manifests", () => {
  it("are told as valid by number, with what was left to others", () => {
    expect(told(member)).toBe("1 object is valid");
    expect(told(`${member}---\n${member}---\n${configMap}---\n${configMap}`)).toBe(
      "2 objects are valid; left to other APIs: v1 ConfigMap",
    );
  });

  it.each([
    ["", "holds no object of Tributary"],
    ["---\n# nothing\n", "holds no object of Tributary"],
    [configMap, "holds no object of Tributary, only v1 ConfigMap"],
  ])("of which none is ours are never called valid: %j", (text, said) => {
    expect(lines(text)).toEqual([`${folder}/all.yaml: ${said}`]);
  });

  it("have each finding on one line with file, line of the document, object and field", () => {
    const second = member.replace("hub: research", "hub: 5");
    expect(lines(`${member}---\n${second}`)).toEqual([
      `${folder}/all.yaml:8: MemberCluster/aws: spec.namespaces[0].hub: is 5; must be string`,
    ]);
    expect(lines(`apiVersion: v1\nkind: List\nitems: [{apiVersion: tributary.dev/v1, kind: MemberCluster}]\n`)).toEqual(
      [
        `${folder}/all.yaml:1: items[0], MemberCluster/?: apiVersion: tributary.dev/v1 is not served; write tributary.dev/v1alpha1`,
      ],
    );
  });

  it.each([
    ["tributary.dev/v1", "MemberCluster"],
    ["tributary.dev", "MemberCluster"],
    ["tributary.io/v1alpha1", "MemberCluster"],
    ["tribuary.dev/v1alpha1", "Membr"],
    ["federated.example.com/v1", "FederatedTrainingJob"],
  ])("name a group or version that is not served: %s %s", (apiVersion, kind) => {
    expect(lines(`apiVersion: ${apiVersion}\nkind: ${kind}\n`)).toEqual([
      expect.stringContaining(`apiVersion: ${apiVersion} is not served; write tributary.dev/v1alpha1`),
    ]);
  });

  it("go on after a document that is no YAML", () => {
    expect(lines(`a: [\n---\n${member.replace("aws}", "Aws}")}`)).toEqual([
      expect.stringContaining("all.yaml:1: no YAML, from line 1: line 2: "),
      expect.stringContaining("all.yaml:3: MemberCluster/Aws: metadata.name"),
    ]);
  });

  it("make no more values than a manifest has, whatever their aliases say", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let n = 1; n < 9; n += 1)
      bomb.push(
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(", ")}]`,
      );
    expect(lines(bomb.join("\n"))).toEqual([expect.stringContaining("its aliases make more than")]);
  });

  it("are read on when a value is deeper than anything", () => {
    expect(lines("[".repeat(20_000))).toHaveLength(1);
  });

  it("that are not there are named", () => {
    expect(() => validateFiles([join(folder, "missing.yaml")])).toThrow("missing.yaml cannot be read");
  });
});
