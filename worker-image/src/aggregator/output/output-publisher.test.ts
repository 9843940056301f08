import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, namingDisk, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OutputPublisher, type Publication } from "./output-publisher.ts";

/** Tries follow one another at once. */
const options = { backoff: { initialMs: 0, maxMs: 0 } };
let directory: string;
let output: string;
let publisher: OutputPublisher;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "publisher-"));
  output = join(directory, "output");
  publisher = new OutputPublisher(output, createLogger("test", "silent"), () => {}, options);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function aModel(content: string, round: number, metricValue?: string): Promise<Required<Publication>> {
  const source = join(directory, `${content}.safetensors`);
  await writeFile(source, content);
  return { source, round, sha256: createHash("sha256").update(content).digest("hex"), metricValue };
}

/** A disk on which the next syncs of files of models fail. */
function failingDisk() {
  let left = 0;
  const disk = namingDisk({
    ...nodeDisk,
    async open(path, flags, mode) {
      const file = await nodeDisk.open(path, flags, mode);
      const sync = async () => {
        if (path.endsWith(".safetensors") && left-- > 0) throw Object.assign(new Error("EIO: fsync"), { code: "EIO" });
        await file.sync();
      };
      return { ...file, sync };
    },
  });
  const failSyncs = (count: number) => {
    left = count;
  };
  return { disk, failSyncs };
}

const shown = (model: string) => readFile(join(output, model, "model.safetensors"), "utf8");
const inode = async (path: string) => (await stat(path)).ino;

