import { createLogger, TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { WorkerKind, WorkerObject, WorkerStore } from "../kubernetes/api-server.ts";
import { removeWorkers } from "./remove-workers.ts";

const log = createLogger("test", "silent");
const pageSize = 2;

interface Trouble {
  readonly look?: (namespace: string, kind: WorkerKind) => TributaryError | undefined;
  readonly removal?: (name: string) => TributaryError | undefined;
}

/** Objects of namespaces, in order of their names; removing one removes it at the next look but one, as pods take their time. */
function storeOf(
  objects: Record<string, Partial<Record<WorkerKind, WorkerObject[]>>>,
  trouble: Trouble = {},
): WorkerStore & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async *listLabelled(kind, namespace, label) {
      expect(label).toBe("tributary.dev/origin");
      const error = trouble.look?.(namespace, kind);
      if (error !== undefined) throw error;
      const all = [...(objects[namespace]?.[kind] ?? [])];
      for (let start = 0; start < all.length; start += pageSize) yield all.slice(start, start + pageSize);
    },
    async remove(kind, namespace, object) {
      const error = trouble.removal?.(object.name);
      if (error !== undefined) throw error;
      const again = asked.includes(`${namespace} ${kind} ${object.name}`);
      asked.push(`${namespace} ${kind} ${object.name}`);
      const left = objects[namespace]?.[kind] ?? [];
      if (again || kind === "jobs") {
        objects[namespace] = { ...objects[namespace], [kind]: left.filter(({ uid }) => uid !== object.uid) };
      }
    },
  };
}

const named = (name: string): WorkerObject => ({ name, uid: `uid-${name}` });
const podOf = (batchJob: string, index = 0): WorkerObject => ({
  ...named(`${batchJob}-${index}`),
  batchJob: named(batchJob),
});
const remove = (store: WorkerStore, signal = new AbortController().signal) =>
  removeWorkers({ store, namespaces: ["jobs", "more"], log, pauseMs: 0 }, signal);
const forbidden = (message: string) => new TributaryError("FORBIDDEN", message);

describe("removeWorkers", () => {
  it("removes Jobs, then pods, in every namespace, and looks until nothing is left", async () => {
    const store = storeOf({
      jobs: { jobs: [named("a"), named("b")], pods: [podOf("a")] },
      more: { pods: [named("left-behind")] },
    });
    expect(await remove(store)).toEqual({ jobs: 2, pods: 2 });
    const inJobs = store.asked.filter((each) => each.startsWith("jobs"));
    expect(inJobs.slice(0, 3)).toEqual(["jobs jobs a", "jobs pods a-0", "jobs jobs b"]);
    expect(inJobs.filter((each) => each === "jobs pods a-0")).toHaveLength(2);
  });

  it("lets what runs go first, however many Jobs without pods come before it by name", async () => {
    const suspended = Array.from({ length: 1_000 }, (_, index) => named(`a-${String(index).padStart(4, "0")}`));
    const store = storeOf({ jobs: { jobs: [...suspended, named("z")], pods: [podOf("z", 0), podOf("z", 1)] } });
    expect(await remove(store)).toEqual({ jobs: 1_001, pods: 2 });
    expect(store.asked.slice(0, 3)).toEqual(["jobs jobs z", "jobs pods z-0", "jobs pods z-1"]);
  });

  it("looks again after an error that may pass", async () => {
    let looks = 0;
    const store = storeOf(
      { more: { jobs: [named("a")] } },
      {
        look: (namespace) =>
          namespace === "jobs" && ++looks < 3 ? new TributaryError("API_UNAVAILABLE", "no answer") : undefined,
      },
    );
    expect(await remove(store)).toEqual({ jobs: 1, pods: 0 });
  });

  it("empties the other namespaces before it fails for one that it may not look at", async () => {
    const store = storeOf(
      { more: { jobs: [named("a")] } },
      { look: (namespace) => (namespace === "jobs" ? forbidden("no rights in jobs") : undefined) },
    );
    await expect(remove(store)).rejects.toThrow("no rights in jobs");
    expect(store.asked).toEqual(["more jobs a"]);
  });

  it("removes the Jobs of a namespace whose pods it may not list, and says so", async () => {
    const store = storeOf(
      { jobs: { jobs: [named("a")] } },
      { look: (_namespace, kind) => (kind === "pods" ? forbidden("no rights on pods") : undefined) },
    );
    await expect(remove(store)).rejects.toThrow("no rights on pods");
    expect(store.asked).toEqual(["jobs jobs a"]);
  });

  it("removes all others before it fails for a Job that a webhook keeps", async () => {
    const store = storeOf(
      { jobs: { jobs: [named("a"), named("b"), named("kept"), named("z")], pods: [podOf("kept"), podOf("z")] } },
      { removal: (name) => (name === "kept" ? forbidden("a webhook says no") : undefined) },
    );
    await expect(remove(store)).rejects.toThrow("a webhook says no");
    expect(new Set(store.asked)).toEqual(
      new Set(["jobs jobs a", "jobs jobs b", "jobs jobs z", "jobs pods kept-0", "jobs pods z-0"]),
    );
  });

  it("goes on until a removal that failed for a while is done", async () => {
    let tries = 0;
    const store = storeOf(
      { jobs: { jobs: [named("a")] } },
      { removal: () => (++tries < 4 ? new TributaryError("API_UNAVAILABLE", "no answer") : undefined) },
    );
    expect(await remove(store)).toEqual({ jobs: 1, pods: 0 });
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    await expect(remove(storeOf({}), stop.signal)).rejects.toThrow("stopped");
  });
});
