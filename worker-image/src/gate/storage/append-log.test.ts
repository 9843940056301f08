import { appendFile, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FaultyDisk, trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import { AppendLog } from "./append-log.ts";
import { FRAME_HEADER_BYTES, LOG_HEADER } from "./frames.ts";
import { textsOf } from "./testing/text-content.ts";

let folder: string;
let path: string;
let said: Record<string, unknown>[];
const log = createLogger("test", "info", { write: (line) => said.push(JSON.parse(line)) });
beforeEach(async () => {
  folder = await trialFolder("append-log");
  path = join(folder, "memory.log");
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open() {
  const content = textsOf();
  return { content, opened: await AppendLog.open({ path, content, log }) };
}

async function write(...texts: string[]): Promise<void> {
  const { opened } = await open();
  for (const text of texts) await opened.append(text);
  await opened.close();
}

describe("an append log", () => {
  it("is there for nobody else, and gives back what was appended, in order", async () => {
    await write("one", "two");
    await write("three");
    expect((await open()).content.texts).toEqual(["one", "two", "three"]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(said).toEqual([]);
  });

  it("makes records that wait together durable by one sync", async () => {
    let syncs = 0;
    const { disk } = new FaultyDisk("EIO", Number.POSITIVE_INFINITY);
    const counting = {
      ...disk,
      open: async (...args: Parameters<typeof disk.open>) => {
        const file = await disk.open(...args);
        const datasync = () => {
          syncs += 1;
          return file.datasync();
        };
        return { ...file, datasync };
      },
    };
    const content = textsOf();
    const opened = await AppendLog.open({ path, content, log, disk: counting });
    const all = Array.from({ length: 150 }, (_, index) => `record ${index}`);
    await Promise.all(all.map((text) => opened.append(text)));
    expect(content.texts).toEqual(all);
    expect(content.payloads).toEqual([64, 64, 22]);
    expect(syncs).toBe(3);
    await opened.close();
  });

  it("makes its last frame durable once more before anybody may rely on it: nobody knows whether it was synced", async () => {
    await write("one", "two");
    const calls: unknown[] = [];
    const { disk } = new FaultyDisk("EIO", Number.POSITIVE_INFINITY);
    const telling = {
      ...disk,
      open: async (...args: Parameters<typeof disk.open>) => {
        const file = await disk.open(...args);
        const writeSome = (...[chunks, position]: Parameters<typeof file.writeSome>) => {
          calls.push([position, Buffer.concat(chunks).subarray(FRAME_HEADER_BYTES).toString()]);
          return file.writeSome(chunks, position);
        };
        const sync = () => {
          calls.push("sync");
          return file.sync();
        };
        return { ...file, writeSome, sync };
      },
    };
    const opened = await AppendLog.open({ path, content: textsOf(), log, disk: telling });
    expect(calls).toEqual([[LOG_HEADER.length + FRAME_HEADER_BYTES + 3, "two"], "sync"]);
    await opened.close();
  });

  it.each([1, 5, FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + 2])(
    "cuts off a last frame of which %d bytes are there, says so, and goes on behind the one before",
    async (leftBytes) => {
      await write("one");
      const { size } = await stat(path);
      await write("two");
      await truncate(path, size + leftBytes);
      const { content, opened } = await open();
      expect(content.texts).toEqual(["one"]);
      expect((await stat(path)).size).toBe(size);
      expect(said).toMatchObject([{ level: "warn", path, position: size, tornBytes: leftBytes }]);
      await opened.append("three");
      await opened.close();
      expect((await open()).content.texts).toEqual(["one", "three"]);
    },
  );

  it.each([
    ["zeros", (size: number) => Buffer.alloc(size)],
    ["other bytes", (size: number) => Buffer.alloc(size, 0xa5)],
  ])("cuts off %s where the last frame should be", async (_, make) => {
    await write("one");
    await appendFile(path, make(100));
    expect((await open()).content.texts).toEqual(["one"]);
  });

  it("names the place of every byte that is damaged before the last frame, and skips nothing", async () => {
    await write("one", "two", "three");
    const whole = await readFile(path);
    const lastFrame = whole.length - FRAME_HEADER_BYTES - "three".length;
    for (let at = LOG_HEADER.length; at < lastFrame; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x10;
      await writeFile(path, changed);
      const place = at < LOG_HEADER.length + FRAME_HEADER_BYTES + 3 ? LOG_HEADER.length : LOG_HEADER.length + 19;
      await expect(open(), `byte ${at}`).rejects.toMatchObject({
        code: "GATE_STATE_DAMAGED",
        message: expect.stringMatching(new RegExp(`${path} is damaged at byte ${place}: .*from byte \\d+; restore`)),
      });
      expect(await readFile(path)).toEqual(changed);
    }
  });

  it("is opened by no other program's file, nor by one of another version", async () => {
    for (const text of ["", "tributary log 2\n", "{}"]) {
      await writeFile(path, text);
      await expect(open(), text).rejects.toMatchObject({ code: "GATE_STATE_DAMAGED" });
    }
  });

  it("takes no frame that stood at another place", async () => {
    await write("one", "two");
    const whole = await readFile(path);
    const first = whole.subarray(LOG_HEADER.length, LOG_HEADER.length + FRAME_HEADER_BYTES + 3);
    await writeFile(path, Buffer.concat([whole, first]));
    expect((await open()).content.texts).toEqual(["one", "two"]);
  });

  it("gives bytes of durable frames alone, and takes nothing once it is closed", async () => {
    const { opened } = await open();
    await opened.append("one");
    const bytes = Buffer.alloc(3);
    await opened.readAt(LOG_HEADER.length + FRAME_HEADER_BYTES, bytes);
    expect(bytes.toString()).toBe("one");
    await expect(opened.readAt(LOG_HEADER.length + FRAME_HEADER_BYTES + 1, bytes)).rejects.toMatchObject({
      code: "INVARIANT_BROKEN",
    });
    await opened.close();
    await expect(opened.append("two")).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  });
});
