import { type KubeObject, objectKey } from "../api/object.ts";

/** A change of one object in a cache. `isTombstone`: the delete itself was missed, `object` is the last state seen. */
export type CacheChange<T> =
  | { readonly type: "added"; readonly key: string; readonly object: T }
  | { readonly type: "updated"; readonly key: string; readonly object: T; readonly previous: T }
  | { readonly type: "removed"; readonly key: string; readonly object: T; readonly isTombstone: boolean };

/** Values under which an object is found again; an empty list leaves it out of the index. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Reading side of a cache. Objects are frozen: they are the cache's own, shared with every reader. */
export interface ObjectReader<T extends KubeObject> {
  get(key: string): T | undefined;
  /** All objects, in no particular order. */
  list(): T[];
  keys(): IterableIterator<string>;
  readonly size: number;
  /**
   * Objects that `index` files under `value`.
   *
   * @throws RangeError when the cache has no such index.
   */
  byIndex(index: string, value: string): T[];
}

/** Called with each change in order, synchronously. What it throws is reported, and does not stop other listeners. */
export type ChangeListener<T> = (change: CacheChange<T>) => void;

/** Objects of one resource by key, with indices and change events. Only its reflector writes to it. */
export interface ObjectCache<T extends KubeObject> extends ObjectReader<T> {
  /** Stores an object that was added or changed; one that is equal by resource version changes nothing. */
  upsert(object: T): void;
  /** Removes an object whose delete was seen. */
  remove(object: T): void;
  /**
   * Starts a replacement of the whole content, fed page by page. `isOtherHistory`: the API server was restored from a
   * backup, so equal resource versions prove nothing.
   */
  beginReplace(isOtherHistory?: boolean): Replacement<T>;
  /** Adds a listener; it gets the present objects as `added` first. Returns the function that removes it. */
  listen(listener: ChangeListener<T>): () => void;
}

/** A new content that arrives in pages. Objects count at once; what is missing is removed on `commit`. */
export interface Replacement<T> {
  add(object: T): void;
  /** Removes every object that was not among the pages, as a tombstone. */
  commit(): void;
}

/** What a cache is made from. */
export interface ObjectCacheOptions<T extends KubeObject> {
  readonly indices?: Readonly<Record<string, IndexFunction<T>>>;
  /** Told of what a listener or an index function throws, with the key of the object. */
  readonly onError: (error: unknown, key: string) => void;
  /** Freeze objects through all levels (default), or leave that to trust. */
  readonly freeze?: boolean;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}

/** Key of an object in its cache: `namespace/name` or `name`. */
export function cacheKey(object: KubeObject): string {
  return objectKey(object.metadata);
}

/** Makes an empty cache. */
export function createObjectCache<T extends KubeObject>(options: ObjectCacheOptions<T>): ObjectCache<T> {
  const objects = new Map<string, T>();
  const listeners = new Set<ChangeListener<T>>();
  const indexFunctions = Object.entries(options.indices ?? {});
  const indices = new Map(indexFunctions.map(([name]) => [name, new Map<string, Set<string>>()]));

  function guarded(key: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      options.onError(error, key);
    }
  }

  function eachIndexValue(
    key: string,
    object: T,
    visit: (index: Map<string, Set<string>>, value: string) => void,
  ): void {
    for (const [name, valuesOf] of indexFunctions) {
      const index = indices.get(name);
      if (!index) continue;
      guarded(key, () => {
        for (const value of valuesOf(object)) visit(index, value);
      });
    }
  }

  function fileInIndices(key: string, object: T): void {
    eachIndexValue(key, object, (index, value) => {
      const filed = index.get(value);
      if (filed) filed.add(key);
      else index.set(value, new Set([key]));
    });
  }

  function unfileFromIndices(key: string, object: T): void {
    eachIndexValue(key, object, (index, value) => {
      const filed = index.get(value);
      filed?.delete(key);
      if (filed?.size === 0) index.delete(value);
    });
  }

  function announce(change: CacheChange<T>): void {
    for (const listener of listeners) guarded(change.key, () => listener(change));
  }

  function removeKey(key: string, last: T | undefined, isTombstone: boolean): void {
    const previous = objects.get(key);
    if (previous === undefined) return;
    objects.delete(key);
    unfileFromIndices(key, previous);
    announce({ type: "removed", key, object: last ?? previous, isTombstone });
  }

  function upsert(object: T, isOtherHistory = false): string {
    const key = cacheKey(object);
    const previous = objects.get(key);
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      // Deleted and created again under the same name while nobody looked: two objects, so two changes.
      removeKey(key, undefined, true);
    } else if (previous !== undefined) {
      const isSame = previous.metadata.resourceVersion === object.metadata.resourceVersion;
      if (isSame && !isOtherHistory) return key;
      unfileFromIndices(key, previous);
    }
    if (options.freeze ?? true) deepFreeze(object);
    objects.set(key, object);
    fileInIndices(key, object);
    const isUpdate = previous !== undefined && previous.metadata.uid === object.metadata.uid;
    announce(isUpdate ? { type: "updated", key, object, previous } : { type: "added", key, object });
    return key;
  }

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    keys: () => objects.keys(),
    get size() {
      return objects.size;
    },
    byIndex(index, value) {
      const found = indices.get(index);
      if (!found) throw new RangeError(`index "${index}" is not one of: ${[...indices.keys()].join(", ")}`);
      return [...(found.get(value) ?? [])].map((key) => objects.get(key) as T);
    },
    upsert: (object) => void upsert(object),
    remove(object) {
      const key = cacheKey(object);
      if (objects.get(key)?.metadata.uid === object.metadata.uid) removeKey(key, object, false);
    },
    beginReplace(isOtherHistory = false) {
      const seen = new Set<string>();
      return {
        add: (object) => void seen.add(upsert(object, isOtherHistory)),
        commit() {
          for (const key of [...objects.keys()]) if (!seen.has(key)) removeKey(key, undefined, true);
        },
      };
    },
    listen(listener) {
      listeners.add(listener);
      for (const [key, object] of objects) guarded(key, () => listener({ type: "added", key, object }));
      return () => listeners.delete(listener);
    },
  };
}
