import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { safetensorsParts } from "@tributary/federated";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import type { JobConfig } from "../config/job-config.ts";
import { type PinnedModel, pinModel } from "./initial-model.ts";

let folder: string;
let source: Buffer;
beforeAll(async () => {
  folder = await trialFolder("pin-faults");
  const bytes = new Uint8Array(Float32Array.from({ length: 5000 }, (_, i) => i / 7).buffer);
  source = Buffer.concat(safetensorsParts([{ name: "w", dtype: "F32", shape: [5000], bytes }]));
  await writeFile(join(folder, "source.safetensors"), source);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.values(Fault))("the model that a job starts from, %s at every call in turn", (fault) => {
  it("is pinned once and whole", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const config = {
        job: { uid: "job-1" },
        model: { path: join(folder, "source.safetensors"), adapter: undefined },
        directories: { data: join(folder, fault, String(trial++)) },
      } as unknown as JobConfig;
      let pinned: PinnedModel | undefined;
      return {
        operate: async (disk) => {
          pinned = await pinModel(config, disk);
        },
        check: async () => {
          if (pinned !== undefined) expect(await readFile(pinned.initialPath)).toEqual(source);
        },
        done: async () => expect(await readFile(pinned!.initialPath)).toEqual(source),
      };
    });
    expect(calls).toBeGreaterThan(20);
  });
});

it("a source without parameters is refused before anything is pinned, so that it can be put right", async () => {
  const path = join(folder, "empty.safetensors");
  await writeFile(path, Buffer.concat(safetensorsParts([])));
  const config = {
    job: { uid: "job-1" },
    model: { path, adapter: undefined },
    directories: { data: join(folder, "of-empty") },
  } as unknown as JobConfig;
  await expect(pinModel(config)).rejects.toThrow("empty.safetensors holds no parameters");
  await writeFile(path, source);
  expect(await readFile((await pinModel(config)).initialPath)).toEqual(source);
});
