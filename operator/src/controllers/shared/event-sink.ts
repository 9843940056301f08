import { createHash } from "node:crypto";
import { Kinds } from "@tributary/contracts";
import { asTributaryError, type Logger } from "@tributary/kit";
import { type ApiClient, createOrGet } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";

/** Something to tell people about an object. */
export interface EventNote {
  readonly type: "Normal" | "Warning";
  /** Stable word; equals a condition's reason where there is one. */
  readonly reason: string;
  /** One sentence, at most 1,024 characters are kept. */
  readonly note: string;
}

/** Where events go. Losing one is logged and never fails a look. */
export interface EventSink {
  readonly emit: (regarding: KubeObject, event: EventNote, signal: AbortSignal) => Promise<void>;
}

/** Writes `events.k8s.io/v1` events. The same event of the same object in the same minute is one object. */
export function createEventSink(
  hub: ApiClient,
  options: { readonly instance: string; readonly nowMs: () => number; readonly log: Logger },
): EventSink {
  return {
    async emit(regarding, event, signal) {
      const nowMs = options.nowMs();
      const { name, namespace = "default", uid = "" } = regarding.metadata;
      const digest = createHash("sha256")
        .update([uid, event.reason, event.note, Math.floor(nowMs / 60_000)].join("\n"))
        .digest("hex")
        .slice(0, 16);
      const object = {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: `${name}.${digest}`, namespace },
        eventTime: new Date(nowMs).toISOString().replace("Z", "000Z"),
        reportingController: "tributary.dev/operator",
        reportingInstance: options.instance,
        action: "Reconcile",
        reason: event.reason,
        type: event.type,
        note: event.note.slice(0, 1024),
        regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, name, namespace, uid },
      };
      try {
        await createOrGet(hub, Kinds.Event, object as KubeObject, { signal });
      } catch (error) {
        options.log.warn({ err: asTributaryError(error).message, reason: event.reason }, "an event was lost");
      }
    },
  };
}
