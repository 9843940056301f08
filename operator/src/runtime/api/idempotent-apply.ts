import { createHash } from "node:crypto";
import type { ApiClient, ApplyOptions, CallOptions } from "./api-client.ts";
import { type KubeObject, type ObjectMeta, objectKey } from "./object.ts";
import { type Resource, resourceName } from "./resource.ts";
import { shownFields } from "./shown-fields.ts";

/** Applies an intent unless the object already is as it says. */
export interface IdempotentApply {
  /**
   * Applies `intent`, or gives `live` back when the same intent was applied before and `live`, usually from a cache, still
   * shows what the API server made of it. The first apply of a process always goes out: it takes back fields that an
   * earlier version owned.
   */
  apply<T extends KubeObject>(
    resource: Resource,
    intent: KubeObject,
    live: T | undefined,
    call?: ApplyCall,
  ): Promise<Applied<T>>;
  /** The same for `status`. */
  applyStatus<T extends KubeObject>(
    resource: Resource,
    intent: KubeObject,
    live: T | undefined,
    call?: ApplyCall,
  ): Promise<Applied<T>>;
  /** Whether `live` still shows what the API server made of this very intent, so that an apply would not be sent. */
  isCurrent(resource: Resource, intent: KubeObject, live: KubeObject): boolean;
  /** The object is gone. */
  forget(resource: Resource, object: KubeObject): void;
}

/** One apply, besides its intent. */
export interface ApplyCall extends CallOptions {
  /** What must hold of the object that is there; sent with the intent and no part of it. */
  readonly precondition?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined };
}

/** An object after an apply; `wasSkipped` when nothing was sent. */
export interface Applied<T> {
  readonly object: T;
  readonly wasSkipped: boolean;
}

/** Objects whose last intent is remembered; the ones used longest ago are forgotten first and applied once too often. */
const maxRemembered = 50_000;

type Part = "apply" | "applyStatus";

/**
 * Skips applies that would change nothing; see {@link IdempotentApply}. What is remembered is only how the API server writes
 * an intent down (quantities, defaults): whether an object still is so is read from the object, at every look.
 */
export function createIdempotentApply(client: ApiClient, options: ApplyOptions): IdempotentApply {
  const settled = new Map<string, string>();

  function keyOf(resource: Resource, object: KubeObject, part: Part): string {
    return `${part} ${resourceName(resource)} ${objectKey(object.metadata)}`;
  }

  function remember(key: string, mark: string): void {
    settled.delete(key);
    settled.set(key, mark);
    const oldest = settled.keys().next().value;
    if (settled.size > maxRemembered && oldest !== undefined) settled.delete(oldest);
  }

  async function run<T extends KubeObject>(
    part: Part,
    resource: Resource,
    intent: KubeObject,
    live: T | undefined,
    call: ApplyCall = {},
  ): Promise<Applied<T>> {
    const key = keyOf(resource, intent, part);
    if (live !== undefined && settled.get(key) === markOf(intent, live)) return { object: live, wasSkipped: true };
    const { precondition = {}, ...callOptions } = call;
    const sent: KubeObject = { ...intent, metadata: { ...intent.metadata, ...withoutGaps(precondition) } };
    const object = await client[part]<T>(resource, sent, { ...options, ...callOptions });
    remember(key, markOf(intent, object));
    return { object, wasSkipped: false };
  }

  return {
    apply: (resource, intent, live, call) => run("apply", resource, intent, live, call),
    applyStatus: (resource, intent, live, call) => run("applyStatus", resource, intent, live, call),
    isCurrent: (resource, intent, live) => settled.get(keyOf(resource, intent, "apply")) === markOf(intent, live),
    forget(resource, object) {
      for (const part of ["apply", "applyStatus"] as const) settled.delete(keyOf(resource, object, part));
    },
  };
}

function markOf(intent: KubeObject, live: KubeObject): string {
  const { apiVersion: _version, kind: _kind, ...fields } = intent;
  return `${digest(intent)} ${digest(shownFields(live, fields))}`;
}

function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("base64");
}

function withoutGaps(fields: NonNullable<ApplyCall["precondition"]>): Pick<ObjectMeta, "uid" | "resourceVersion"> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
