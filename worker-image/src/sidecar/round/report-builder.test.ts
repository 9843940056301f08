import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DTYPE_BYTES,
  decodeMetrics,
  horizontal,
  largestMetric,
  layoutReport,
  type RingBits,
  safetensorsParts,
  unpackRing,
} from "@tributary/federated";
import { createLogger, type Logger, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { buildReport, type ReportRequest } from "./report-builder.ts";
import { fileSink } from "./segment-sink.ts";

const STEP = 2 ** -10;
const PARAMETERS = 20;
const SEATS = 3;
const EVALUATION = 0xffff;
const TRAINING = 0xfffe;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "report-"));
  await mkdir(join(directory, "reports"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const segmentPath = (segment: number) => join(directory, `reports/${segment}`);

async function writeModel(name: string, values: Float32Array, tensor = "w"): Promise<string> {
  const path = join(directory, name);
  const bytes = new Uint8Array(values.buffer);
  await writeFile(
    path,
    Buffer.concat(safetensorsParts([{ name: tensor, dtype: "F32", shape: [values.length], bytes }])),
  );
  return path;
}

async function aRequest(
  trained: Float32Array | undefined,
  change: Partial<ReportRequest> = {},
): Promise<ReportRequest> {
  const isEvaluateOnly = trained === undefined;
  const job = { tensors: [{ name: "w", shape: [PARAMETERS] }], hasAdapter: false };
  const { sections } = horizontal.plan(job, {}, { isEvaluateOnly });
  return {
    layout: layoutReport(sections, SEATS, isEvaluateOnly ? [] : [STEP]),
    seats: SEATS,
    crypto: createNodeCryptoSuite(),
    seed: new Uint8Array(32).fill(7),
    planDigest: new Uint8Array(32).fill(9),
    basePath: await writeModel("base", new Float32Array(PARAMETERS).fill(1)),
    trainedPath: trained === undefined ? undefined : await writeModel("trained", trained),
    metrics: { validation_loss: { sum: 2.5, count: 10 } },
    residualPath: (segment) => join(directory, `reports/residual-${segment}`),
    residualOut: (segment) => join(directory, `reports/next-${segment}`),
    sinkOf: ({ id }) => fileSink(segmentPath(id), nodeDisk),
    signal: new AbortController().signal,
    log: createLogger("test", "silent"),
    ...change,
  };
}

async function unpacked(request: ReportRequest, segment: number): Promise<number[]> {
  const { updates, metrics } = request.layout;
  const { valueCount, ringBits } = [...updates, ...metrics].find((entry) => entry.segment.id === segment)!.segment;
  const out = new Int32Array(valueCount);
  return [...unpackRing(await readFile(segmentPath(segment)), ringBits as RingBits, out)];
}

async function openedMetrics(request: ReportRequest, id: number): Promise<Record<string, number>> {
  const { codings } = request.layout.metrics.find(({ segment }) => segment.id === id)!;
  return decodeMetrics(codings, Int32Array.from(await unpacked(request, id)));
}

async function readResidual(path: string): Promise<number[]> {
  const bytes = await readFile(path);
  return [...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4 * PARAMETERS))];
}

