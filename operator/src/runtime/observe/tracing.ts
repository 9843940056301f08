import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { asTributaryError } from "@tributary/kit";
import type { CallObservation } from "../api/connection.ts";
import { resourceName } from "../api/resource.ts";
import type { ReconcileWrapper } from "../control/controller.ts";

/** Carries the active span across awaits, by Node's own AsyncLocalStorage. Register once: `context.setGlobalContextManager`. */
export function createAsyncContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, run, thisArg, ...args) => storage.run(active, () => run.call(thisArg, ...args)),
    bind(active, target) {
      if (typeof target !== "function") return target;
      return ((...args: unknown[]) => storage.run(active, () => target(...args))) as typeof target;
    },
    enable: () => manager,
    disable() {
      storage.disable();
      return manager;
    },
  };
  return manager;
}

/** The W3C `traceparent` of a span: for logs, annotations and the environment of a worker. */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** A wrapper that gives each reconcile a span named `reconcile CONTROLLER`, failed when the reconcile throws. */
export function traceReconciles(tracer: Tracer): ReconcileWrapper {
  return (facts, run) => {
    const attributes = {
      "tributary.controller": facts.controller,
      "tributary.key": facts.key,
      "tributary.reconcile_id": facts.reconcileId,
    };
    return tracer.startActiveSpan(`reconcile ${facts.controller}`, { attributes }, async (span) => {
      try {
        return await run();
      } catch (thrown) {
        const error = asTributaryError(thrown);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.code });
        span.setAttribute("error.type", error.code);
        throw thrown;
      } finally {
        span.end();
      }
    });
  };
}

/**
 * An observer that gives each attempt of a call a span below the one that is active, with the names of OpenTelemetry's
 * HTTP conventions. Watches are left out: they last for minutes and belong to no reconcile.
 */
export function traceCalls(tracer: Tracer): (observation: CallObservation) => void {
  return ({ context: call, status, durationMs }) => {
    if (call.verb === "watch") return;
    const endTime = Date.now();
    const span = tracer.startSpan(
      `${call.verb} ${resourceName(call.resource)}`,
      {
        kind: SpanKind.CLIENT,
        startTime: endTime - durationMs,
        attributes: {
          "k8s.cluster.name": call.cluster,
          "http.response.status_code": status,
          ...(call.namespace === undefined ? {} : { "k8s.namespace.name": call.namespace }),
        },
      },
      context.active(),
    );
    if (status === 0 || status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endTime);
  };
}

/** The `traceparent` of the active span, or undefined outside one. */
export function activeTraceparent(): string | undefined {
  const span = trace.getActiveSpan();
  return span && traceparentOf(span);
}
