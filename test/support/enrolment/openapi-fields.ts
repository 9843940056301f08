/** A schema of an API server's OpenAPI document, as far as fields are found by it. */
interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

/** The schemas of an OpenAPI document by name. */
export type Schemas = Readonly<Record<string, Schema>>;

/** Every field that an object of a schema may have, with a value of its kind: what a version of the API server knows, and not what a test thought of. */
export function fieldsOf(schemas: Schemas, name: string): ReadonlyMap<string, unknown> {
  const { properties = {} } = schemas[name] ?? {};
  if (Object.keys(properties).length === 0) throw new Error(`no schema ${name}`);
  return new Map(Object.entries(properties).map(([field, schema]) => [field, sampleOf(schemas, schema, 0)]));
}

function sampleOf(schemas: Schemas, schema: Schema, depth: number): unknown {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) return sampleOf(schemas, schemas[reference.split("/").at(-1)!] ?? {}, depth);
  if (schema.type === "array") return depth > 4 ? [] : [sampleOf(schemas, schema.items ?? {}, depth + 1)];
  if (schema.additionalProperties !== undefined) return { smuggled: "smuggled" };
  if (schema.properties !== undefined) {
    const fields = depth > 4 ? [] : Object.entries(schema.properties);
    return Object.fromEntries(fields.map(([field, each]) => [field, sampleOf(schemas, each, depth + 1)]));
  }
  if (schema.type === "integer" || schema.type === "number") return 4_711;
  return schema.type === "boolean" ? true : "smuggled";
}