describe("buildReport", () => {
  it("reports exact multiples of the step exactly, with metrics and what the next step needs", async () => {
    const trained = Float32Array.from({ length: PARAMETERS }, (_, i) => 1 + 200 * (i - 10) * STEP);
    const request = await aRequest(trained);
    const segments = await buildReport(request);
    expect(await unpacked(request, 0)).toEqual(Array.from({ length: PARAMETERS }, (_, i) => 200 * (i - 10)));
    expect(await openedMetrics(request, EVALUATION)).toEqual({
      "validation_loss.sum": 2.5,
      "validation_loss.count": 10,
    });
    const metrics = await openedMetrics(request, TRAINING);
    expect(metrics["training_loss.count"]).toBe(0);
    expect(metrics["update.0.saturated"]).toBe(0);
    expect(metrics["update.0.squared_norm"]! / (670 * 200 ** 2 * STEP ** 2)).toBeCloseTo(1, 2);
    expect(segments.map(({ segment }) => segment)).toEqual([0, EVALUATION, TRAINING]);
    expect(await readResidual(request.residualOut!(0))).toEqual(new Array(PARAMETERS).fill(0));
  });

  it("tells of an update that is far too large for its step by the largest norm, and loses no round for it", async () => {
    const request = await aRequest(new Float32Array(PARAMETERS).fill(1e15));
    await buildReport(request);
    const told = await openedMetrics(request, TRAINING);
    const coarsest = request.layout.metrics[1]!.codings.find(({ name }) => name === "update.0.squared_norm")!.step;
    expect(told["update.0.squared_norm"]).toBe(largestMetric(SEATS) * coarsest);
    expect(told["update.0.saturated"]).toBe(PARAMETERS);
  });

  it("carries what rounding left over into the next report, so that nothing is lost over rounds", async () => {
    const delta = 0.3 * STEP;
    const request = await aRequest(new Float32Array(PARAMETERS).fill(1 + delta));
    let reported = 0;
    for (let round = 0; round < 40; round++) {
      const planDigest = new Uint8Array(32).fill(round);
      await buildReport({ ...request, planDigest });
      await rename(request.residualOut!(0), request.residualPath(0));
      reported += (await unpacked(request, 0))[3]!;
    }
    const left = (await readResidual(request.residualPath(0)))[3]!;
    expect(reported * STEP + left).toBeCloseTo(40 * (Math.fround(1 + delta) - 1), 6);
  });

  it.each([
    { name: "short", damage: (bytes: Buffer) => bytes.subarray(0, -1) },
    { name: "changed", damage: (bytes: Buffer) => bytes.fill(1, 8, 12) },
  ])("does not use what is left over when its file is $name, and says so", async ({ damage }) => {
    const request = await aRequest(new Float32Array(PARAMETERS).fill(1 + 0.3 * STEP));
    const [first] = await buildReport(request);
    await writeFile(request.residualPath(0), damage(await readFile(request.residualOut!(0))));
    const warned: unknown[] = [];
    const log = { warn: (facts: unknown) => warned.push(facts) } as unknown as Logger;
    const [again] = await buildReport({ ...request, log });
    expect(again!.sha256).toEqual(first!.sha256);
    expect(warned).toMatchObject([{ path: request.residualPath(0) }]);
  });

  it("makes the same bytes again from the same seed and plan, and others from another seed", async () => {
    const request = await aRequest(Float32Array.from({ length: PARAMETERS }, (_, i) => 1 + i * 0.37 * STEP));
    const [first] = await buildReport(request);
    const [again] = await buildReport(request);
    const [other] = await buildReport({ ...request, seed: new Uint8Array(32).fill(8) });
    expect(again!.sha256).toEqual(first!.sha256);
    expect(other!.sha256).not.toEqual(first!.sha256);
  });

  it("reports the evaluation alone when the round only evaluates", async () => {
    const request = await aRequest(undefined);
    expect((await buildReport(request)).map(({ segment }) => segment)).toEqual([EVALUATION]);
  });

  it.each([
    { name: "NaN", values: new Float32Array(PARAMETERS).fill(Number.NaN), code: "TRAINER_LOSS_NOT_FINITE" },
    { name: "another shape", values: new Float32Array(PARAMETERS + 1), code: "REPORT_REFUSED" },
  ])("refuses a trained model with $name", async ({ values, code }) => {
    await expect(buildReport(await aRequest(values))).rejects.toMatchObject({ code });
  });

  it("refuses a trained model with another tensor, or one that is cut off", async () => {
    const request = await aRequest(new Float32Array(PARAMETERS));
    const renamed = { ...request, trainedPath: await writeModel("renamed", new Float32Array(PARAMETERS), "other") };
    await expect(buildReport(renamed)).rejects.toThrow("tensor other[20], must be w[20]");
    const file = await open(request.trainedPath!, "r+");
    await file.truncate(40).finally(() => file.close());
    await expect(buildReport(request)).rejects.toMatchObject({ code: "REPORT_REFUSED" });
  });

  it.each(["F16", "BF16", "F64", "I32", "U32", "U8"] as const)(
    "refuses a trained tensor of %s by name",
    async (dtype) => {
      const bytes = new Uint8Array(PARAMETERS * DTYPE_BYTES[dtype]);
      const parts = safetensorsParts([{ name: "w", dtype, shape: [PARAMETERS], bytes }]);
      const request = await aRequest(new Float32Array(PARAMETERS));
      await writeFile(request.trainedPath!, Buffer.concat(parts));
      await expect(buildReport(request)).rejects.toMatchObject({
        code: "REPORT_REFUSED",
        message: `tensor w of the trained model is ${dtype}, must be F32: the report sums it`,
      });
    },
  );

  it("quotes no name of a tensor that the model has not, whatever its type", async () => {
    const tensor = { name: "patient Jane Roe", dtype: "I32" as const, shape: [1], bytes: new Uint8Array(4) };
    const request = await aRequest(new Float32Array(PARAMETERS));
    await writeFile(request.trainedPath!, Buffer.concat(safetensorsParts([tensor])));
    await expect(buildReport(request)).rejects.toMatchObject({
      code: "REPORT_REFUSED",
      message: expect.not.stringContaining("Jane"),
    });
  });

  it("quotes nothing of a trained model that is no safetensors file", async () => {
    const request = await aRequest(new Float32Array(PARAMETERS));
    const header = Buffer.from('{"Jane Roe, born 1970": {"dtype": "F99", "shape": [0], "data_offsets": [0, 0]}}');
    const prefix = Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer);
    await writeFile(request.trainedPath!, Buffer.concat([prefix, header]));
    const error = await buildReport(request).catch((failed: Error) => failed);
    expect(error).toMatchObject({ code: "REPORT_REFUSED", cause: expect.any(Error) });
    expect((error as Error).message).not.toContain("Jane");
  });
});
