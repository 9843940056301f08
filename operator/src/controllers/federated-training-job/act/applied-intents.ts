import type { ResourceKind } from "@tributary/contracts";
import { hashText } from "../render/hash-text.ts";
import type { AppliedIntents } from "./act.ts";

/** Tells whether an object that was applied is still in the cache. */
export type IsPresent = (kind: ResourceKind, namespace: string, name: string) => boolean;

const limit = 20_000;

/** Remembers intents by hash, at most {@link limit}; an object that went from the cache is applied again. */
export function createAppliedIntents(isPresent: IsPresent): AppliedIntents {
  const hashes = new Map<string, string>();
  return {
    isCurrent({ kind, object }) {
      const { name, namespace = "" } = object.metadata;
      const isSame = hashes.get(keyOf(kind, namespace, name)) === hashText(JSON.stringify(object));
      return isSame && isPresent(kind, namespace, name);
    },
    remember({ kind, object }) {
      const { name, namespace = "" } = object.metadata;
      if (hashes.size >= limit) hashes.clear();
      hashes.set(keyOf(kind, namespace, name), hashText(JSON.stringify(object)));
    },
  };
}

function keyOf(kind: ResourceKind, namespace: string, name: string): string {
  return `${kind.plural}/${namespace}/${name}`;
}
