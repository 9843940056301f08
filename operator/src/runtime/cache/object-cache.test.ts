import { describe, expect, it } from "vitest";
import type { KubeObject } from "../api/object.ts";
import { byLabel, byNamespace, byOwnerUid } from "./index-functions.ts";
import { type CacheChange, createObjectCache } from "./object-cache.ts";

function pod(name: string, version: number, more: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return { metadata: { name, namespace: "n", uid: `uid-${name}`, resourceVersion: String(version), ...more } };
}

function makeCache() {
  const errors: { error: unknown; key: string }[] = [];
  const changes: CacheChange<KubeObject>[] = [];
  const cache = createObjectCache<KubeObject>({
    indices: { namespace: byNamespace, job: byLabel("job"), owner: byOwnerUid },
    onError: (error, key) => errors.push({ error, key }),
  });
  cache.listen((change) => changes.push(change));
  return { cache, changes, errors, types: () => changes.map((change) => change.type) };
}

describe("object cache", () => {
  it("finds objects by namespace, label and owner, and forgets old values", () => {
    const { cache } = makeCache();
    const owner = { apiVersion: "v1", kind: "Job", name: "j", uid: "owner-1" };
    cache.upsert(pod("a", 1, { labels: { job: "x" }, ownerReferences: [owner] }));
    cache.upsert(pod("b", 2, { labels: { job: "x" } }));
    cache.upsert(pod("a", 3, { labels: { job: "y" } }));
    const names = (objects: KubeObject[]) => objects.map(({ metadata }) => metadata.name);
    expect(names(cache.byIndex("job", "x"))).toEqual(["b"]);
    expect(names(cache.byIndex("job", "y"))).toEqual(["a"]);
    expect(cache.byIndex("owner", "owner-1")).toEqual([]);
    expect(names(cache.byIndex("namespace", "n")).sort()).toEqual(["a", "b"]);
    expect(() => cache.byIndex("zone", "z")).toThrow('index "zone" is not one of: namespace, job, owner');
  });

  it("freezes objects through all levels", () => {
    const { cache } = makeCache();
    cache.upsert(pod("a", 1, { labels: { job: "x" } }));
    const held = cache.get("n/a") as KubeObject;
    expect(() => {
      (held.metadata.labels as Record<string, string>).job = "y";
    }).toThrow(TypeError);
  });

  it("says nothing of an object that has not changed", () => {
    const { cache, types } = makeCache();
    cache.upsert(pod("a", 1));
    cache.upsert(pod("a", 1));
    expect(types()).toEqual(["added"]);
  });

  it("takes an equal version for a change when the history is another one", () => {
    const { cache, types } = makeCache();
    cache.upsert(pod("a", 1));
    const replacement = cache.beginReplace(true);
    replacement.add(pod("a", 1, { labels: { job: "restored" } }));
    replacement.commit();
    expect(types()).toEqual(["added", "updated"]);
    expect(cache.byIndex("job", "restored").length).toBe(1);
  });

  it("tells a re-created object from a changed one by its uid", () => {
    const { cache, changes } = makeCache();
    cache.upsert(pod("a", 1));
    cache.upsert(pod("a", 5, { uid: "uid-other" }));
    expect(changes.map(({ type, object }) => [type, object.metadata.uid])).toEqual([
      ["added", "uid-a"],
      ["removed", "uid-a"],
      ["added", "uid-other"],
    ]);
    expect(changes[1]).toMatchObject({ isTombstone: true });
  });

  it("ignores the delete of an object that was re-created since", () => {
    const { cache } = makeCache();
    cache.upsert(pod("a", 5, { uid: "uid-other" }));
    cache.remove(pod("a", 6));
    expect(cache.get("n/a")?.metadata.uid).toBe("uid-other");
  });

  it("gives a tombstone with the last state for a delete that nobody saw", () => {
    const { cache, changes } = makeCache();
    cache.upsert(pod("a", 1));
    cache.upsert(pod("b", 2));
    const replacement = cache.beginReplace();
    replacement.add(pod("b", 2));
    replacement.commit();
    expect(changes.at(-1)).toMatchObject({ type: "removed", key: "n/a", isTombstone: true });
    expect(cache.size).toBe(1);
  });

  it("reports what a listener throws and still tells the others", () => {
    const { cache, errors } = makeCache();
    const heard: string[] = [];
    cache.listen(() => {
      throw new Error("listener broke");
    });
    cache.listen(({ key }) => heard.push(key));
    cache.upsert(pod("a", 1));
    expect(heard).toEqual(["n/a"]);
    expect(errors).toEqual([{ error: new Error("listener broke"), key: "n/a" }]);
  });

  it("gives a late listener the present objects, and no more once it is removed", () => {
    const { cache } = makeCache();
    cache.upsert(pod("a", 1));
    const heard: string[] = [];
    const stopListening = cache.listen(({ type, key }) => heard.push(`${type} ${key}`));
    cache.upsert(pod("b", 2));
    stopListening();
    cache.upsert(pod("c", 3));
    expect(heard).toEqual(["added n/a", "added n/b"]);
  });
});
