import { context, type Tracer } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { activeTraceparent, createAsyncContextManager, traceCalls, traceReconciles } from "./tracing.ts";

const exporter = new InMemorySpanExporter();
let tracer: Tracer;

beforeAll(() => {
  context.setGlobalContextManager(createAsyncContextManager());
  tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");
});

beforeEach(() => exporter.reset());

afterAll(() => context.disable());

const facts = { controller: "jobs", key: "ns/a", reconcileId: "id-1" };
const call = { context: { cluster: "edge", verb: "patch", resource: Kinds.Job }, durationMs: 5, isAborted: false };

describe("tracing", () => {
  it("puts the calls of a reconcile below its span, across awaits and beside other reconciles", async () => {
    const wrap = traceReconciles(tracer);
    const observe = traceCalls(tracer);
    const one = (id: string) =>
      wrap({ ...facts, reconcileId: id }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        observe({ ...call, status: 200 });
        return activeTraceparent();
      });
    const traceparents = await Promise.all([one("id-1"), one("id-2")]);
    const spans = exporter.getFinishedSpans();
    for (const [index, id] of ["id-1", "id-2"].entries()) {
      const parent = spans.find(({ attributes }) => attributes["tributary.reconcile_id"] === id);
      const child = spans.find(({ parentSpanContext }) => parentSpanContext?.spanId === parent?.spanContext().spanId);
      expect(parent?.name).toBe("reconcile jobs");
      expect(child).toMatchObject({ name: "patch jobs.batch", attributes: { "k8s.cluster.name": "edge" } });
      expect(traceparents[index]).toBe(`00-${parent?.spanContext().traceId}-${parent?.spanContext().spanId}-01`);
    }
  });

  it("marks a failed reconcile with its code and throws on", async () => {
    const failing = traceReconciles(tracer)(facts, async () => {
      throw new TributaryError("API_CONFLICT", "changed");
    });
    await expect(failing).rejects.toMatchObject({ code: "API_CONFLICT" });
    expect(exporter.getFinishedSpans()[0]).toMatchObject({
      status: { code: 2, message: "API_CONFLICT" },
      attributes: { "error.type": "API_CONFLICT" },
    });
  });

  it("leaves watches out", () => {
    traceCalls(tracer)({ ...call, context: { ...call.context, verb: "watch" }, status: 200 });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
