import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { compile } from "json-schema-to-typescript";
import { parse } from "yaml";
import { collectRules, collectUniqueLists, type JsonSchema, toJsonSchema, toOpenSchema } from "./schema.ts";

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string };
    readonly scope: string;
    readonly group: string;
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: JsonSchema } }[];
  };
}

const notice = "Generated from crds/ by scripts/generate.ts. Do not edit.";

/** Writes types, validators and rules made from the CRDs in `source` to the folder `target`. */
export async function generateApi(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  const crds = readdirSync(source)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => parse(readFileSync(join(source, name), "utf8")) as Crd);
  writeFileSync(join(target, "types.ts"), await renderTypes(crds));
  writeFileSync(join(target, "validators.js"), renderValidators(crds));
  writeFileSync(join(target, "validators.d.ts"), renderValidatorTypes(crds));
  writeFileSync(join(target, "rules.ts"), renderRules(crds));
}

function schemaOf(crd: Crd): JsonSchema {
  const version = crd.spec.versions[0];
  if (version === undefined) throw new Error(`${crd.spec.names.kind} has no version`);
  return version.schema.openAPIV3Schema;
}

async function renderTypes(crds: readonly Crd[]): Promise<string> {
  const parts = [`/** ${notice} */\n`, 'import type { ObjectMeta } from "../../api/object-meta.ts";\n'];
  for (const crd of crds) {
    const kind = crd.spec.names.kind;
    const text = await compile(toOpenSchema(schemaOf(crd)) as never, kind, {
      bannerComment: "",
      additionalProperties: false,
      strictIndexSignatures: false,
      format: false,
      ignoreMinAndMaxItems: true,
    });
    parts.push(text);
  }
  return parts.join("\n");
}

function renderValidators(crds: readonly Crd[]): string {
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    useDefaults: true,
    code: { source: true, esm: true, lines: true },
    formats: { "date-time": true, int64: true },
  });
  for (const crd of crds) ajv.addSchema({ ...toJsonSchema(schemaOf(crd)), $id: crd.spec.names.kind });
  const names = Object.fromEntries(crds.map((crd) => [`validate${crd.spec.names.kind}`, crd.spec.names.kind]));
  return `// ${notice}\n${esmRequires(standaloneCode.default(ajv, names))}`;
}

/** ajv writes its two runtime helpers as `require` calls even for ES modules. */
function esmRequires(code: string): string {
  const imports: string[] = [];
  const body = code.replace(
    /const (\w+) = require\("(ajv\/dist\/runtime\/\w+)"\)\.default;/gu,
    (_all, name: string, module: string) => {
      imports.push(
        `import ${name}Module from "${module}.js";\nconst ${name} = ${name}Module.default ?? ${name}Module;`,
      );
      return "";
    },
  );
  return `${[...new Set(imports)].join("\n")}\n${body.replace('"use strict";', "")}`;
}

function renderValidatorTypes(crds: readonly Crd[]): string {
  const lines = [
    `/** ${notice} */`,
    "",
    "/** One finding of a validator. */",
    "export interface SchemaFinding { readonly instancePath: string; readonly keyword: string; readonly params: Readonly<Record<string, unknown>>; readonly message?: string }",
    "/** A compiled schema: true when the value fits; fills in defaults; findings of the last call in `errors`. */",
    "export interface SchemaValidator { (value: unknown): boolean; errors?: readonly SchemaFinding[] | null }",
  ];
  for (const { spec } of crds)
    lines.push(`/** Validates a ${spec.names.kind}. */`, `export const validate${spec.names.kind}: SchemaValidator;`);
  return `${lines.join("\n")}\n`;
}

function renderRules(crds: readonly Crd[]): string {
  const rules = Object.fromEntries(crds.map((crd) => [crd.spec.names.kind, collectRules(schemaOf(crd))]));
  const lists = Object.fromEntries(
    crds.map((crd) => [
      crd.spec.names.kind,
      collectUniqueLists(schemaOf(crd)).filter(({ path }) => path[0] !== "status"),
    ]),
  );
  return [
    `/** ${notice} */`,
    "",
    "/** A CEL rule of a CRD: `path` leads to the value that is `self`, `*` stands for every item; `fieldPath` to the field below it. */",
    "export interface SchemaRule { readonly path: readonly string[]; readonly rule: string; readonly message: string; readonly fieldPath?: string }",
    "",
    "/** The CEL rules of every kind, without the transition rules, which need the old object. */",
    `export const schemaRules: Readonly<Record<string, readonly SchemaRule[]>> = ${JSON.stringify(rules, null, 2)};`,
    "",
    "/** A list of a spec whose entries must differ: in the fields `keys`, or wholly when there are none. */",
    "export interface UniqueList { readonly path: readonly string[]; readonly keys: readonly string[] }",
    "",
    "/** The lists of every kind whose entries must differ. */",
    `export const uniqueLists: Readonly<Record<string, readonly UniqueList[]>> = ${JSON.stringify(lists, null, 2)};`,
    "",
  ].join("\n");
}
