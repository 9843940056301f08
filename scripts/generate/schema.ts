/** The part of an OpenAPI v3 schema that CRDs use. */
export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** A CEL rule with the path of its `self`. */
export interface CollectedRule {
  readonly path: readonly string[];
  readonly rule: string;
  readonly message: string;
  /** Field below `self` that the rule is about, as `.schedule.synchronous.quorum`. */
  readonly fieldPath?: string;
}

/** A list whose entries must differ. */
export interface CollectedList {
  readonly path: readonly string[];
  /** Fields that tell entries apart; none when the whole entry does. */
  readonly keys: readonly string[];
}

/** The schema as JSON Schema that refuses unknown fields, as the API server does with strict field validation. */
export function toJsonSchema(schema: JsonSchema): JsonSchema {
  return convert(schema, true);
}

/** The schema for type generation: as {@link toJsonSchema}, and fields with a default are required, as they are read. */
export function toOpenSchema(schema: JsonSchema): JsonSchema {
  const withKind = {
    ...schema,
    required: ["metadata", ...((schema.required as string[] | undefined) ?? [])],
    properties: { ...schema.properties, metadata: { tsType: "ObjectMeta", description: "Metadata of the object." } },
  };
  return requireDefaults(convert(withKind, true));
}

/** Every validation rule below `schema` but transition rules, which name `oldSelf`. */
export function collectRules(schema: JsonSchema, path: readonly string[] = []): CollectedRule[] {
  const own = (schema["x-kubernetes-validations"] as Omit<CollectedRule, "path">[] | undefined) ?? [];
  const here = own
    .filter(({ rule }) => !rule.includes("oldSelf"))
    .map(({ rule, message, fieldPath }) => ({
      path,
      rule,
      message,
      ...(fieldPath === undefined ? {} : { fieldPath }),
    }));
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    collectRules(child, [...path, name]),
  );
  const items = schema.items === undefined ? [] : collectRules(schema.items, [...path, "*"]);
  return [...here, ...below, ...items];
}

/** Every list below `schema` whose entries must differ: in all, or in the fields that are their keys. */
export function collectUniqueLists(schema: JsonSchema, path: readonly string[] = []): CollectedList[] {
  const type = schema["x-kubernetes-list-type"];
  const keys = (schema["x-kubernetes-list-map-keys"] as string[] | undefined) ?? [];
  const here = type === "map" || type === "set" ? [{ path, keys }] : [];
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    collectUniqueLists(child, [...path, name]),
  );
  const items = schema.items === undefined ? [] : collectUniqueLists(schema.items, [...path, "*"]);
  return [...here, ...below, ...items];
}

function convert(schema: JsonSchema, closed: boolean): JsonSchema {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) if (!key.startsWith("x-kubernetes-")) result[key] = value;
  if (schema["x-kubernetes-int-or-string"] === true) result.type = ["integer", "string"];
  if (schema.items !== undefined) result.items = convert(schema.items, closed);
  if (typeof schema.additionalProperties === "object")
    result.additionalProperties = convert(schema.additionalProperties, closed);
  if (schema.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, child]) => [name, convert(child, closed)]),
    );
    if (closed) result.additionalProperties = false;
  }
  return result;
}

function requireDefaults(schema: JsonSchema): JsonSchema {
  const result: Record<string, unknown> = { ...schema };
  if (schema.items !== undefined) result.items = requireDefaults(schema.items);
  if (schema.properties !== undefined) {
    const children = Object.entries(schema.properties).map(([name, child]) => [name, requireDefaults(child)] as const);
    result.properties = Object.fromEntries(children);
    const defaulted = children.filter(([, child]) => "default" in child).map(([name]) => name);
    result.required = [...new Set([...((schema.required as string[] | undefined) ?? []), ...defaulted])];
  }
  return result;
}
