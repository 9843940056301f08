import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

  it("may hold nothing of ours beside a file that does, as in a folder for kubectl", () => {
    const deploy = join(folder, "deploy");
    mkdirSync(deploy);
    const texts = { "job.yaml": member, "notes.yaml": configMap, "empty.yaml": "", "comment.yml": "# nothing\n" };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(deploy, name), text);
    expect(validateFiles([deploy])).toEqual({ checked: 1, others: ["v1 ConfigMap"], findings: [] });
    const named = Object.keys(texts).map((name) => join(deploy, name));
    expect(validateFiles(named)).toMatchObject({ checked: 1, findings: [] });
    rmSync(join(deploy, "job.yaml"));
    expect(validateFiles([deploy, file("")]).findings.map(describeFinding)).toEqual([
      `${deploy}: holds no object of Tributary, only v1 ConfigMap`,
      `${folder}/all.yaml: holds no object of Tributary`,
    ]);
  });

  it("leave kinds of other groups to these, also those that are called as ours are", () => {
    const fleet = "apiVersion: cluster.kubernetes-fleet.io/v1\nkind: MemberCluster\nmetadata: {name: aws}\n";
    expect(told(`${member}---\n${fleet}`)).toBe(
      "1 object is valid; left to other APIs: cluster.kubernetes-fleet.io/v1 MemberCluster",
    );
  });

  it.each([
    ["an object", "{toString: a}"],
    ["a list", "[a]"],
    ["nothing", "null"],
  ])("are all judged when %s stands where a name belongs", (_what, name) => {
    const nameless = member.replace("{name: aws}", `{name: ${name}}`);
    expect(lines(`${nameless}---\n${member.replace("research", "5")}`)).toEqual([
      expect.stringContaining("all.yaml:1: MemberCluster/?: metadata.name: is "),
      expect.stringContaining("all.yaml:8: MemberCluster/aws: spec.namespaces[0].hub: is 5"),
    ]);
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
    ["v1alpha1", "MemberCluster"],
    ["federated.example.com/v1", "FederatedTrainingJob"],
  ])("name a group or version that is not served: %s %s", (apiVersion, kind) => {
    expect(lines(`apiVersion: ${apiVersion}\nkind: ${kind}\n`)).toEqual([
      expect.stringContaining(`apiVersion: ${apiVersion} is not served; write tributary.dev/v1alpha1`),
    ]);
  });

  it.each([
    [
      "tributary.dev/v1",
      "MemberClusterList",
      "apiVersion: tributary.dev/v1 is not served; write tributary.dev/v1alpha1",
    ],
    [
      "tributary.io/v1alpha1",
      "MemberClusterList",
      "apiVersion: tributary.io/v1alpha1 is not served; write tributary.dev",
    ],
    ["v1", "MemberClusterList", "apiVersion: v1 is not served; write tributary.dev/v1alpha1"],
    ["v1", "MemberCluster", "apiVersion: v1 is not served; write tributary.dev/v1alpha1"],
    ["nowhere.example.com/v9", "MemberClusterList", 'v9"; must be tributary.dev/v1alpha1, which has MemberClusterList'],
    [
      "tributary.dev/v1alpha1",
      "MemberClustersList",
      'kind: is "MemberClustersList"; the lists of tributary.dev/v1alpha1',
    ],
    ["tributary.dev/v1alpha1", "null", "kind: is null; the lists of tributary.dev/v1alpha1 are"],
    [
      "tributary.io/v1alpha1",
      "List",
      'apiVersion: is "tributary.io/v1alpha1", which no API server need have; write v1',
    ],
    ["v2", "List", 'apiVersion: is "v2", which no API server need have; write v1'],
  ])("name the type of a list that there is not, whatever its items say: %s %s", (apiVersion, kind, said) => {
    const list = `apiVersion: ${apiVersion}\nkind: ${kind}\nitems:\n- ${member.replaceAll("\n", "\n  ")}`;
    expect(lines(list)).toEqual([expect.stringContaining(said)]);
  });

  it.each(["v1", "apps/v1", "tributary.dev/v1alpha1"])("may be a List of %s, which kubectl takes", (apiVersion) => {
    const list = `apiVersion: ${apiVersion}\nkind: List\nitems:\n- ${member.replaceAll("\n", "\n  ")}`;
    expect(told(list)).toBe("1 object is valid");
    for (const [items, is] of [
      ["", "absent"],
      ["items: null\n", "null"],
    ])
      expect(lines(`apiVersion: ${apiVersion}\nkind: List\n${items}---\n${member}`)).toEqual([
        expect.stringContaining(`all.yaml:1: List/?: items: is ${is}; must be a list of objects`),
      ]);
  });

  it("leave a list of another group's kind to that group, also where it is called as ours is", () => {
    const fleet =
      "apiVersion: cluster.kubernetes-fleet.io/v1\nkind: MemberClusterList\nitems: [{metadata: {name: aws}}]\n";
    expect(told(`${member}---\n${fleet}`)).toBe(
      "1 object is valid; left to other APIs: cluster.kubernetes-fleet.io/v1 MemberCluster",
    );
  });

  it.each([
    [
      "with empty types of its own",
      "{apiVersion: null, kind: '', metadata: {name: A}}",
      "MemberCluster/A: metadata.name",
    ],
    ["with a kind alone", "{kind: MemberCluster}", "apiVersion: is absent"],
    [
      "that is a List of nothing",
      "{apiVersion: v1, kind: List, items: null}",
      'kind: is "List"; must be MemberCluster',
    ],
    ["with items that are a mapping", "{metadata: {name: a}, items: {a: 1}}", "items: is not a field of this kind"],
  ])("may hold a list with an item %s", (_what, item, said) => {
    const list = `apiVersion: tributary.dev/v1alpha1\nkind: MemberClusterList\nitems: [${item}]\n`;
    expect(lines(list).join("\n")).toContain(said);
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

  it("end at merges of merges of nothing", () => {
    const bomb = ["a0: &a0 {}"];
    for (let n = 1; n < 12; n += 1)
      bomb.push(
        `a${n}: &a${n} {<<: [${Array(10)
          .fill(`*a${n - 1}`)
          .join(", ")}]}`,
      );
    expect(lines(bomb.join("\n"))).toEqual([expect.stringContaining("its aliases make more than")]);
  });

  it("are read on when a value is deeper than anything", () => {
    expect(lines("[".repeat(20_000))).toHaveLength(1);
  });

  it("that cannot be read are named, and hide nothing of the others", () => {
    const mixed = join(folder, "mixed");
    mkdirSync(join(mixed, "empty"), { recursive: true });
    writeFileSync(join(mixed, "a.yaml"), member.replace("aws}", "Aws}"));
    symlinkSync(join(folder, "nowhere"), join(mixed, "b.yaml"));
    writeFileSync(join(mixed, "c.yaml"), member.replace("research", "5"));
    const paths = [join(folder, "missing.yaml"), mixed, join(mixed, "empty"), `${member}\n`];
    const { checked, findings } = validateFiles(paths);
    expect(checked).toBe(2);
    expect(findings.map(describeFinding)).toEqual([
      `${folder}/missing.yaml: cannot be read; name a YAML or JSON file that exists`,
      expect.stringContaining("a.yaml:1: MemberCluster/Aws: metadata.name: "),
      `${mixed}/b.yaml: cannot be read; name a YAML or JSON file that exists`,
      expect.stringContaining("c.yaml:1: MemberCluster/aws: spec.namespaces[0].hub: "),
      `${mixed}/empty: is a folder without a file that ends in .json, .yaml, .yml`,
      "a text that is no path: cannot be read; name a YAML or JSON file that exists",
    ]);
    expect(findings.map(({ isUnreadable = false }) => isUnreadable)).toEqual([true, false, true, false, true, true]);
  });
});

