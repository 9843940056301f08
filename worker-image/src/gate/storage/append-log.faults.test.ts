import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, type Disk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, FaultyDisk, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { AppendLog } from "./append-log.ts";
import { textsOf } from "./testing/text-content.ts";

const log = createLogger("test", "silent");
let folder: string;
beforeAll(async () => {
  folder = await trialFolder("append-log-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function openTexts(path: string, disk?: Disk) {
  const content = textsOf();
  const opened = await AppendLog.open({ path, content, log, ...(disk !== undefined && { disk }) });
  return { opened, texts: content.texts };
}

const records = ["one", "a longer second one", "three", "four"];

describe.each(Object.values(Fault))("a log, %s at every call in turn", (fault) => {
  it("holds each record that was told to be durable, in order, and goes on", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const path = join(folder, fault, String(trial++), "memory.log");
      const durable: string[] = [];
      const append = async (disk: Disk, wanted: readonly string[]) => {
        const { opened, texts } = await openTexts(path, disk);
        for (const text of wanted) {
          if (texts.includes(text)) continue;
          await opened.append(text);
          durable.push(text);
        }
        await opened.close();
      };
      const check = async () => {
        const { opened, texts } = await openTexts(path);
        expect(texts.filter((text) => durable.includes(text))).toEqual(durable);
        expect(records.slice(0, texts.length)).toEqual(texts);
        await opened.close();
      };
      return {
        operate: async (disk) => {
          await append(disk, records.slice(0, 2));
          await append(disk, records);
        },
        check,
        done: async (disk) => {
          const { opened, texts } = await openTexts(path, disk);
          expect(texts).toEqual(records);
          await opened.close();
        },
      };
    });
    expect(calls).toBeGreaterThan(25);
  });

  it("takes records after one that failed, without opening it again", async () => {
    for (let at = 0, isReached = true; isReached; at++) {
      const path = join(folder, `${fault}-same`, String(at), "memory.log");
      const faulty = new FaultyDisk(fault, at);
      const { opened } = await openTexts(path, faulty.disk).catch(() => ({ opened: undefined }));
      const kept: string[] = [];
      for (const text of records) {
        const isKept = await opened?.append(text).then(
          () => true,
          () => false,
        );
        if (isKept === true) kept.push(text);
        else faulty.heal();
      }
      await opened?.close().catch(() => {});
      await faulty.closeAll();
      isReached = faulty.hasStruck;
      const again = await openTexts(path);
      const isOver = fault === Fault.Stop || fault === Fault.PowerCut;
      // What nobody was told of may be there once the process is over.
      expect(again.texts.filter((text) => kept.includes(text))).toEqual(kept);
      if (!isOver) expect(again.texts).toEqual(kept);
      if (!isOver && opened !== undefined) expect(kept.length).toBeGreaterThanOrEqual(records.length - 1);
      await again.opened.close();
      expect((await stat(path)).size).toBe(again.opened.sizeBytes);
    }
  });
});

describe("a log on a volume that is full", () => {
  it("says so until there is room again, finds that out without an append, and loses and repeats nothing", async () => {
    const path = join(folder, "mending", "memory.log");
    const { opened: first } = await openTexts(path);
    await first.append("one");
    await first.close();
    for (let at = 0, hasStruck = true; hasStruck; at++) {
      const faulty = new FaultyDisk(Fault.Full, at);
      const { opened, texts } = await openTexts(path, faulty.disk).catch(() => ({ opened: undefined, texts: [] }));
      const before = [...texts];
      const text = `text ${at}`;
      const isKept = await opened?.append(text).then(
        () => true,
        () => false,
      );
      if (opened !== undefined && isKept === false) {
        expect(opened.problem).toMatchObject({ code: "STORAGE_FULL" });
        await opened.mend();
        expect(opened.problem).toMatchObject({ code: "STORAGE_FULL" });
        faulty.heal();
        await Promise.all([opened.mend(), opened.append(text)]);
        expect(opened.problem).toBeUndefined();
        expect(texts).toEqual([...before, text]);
      }
      await opened?.close().catch(() => {});
      await faulty.closeAll();
      hasStruck = faulty.hasStruck;
      const again = await openTexts(path);
      if (opened !== undefined) expect(again.texts).toEqual([...before, text]);
      await again.opened.close();
    }
  });
});
