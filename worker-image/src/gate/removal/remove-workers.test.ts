import { createLogger, TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { NamedObject, WorkerKind, WorkerStore } from "../kubernetes/api-server.ts";
import { removeWorkers } from "./remove-workers.ts";

const log = createLogger("test", "silent");

/** Objects of namespaces; removing one removes it at the next look but one, as pods take their time. */
function storeOf(
  objects: Record<string, Partial<Record<WorkerKind, NamedObject[]>>>,
  failLook: (namespace: string) => TributaryError | undefined = () => undefined,
): WorkerStore & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async listLabelled(kind, namespace, label) {
      expect(label).toBe("tributary.dev/origin");
      const error = failLook(namespace);
      if (error !== undefined) throw error;
      return objects[namespace]?.[kind] ?? [];
    },
    async remove(kind, namespace, object) {
      const again = asked.includes(`${namespace} ${kind} ${object.name}`);
      asked.push(`${namespace} ${kind} ${object.name}`);
      const left = objects[namespace]?.[kind] ?? [];
      if (again || kind === "jobs") objects[namespace]![kind] = left.filter(({ uid }) => uid !== object.uid);
    },
  };
}

const named = (name: string): NamedObject => ({ name, uid: `uid-${name}` });
const remove = (store: WorkerStore, signal = new AbortController().signal) =>
  removeWorkers({ store, namespaces: ["jobs", "more"], log, pauseMs: 0 }, signal);

describe("removeWorkers", () => {
  it("removes Jobs, then pods, in every namespace, and looks until nothing is left", async () => {
    const store = storeOf({
      jobs: { jobs: [named("a"), named("b")], pods: [named("a-0")] },
      more: { pods: [named("left-behind")] },
    });
    expect(await remove(store)).toEqual({ jobs: 2, pods: 2 });
    expect(store.asked.filter((each) => each.startsWith("jobs"))).toEqual([
      "jobs jobs a",
      "jobs jobs b",
      "jobs pods a-0",
      "jobs pods a-0",
    ]);
  });

  it("looks again after an error that may pass", async () => {
    let looks = 0;
    const store = storeOf({ more: { jobs: [named("a")] } }, (namespace) =>
      namespace === "jobs" && ++looks < 3 ? new TributaryError("API_UNAVAILABLE", "no answer") : undefined,
    );
    expect(await remove(store)).toEqual({ jobs: 1, pods: 0 });
  });

  it("empties the other namespaces before it fails for one that it may not look at", async () => {
    const store = storeOf({ more: { jobs: [named("a")] } }, (namespace) =>
      namespace === "jobs" ? new TributaryError("FORBIDDEN", "no rights in jobs") : undefined,
    );
    await expect(remove(store)).rejects.toThrow("no rights in jobs");
    expect(store.asked).toEqual(["more jobs a"]);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    await expect(remove(storeOf({}), stop.signal)).rejects.toThrow("stopped");
  });
});
