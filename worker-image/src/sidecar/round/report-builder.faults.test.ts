import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { horizontal, layoutReport, safetensorsParts } from "@tributary/federated";
import { createLogger, type Disk, realDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { buildReport, type ReportedSegment } from "./report-builder.ts";
import { fileSink } from "./segment-sink.ts";

const STEP = 2 ** -10;
const PARAMETERS = 3000;
let folder: string;
beforeAll(async () => {
  folder = await trialFolder("report-faults");
  await writeModel("base", new Float32Array(PARAMETERS).fill(1));
  await writeModel(
    "trained",
    Float32Array.from({ length: PARAMETERS }, (_, i) => 1 + (i % 97) * 0.37 * STEP),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeModel(name: string, values: Float32Array): Promise<void> {
  const bytes = new Uint8Array(values.buffer);
  const parts = safetensorsParts([{ name: "w", dtype: "F32", shape: [values.length], bytes }]);
  await writeFile(join(folder, name), Buffer.concat(parts));
}

/** Two rounds: the second one takes up what quantising left over in the first. */
async function reportTwice(directory: string, disk: Disk): Promise<readonly ReportedSegment[]> {
  const job = { tensors: [{ name: "w", shape: [PARAMETERS] }], hasAdapter: false };
  const { sections } = horizontal.plan(job, {}, { isEvaluateOnly: false });
  const build = (round: number) =>
    buildReport({
      layout: layoutReport(sections, 3, [STEP]),
      seats: 3,
      crypto: createNodeCryptoSuite(),
      seed: new Uint8Array(32).fill(7),
      planDigest: new Uint8Array(32).fill(round),
      basePath: join(folder, "base"),
      trainedPath: join(folder, "trained"),
      metrics: { validation_loss: { sum: 2.5, count: 10 } },
      residualPath: (segment) => join(directory, `residual-${round - 1}-${segment}`),
      residualOut: (segment) => join(directory, `next-${round}-${segment}`),
      sinkOf: ({ id }) => fileSink(join(directory, `${round}-${id}`), disk),
      signal: new AbortController().signal,
      log: createLogger("test", "silent"),
      disk,
    });
  await build(1);
  await rename(join(directory, "next-1-0"), join(directory, "residual-1-0"));
  return build(2);
}

describe.each(Object.values(Fault))("a report and its residuals, %s at every call in turn", (fault) => {
  it("are whole when the worker says so, and the same bytes when it is done again", async () => {
    const want = await reportTwice(join(folder, fault, "want"), realDisk);
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, fault, String(trial++));
      let reported: readonly ReportedSegment[] = [];
      const expectWhole = async () => {
        for (const [index, { segment, sha256 }] of reported.entries()) {
          expect(Buffer.from(sha256)).toEqual(Buffer.from(want[index]!.sha256));
          const wanted = await readFile(join(folder, fault, "want", `2-${segment}`));
          expect(await readFile(join(directory, `2-${segment}`))).toEqual(wanted);
        }
      };
      return {
        operate: async (disk) => {
          reported = await reportTwice(directory, disk);
        },
        check: expectWhole,
        done: async () => {
          expect(reported.length).toBe(want.length);
          await expectWhole();
        },
      };
    });
    expect(calls).toBeGreaterThan(20);
  });
});