describe("OutputPublisher", () => {
  it("shows the last and the best model, and beside each which it is", async () => {
    publisher.publish("best", await aModel("a", 1, "0.5"));
    publisher.publish("last", await aModel("b", 2));
    await publisher.settled();
    expect([await shown("best"), await shown("last")]).toEqual(["a", "b"]);
    const note = JSON.parse(await readFile(join(output, "best/round.json"), "utf8"));
    expect(note).toEqual({ round: 1, sha256: expect.any(String), metricValue: "0.5" });
  });

  it("leaves nothing beside a model whose metric became known after the best was linked to it", async () => {
    const model = await aModel("a", 1);
    publisher.publish("last", model);
    await publisher.settled();
    publisher.publish("best", { ...model, metricValue: "0.5" });
    await publisher.settled();
    publisher.publish("last", { ...model, metricValue: "0.5" });
    await publisher.settled();
    expect((await readdir(join(output, "last"))).sort()).toEqual(["model.safetensors", "round.json"]);
    expect(JSON.parse(await readFile(join(output, "last/round.json"), "utf8")).metricValue).toBe("0.5");
  });

  it("says why a model cannot be written, and no longer once it can or another one is chosen", async () => {
    let settled = 0;
    publisher = new OutputPublisher(output, createLogger("test", "silent"), () => settled++, options);
    await writeFile(output, "a file where the volume should be");
    publisher.publish("last", await aModel("a", 1));
    expect(publisher.isBusy).toBe(true);
    await publisher.settled();
    expect([publisher.isBusy, settled]).toEqual([false, 1]);
    expect(publisher.problem).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("last/model.safetensors cannot be written to the output volume"),
    });
    await rm(output);
    publisher.publish("last", await aModel("a", 1));
    await publisher.settled();
    expect([publisher.problem, await shown("last")]).toEqual([undefined, "a"]);
    publisher.publish("best", { ...(await aModel("b", 2)), source: join(directory, "pruned") });
    await publisher.settled();
    expect(publisher.problem?.message).toContain("best/model.safetensors");
    publisher.publish("best", await aModel("a", 1));
    await publisher.settled();
    expect([publisher.problem, await shown("best")]).toEqual([undefined, "a"]);
  });

  it("makes nothing durable in the place of a model that could not be written", async () => {
    publisher.publish("best", await aModel("a", 1));
    await publisher.settled();
    publisher.publish("best", { ...(await aModel("b", 2)), source: join(directory, "pruned") });
    publisher.sync();
    await publisher.settled();
    expect(publisher.problem?.message).toContain("best/model.safetensors");
    expect([publisher.isDurable, publisher.shown("best")]).toMatchObject([false, { round: 1 }]);
  });

  it("writes a model again that somebody removed before it was durable", async () => {
    const model = await aModel("a", 1);
    publisher.publish("best", model);
    await publisher.settled();
    expect([publisher.shown("best"), publisher.isSafe("best", model.sha256)]).toMatchObject([{ round: 1 }, false]);
    await rm(join(output, "best"), { recursive: true });
    publisher.sync();
    await publisher.settled();
    expect([await shown("best"), publisher.problem, publisher.isDurable]).toEqual(["a", undefined, true]);
    expect(publisher.isSafe("best", model.sha256)).toBe(true);
  });

  it("says so when a model that was removed before it was durable is nowhere else, and writes it once it is", async () => {
    const model = await aModel("a", 1);
    publisher.publish("best", model);
    await publisher.settled();
    await rm(join(output, "best"), { recursive: true });
    await rm(model.source);
    publisher.sync();
    await publisher.settled();
    expect(publisher.problem?.message).toContain("best/model.safetensors");
    expect([publisher.shown("best"), publisher.isDurable]).toEqual([undefined, false]);
    publisher.publish("best", await aModel("a", 1));
    publisher.sync();
    await publisher.settled();
    expect([await shown("best"), publisher.problem, publisher.isDurable]).toEqual(["a", undefined, true]);
  });

  it("tells whoever chooses what a former process left there, whole and of this job, and needs no source for it", async () => {
    const { source: _, ...model } = await aModel("a", 1);
    publisher.publish("best", await aModel("a", 1));
    await publisher.settled();
    const restarted = new OutputPublisher(output, createLogger("test", "silent"));
    expect(restarted.shown("best")).toBeUndefined();
    const looks: unknown[] = [];
    restarted.publish("best", async (look) => {
      looks.push(await look(() => false), await look((sha256) => sha256 === model.sha256));
      return { ...model, metricValue: "0.5" };
    });
    await restarted.settled();
    expect(looks).toEqual([undefined, { round: 1, sha256: model.sha256, metricValue: undefined }]);
    expect([restarted.problem, restarted.shown("best")]).toEqual([undefined, { ...model, metricValue: "0.5" }]);
    expect(JSON.parse(await readFile(join(output, "best/round.json"), "utf8")).metricValue).toBe("0.5");
    await writeFile(join(output, "best/model.safetensors"), "torn");
    const again = new OutputPublisher(output, createLogger("test", "silent"));
    again.publish("best", async (look) => void looks.push(await look(() => true)));
    await again.settled();
    expect(looks.at(-1)).toBeUndefined();
  });

  it("publishes the last model as the best without another copy, and keeps it when the last is replaced", async () => {
    const first = await aModel("a", 1);
    publisher.publish("last", first);
    await publisher.settled();
    const before = await inode(join(output, "last/model.safetensors"));
    await rm(first.source);
    publisher.publish("best", { ...first, metricValue: "0.5" });
    publisher.publish("last", await aModel("b", 2));
    await publisher.settled();
    expect([await shown("best"), await shown("last")]).toEqual(["a", "b"]);
    expect(await inode(join(output, "best/model.safetensors"))).toBe(before);
  });

  it("takes no word of a disk for a file whose sync failed once: each that may be the same is another file then", async () => {
    const { disk, failSyncs } = failingDisk();
    publisher = new OutputPublisher(output, createLogger("test", "silent"), () => {}, { ...options, disk });
    const model = await aModel("a", 1);
    for (const name of ["last", "best"] as const) publisher.publish(name, model);
    await publisher.settled();
    const before = await inode(join(output, "best/model.safetensors"));
    expect([await inode(model.source), await inode(join(output, "last/model.safetensors"))]).toEqual([before, before]);
    failSyncs(1);
    publisher.sync();
    await publisher.settled();
    expect([publisher.problem, publisher.isDurable, publisher.isSafe("best", model.sha256)]).toEqual([
      undefined,
      true,
      true,
    ]);
    for (const name of ["last", "best"]) {
      expect(await shown(name)).toBe("a");
      expect(await inode(join(output, name, "model.safetensors"))).not.toBe(before);
    }
  });

  it("leaves nothing that a later process could take for a model whose sync failed, and has it once the disk works", async () => {
    const { disk, failSyncs } = failingDisk();
    publisher = new OutputPublisher(output, createLogger("test", "silent"), () => {}, { ...options, disk });
    const model = await aModel("a", 1);
    publisher.publish("best", model);
    await publisher.settled();
    failSyncs(Number.POSITIVE_INFINITY);
    publisher.sync();
    await publisher.settled();
    expect(publisher.problem).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect([publisher.shown("best"), publisher.isSafe("best", model.sha256)]).toEqual([undefined, false]);
    const later = new OutputPublisher(output, createLogger("test", "silent"));
    const looks: unknown[] = [];
    later.publish("best", async (look) => void looks.push(await look(() => true)));
    await later.settled();
    expect(looks).toEqual([undefined]);
    failSyncs(0);
    publisher.publish("best", model);
    publisher.sync();
    await publisher.settled();
    expect([await shown("best"), publisher.problem, publisher.isDurable]).toEqual(["a", undefined, true]);
  });

  it.each([
    { name: "is nowhere else", change: (source: string) => rm(source) },
    { name: "is damaged where it came from", change: (source: string) => writeFile(source, "torn") },
  ])("copies a model whose sync failed from what the volume shows of it when it $name", async ({ change }) => {
    const { disk, failSyncs } = failingDisk();
    const copying = { ...disk, link: async () => Promise.reject(new Error("EXDEV")) };
    publisher = new OutputPublisher(output, createLogger("test", "silent"), () => {}, { ...options, disk: copying });
    const model = await aModel("a", 1);
    publisher.publish("best", model);
    await publisher.settled();
    const before = await inode(join(output, "best/model.safetensors"));
    await change(model.source);
    failSyncs(1);
    publisher.sync();
    await publisher.settled();
    expect([await shown("best"), publisher.problem, publisher.isDurable]).toEqual(["a", undefined, true]);
    expect(await inode(join(output, "best/model.safetensors"))).not.toBe(before);
  });

  it("makes up at the next start for what is missing or damaged", async () => {
    const model = await aModel("a", 1);
    publisher.publish("last", model);
    await publisher.settled();
    await rm(join(output, "last/model.safetensors"));
    await writeFile(join(output, "last/model.safetensors"), "torn");
    const restarted = new OutputPublisher(output, createLogger("test", "silent"));
    restarted.publish("last", model);
    await restarted.settled();
    expect(await shown("last")).toBe("a");
  });
});
