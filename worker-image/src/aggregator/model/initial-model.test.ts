import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { safetensorsParts } from "@tributary/federated";
import { isTributaryError } from "@tributary/kit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JobConfig } from "../config/job-config.ts";
import { pinModel } from "./initial-model.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "initial-model-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  { given: "a value that is none", dtype: "F32" as const, values: Float32Array.of(1, Number.NaN) },
  { given: "a double that no float holds", dtype: "F64" as const, values: Float64Array.of(1e300) },
])("a job does not start from a source with $given, and leaves no model that looks pinned", async (source) => {
  const { given, dtype, values } = source;
  const path = join(folder, `${dtype}.safetensors`);
  const bytes = new Uint8Array(values.buffer);
  await writeFile(path, Buffer.concat(safetensorsParts([{ name: "w", dtype, shape: [values.length], bytes }])));
  const data = join(folder, given);
  const config = { job: { uid: "job-1" }, model: { path }, directories: { data } } as unknown as JobConfig;
  const error = await pinModel(config).catch((thrown: unknown) => thrown);
  expect(isTributaryError(error, "MODEL_SOURCE_INVALID")).toBe(true);
  expect((error as Error).message).toContain("holds a value that is not finite near parameter 0");
  for (const name of ["initial/model.safetensors", "pin.json"])
    await expect(access(join(data, name))).rejects.toMatchObject({ code: "ENOENT" });
});
