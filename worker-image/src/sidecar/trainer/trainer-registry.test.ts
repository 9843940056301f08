import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TrainerRegistry } from "./trainer-registry.ts";

const both = { kinds: ["Evaluate", "Train"], capability: undefined };
const never = new AbortController().signal;
let memory: string;
beforeEach(async () => {
  memory = await mkdtemp(join(tmpdir(), "trainer-registry-"));
});
afterEach(() => rm(memory, { recursive: true, force: true }));

describe("TrainerRegistry", () => {
  it("knows no trainer before one registers, and the newest afterwards, also after a restart of the sidecar", async () => {
    const registry = await TrainerRegistry.open(memory);
    expect(registry.trainer).toBeUndefined();
    await registry.register({ kinds: ["Train"], capability: undefined });
    const capability = create(trainerV1.CapabilitySchema, { backend: "numpy", memoryBytes: 7n, probe: { ms: 1.5 } });
    await registry.register({ ...both, capability });
    expect(registry.trainer).toEqual({ ...both, capability });
    expect((await TrainerRegistry.open(memory)).trainer).toEqual({ ...both, capability });
  });

  it("refuses one that breaks the contract by name, and keeps the one before", async () => {
    const registry = await TrainerRegistry.open(memory);
    await registry.register(both);
    const refused = registry.register({ kinds: ["not a verb"], capability: undefined });
    await expect(refused).rejects.toMatchObject({ code: "MESSAGE_INVALID", message: expect.stringContaining("kinds") });
    expect(registry.trainer).toEqual(both);
  });

  it("tells of another trainer than the known one, once, and of none that registers as before", async () => {
    const registry = await TrainerRegistry.open(memory);
    const first = registry.otherThan(undefined, never);
    await registry.register(both);
    const known = await first;
    expect(known).toEqual(both);
    const other = registry.otherThan(known, never);
    await registry.register(both);
    await registry.register({ kinds: ["Train"], capability: undefined });
    expect((await other).kinds).toEqual(["Train"]);
  });

  it("stops waiting when the link ends", async () => {
    const link = new AbortController();
    const waiting = (await TrainerRegistry.open(memory)).otherThan(undefined, link.signal);
    link.abort(new Error("the link broke"));
    await expect(waiting).rejects.toThrow("the link broke");
  });

  it("takes a damaged file for none: the trainer registers again when its call fails", async () => {
    await writeFile(join(memory, "trainer.bin"), Uint8Array.of(255, 255, 255));
    expect((await TrainerRegistry.open(memory)).trainer).toBeUndefined();
  });
});
