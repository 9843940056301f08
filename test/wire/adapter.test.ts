import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "@tributary/federated";
import { afterEach, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { smallGguf } from "./support/small-gguf.ts";
import { WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
let job: WireJob;
afterEach(() => job.destroy());

it("trains an adapter alone: workers fetch the frozen base once, only B travels and is averaged", async () => {
  const gguf = smallGguf(2, 16, 24);
  job = await WireJob.create({
    workers: [1, 1],
    gguf,
    strategy: { name: "FedAvgM", parameters: { momentum: "0" } },
  });
  await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 1 });
  const state = await job.untilCommitted(2);
  const sha256 = createHash("sha256").update(gguf).digest();
  expect(Buffer.from(state.sourceSha256).equals(sha256)).toBe(true);
  for (const { directory } of job.workers) {
    const base = join(directory, "volume/base");
    expect(await readdir(base)).toEqual([`${sha256.toString("hex")}.gguf`]);
    expect((await readFile(join(base, `${sha256.toString("hex")}.gguf`))).equals(gguf)).toBe(true);
  }
  await until("the last model is published", async () => (await job.lastModel()).round === 2);
  const model = await readFile(join(job.directory, "output/last/model.safetensors"));
  expect(openSafetensors(new Uint8Array(model)).tensors.map(({ name, shape }) => ({ name, shape }))).toEqual([
    { name: "layers.0.q_proj.lora_B", shape: [24, 2] },
    { name: "layers.1.q_proj.lora_B", shape: [24, 2] },
  ]);
  expect(new Set((await job.lastModel()).values)).toEqual(new Set([2 * 4 * INCREMENT]));
});
