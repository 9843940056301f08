import { createHash } from "node:crypto";
import type { ApiClient, ApplyOptions } from "./api-client.ts";
import { type KubeObject, objectKey } from "./object.ts";
import { type Resource, resourceName } from "./resource.ts";

/** Applies an intent unless the object already is as it says. */
export interface IdempotentApply {
  /**
   * Applies `intent`, or gives `live` back when the same intent was applied before and `live`, usually from a cache, still
   * shows all of it. The first apply of a process always goes out: it takes back fields that an earlier version owned.
   */
  apply<T extends KubeObject>(resource: Resource, intent: KubeObject, live: T | undefined): Promise<Applied<T>>;
  /** The same for `status`. */
  applyStatus<T extends KubeObject>(resource: Resource, intent: KubeObject, live: T | undefined): Promise<Applied<T>>;
  /** The object is gone. */
  forget(resource: Resource, object: KubeObject): void;
}

/** An object after an apply; `wasSkipped` when nothing was sent. */
export interface Applied<T> {
  readonly object: T;
  readonly wasSkipped: boolean;
}

/** Objects whose last intent is remembered; the ones used longest ago are forgotten first and applied once too often. */
const maxRemembered = 50_000;

/**
 * Whether `live` shows everything that `intent` says. Lists must be equal in length and order; where an API server
 * normalises a value, the answer is no and the intent is applied again, which changes nothing.
 */
export function covers(live: unknown, intent: unknown): boolean {
  if (Array.isArray(intent)) {
    return (
      Array.isArray(live) && live.length === intent.length && intent.every((item, index) => covers(live[index], item))
    );
  }
  if (typeof intent !== "object" || intent === null) return live === intent;
  if (typeof live !== "object" || live === null) return false;
  const fields = live as Record<string, unknown>;
  return Object.entries(intent).every(([field, value]) => value === undefined || covers(fields[field], value));
}

/** Skips applies that would change nothing; see {@link IdempotentApply}. */
export function createIdempotentApply(client: ApiClient, options: ApplyOptions): IdempotentApply {
  const hashes = new Map<string, string>();

  function keyOf(resource: Resource, object: KubeObject, part: string): string {
    return `${part} ${resourceName(resource)} ${objectKey(object.metadata)}`;
  }

  async function run<T extends KubeObject>(
    part: "apply" | "applyStatus",
    resource: Resource,
    intent: KubeObject,
    live: T | undefined,
  ): Promise<Applied<T>> {
    const key = keyOf(resource, intent, part);
    const hash = createHash("sha256").update(JSON.stringify(intent)).digest("base64");
    const { apiVersion: _version, kind: _kind, ...fields } = intent;
    if (live !== undefined && hashes.get(key) === hash && covers(live, fields))
      return { object: live, wasSkipped: true };
    const object = await client[part]<T>(resource, intent, options);
    hashes.delete(key);
    hashes.set(key, hash);
    const oldest = hashes.keys().next().value;
    if (hashes.size > maxRemembered && oldest !== undefined) hashes.delete(oldest);
    return { object, wasSkipped: false };
  }

  return {
    apply: (resource, intent, live) => run("apply", resource, intent, live),
    applyStatus: (resource, intent, live) => run("applyStatus", resource, intent, live),
    forget(resource, object) {
      for (const part of ["apply", "applyStatus"]) hashes.delete(keyOf(resource, object, part));
    },
  };
}