describe("findings", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const body = key.split("\n").slice(1, -2).join("");
  const inBase64 = Buffer.from(key).toString("base64");
  const gate = (value: string): string => `${member}  gate: ${value}\n`;
  const block = (text: string): string => `\n    caBundle: |\n${text.replace(/^/gmu, "      ")}`;

  it.each<[string, string]>([
    ["before the certificates of a gate", gate(block(key))],
    ["in a bundle that is too long", gate(block(`${key}${"#".repeat(20_000)}\n`))],
    ["in a bundle that is too long, without its mark", gate(block(`${body}\n${"#".repeat(20_000)}\n`))],
    ["in a bundle without its mark", gate(block(body))],
    ["in a bundle, in base64", gate(`{caBundle: ${inBase64}}`)],
    ["in a list for a bundle", gate(`{caBundle: [${body}]}`)],
    ["as the whole gate", gate(body)],
    ["as the whole gate, in base64", gate(inBase64)],
    ["as another field of the gate", gate(`{caBundle: a, caKey: ${body}}`)],
    ["as the whole spec", member.replace(/spec:[\s\S]*/u, `spec: |\n${key.replace(/^/gmu, "  ")}`)],
    ["that is indented wrongly", gate(`\n    caBundle: |\n${key}`)],
    ["behind the mark of a text", gate(`{caBundle: |${body}}`)],
    ["behind the mark of a block", gate(`\n    caBundle: |${body}\n      a\n`)],
    ["with a tag that it does not fit", `${member}---\napiVersion: v1\nkind: Secret\ndata: {key: !!binary ${body}!}\n`],
    ["with a tag of numbers", `${member}---\napiVersion: v1\nkind: Secret\ndata: {key: !!int ${body}}\n`],
    ["as a tag", `${member}---\napiVersion: v1\nkind: Secret\ndata: {key: "a" !<${body}>}\n`],
    ["as a file", key],
    ["as a file, without its marks", body],
    ["as a file, in base64", inBase64],
    ["as the way in", member.replace("{kubeconfig: {secretName: member-aws}}", body)],
    ["as a kubeconfig", member.replace("{secretName: member-aws}", body)],
    [
      "in a pasted kubeconfig",
      member.replace(
        "{kubeconfig: {secretName: member-aws}}",
        `\n    kubeconfig: |\n      users: [{user: {token: ${body}}}]`,
      ),
    ],
    ["in a list for the Secret's name", member.replace("member-aws", `[${body}]`)],
    ["in a list for a kubeconfig", member.replace("{secretName: member-aws}", `[{token: ${body}}]`)],
    ["as the metadata", member.replace("{name: aws}", body)],
    ["as the labels", member.replace("{name: aws}", `{name: aws, labels: ${body}}`)],
    ["as the finalizers", member.replace("{name: aws}", `{name: aws, finalizers: ${body}}`)],
    ["in a list for the name", member.replace("{name: aws}", `{name: [${body}]}`)],
    [
      "under an annotation's name that is none",
      member.replace("{name: aws}", `{name: aws, annotations: {"a b": ${body}}}`),
    ],
    ["as a name of several lines", member.replace("{name: aws}", `{name: "${key.replaceAll("\n", "\\n")}"}`)],
    ["in a list of namespaces", member.replace("[{hub: research, member: jobs}]", `[${body}]`)],
    ["as the namespaces", member.replace("[{hub: research, member: jobs}]", body)],
    ["in an object for a namespace", member.replace("hub: research", `hub: {token: ${body}}`)],
    ["as the whole spec, without its marks", member.replace(/spec:[\s\S]*/u, `spec: ${body}`)],
    ["as the items of a list", `apiVersion: v1\nkind: List\nitems: ${body}\n`],
    ["in an object for a kind", `apiVersion: v1\nkind: {token: ${body}}\n`],
    ["in a list for an apiVersion", `apiVersion: [${body}]\nkind: List\nitems: []\n`],
    ["in a list of objects", `apiVersion: v1\nkind: List\nitems: [${body}]\n`],
    ["in JSON", `{"apiVersion": "v1", "kind": "Secret", "data": {"key": ${body}}}`],
  ])("show nothing of a key %s", (_where, text) => {
    const found = lines(text);
    expect(found.length).toBeGreaterThan(0);
    // Any eight characters in a row: a cut value is a part of the key too.
    for (const secret of [body, inBase64.slice(40)])
      for (let at = 0; at + 8 <= secret.length; at += 1)
        expect(found.join("\n")).not.toContain(secret.slice(at, at + 8));
  });
});
