import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, type Disk, realDisk } from "@tributary/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import { AppendLog } from "./append-log.ts";
import { textsOf } from "./testing/text-content.ts";
import { VolumeHold } from "./volume-hold.ts";

const log = createLogger("test", "silent");
let folder: string;
beforeEach(async () => {
  folder = await trialFolder("volume-hold");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const take = (holder: string) => VolumeHold.take({ directory: folder, holder, nowMs: 0 });

async function openGate(holder: string, disk: Disk = realDisk) {
  const hold = await take(holder);
  const content = textsOf();
  const opened = await AppendLog.open({ path: join(folder, "memory.log"), content, log, hold, disk });
  return { hold, opened, texts: content.texts };
}

it("keeps two gates from writing over each other: the one that came first is told of the other, and what either answered stays", async () => {
  const former = await openGate("gate-a");
  await former.opened.append("of a");
  const present = await openGate("gate-b");
  await present.opened.append("of b");
  await expect(former.opened.append("late of a")).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: expect.stringMatching(/names another gate: \{.*"holder":"gate-b"/u),
  });
  await expect(former.hold.lost).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  await present.opened.append("more of b");
  await former.opened.close();
  await present.opened.close();
  const next = await openGate("gate-c");
  expect(next.texts).toEqual(["of a", "of b", "more of b"]);
  await next.opened.close();
});

it("answers nothing that was written after another gate opened, and cuts nothing of that one's", async () => {
  let before: (() => Promise<void>) | undefined;
  const slow: Disk = {
    ...realDisk,
    async open(path, flags, mode) {
      const file = await realDisk.open(path, flags, mode);
      const writeSome: typeof file.writeSome = async (chunks, position) => {
        await before?.();
        return file.writeSome(chunks, position);
      };
      return { ...file, writeSome };
    },
  };
  const former = await openGate("gate-a", slow);
  let present: Awaited<ReturnType<typeof openGate>> | undefined;
  before = async () => {
    // The other gate opens between this one's look at the holder and its write.
    present ??= await openGate("gate-b");
  };
  await expect(former.opened.append("never told to be durable")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  await present!.opened.append("of b");
  await former.opened.append("late").catch(() => {});
  await former.opened.close();
  await present!.opened.close();
  const { texts, opened } = await openGate("gate-c");
  await opened.close();
  expect(texts).toEqual(["of b"]);
});

it("holds a volume whose file of the holder is gone no longer", async () => {
  const hold = await take("gate-a");
  await hold.requireHeld();
  await rm(join(folder, "holder.json"));
  await expect(hold.requireHeld()).rejects.toThrow("holder.json is gone");
});
