import { readdir, rm } from "node:fs/promises";
import { type AuditHead, describeAuditSpan } from "@tributary/contracts";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import { textSha256 } from "./audit-content.ts";
import { readAuditLines } from "./audit-files.ts";
import { AuditTrail } from "./audit-trail.ts";
import { removeArchived } from "./remove-archived.ts";

const log = createLogger("test", "silent");
let folder: string;
let lines: string[];
beforeEach(async () => {
  folder = await trialFolder("remove-archived");
  await writeLines(12);
  lines = await linesIn();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Two lines of it fit into a file. */
async function writeLines(count: number): Promise<void> {
  const trail = await AuditTrail.open({ directory: folder, log, fileBytes: 500 });
  for (let worker = 0; worker < count; worker++)
    await trail.write({
      kind: "Enrolled",
      job: "j",
      participant: "p",
      worker,
      pod: "u",
      digests: { x: textSha256("") },
    });
  await trail.close();
}

async function linesIn(): Promise<string[]> {
  const found: string[] = [];
  for await (const line of readAuditLines(folder)) found.push(line);
  return found;
}

const headAt = (n: number): AuditHead => ({ lines: n, sha256: textSha256(lines[n - 1]!) });
const files = async () => (await readdir(folder)).filter((name) => name.startsWith("audit-")).sort();

describe("removing what is archived of a trail", () => {
  it("removes the files whose lines are all archived, and the trail goes on", async () => {
    const all = await files();
    const { removed, through } = await removeArchived(folder, headAt(5));
    expect(removed.length).toBeGreaterThan(0);
    expect(through.lines).toBeLessThanOrEqual(5);
    expect(await files()).toEqual(all.slice(removed.length));
    expect(await linesIn()).toEqual(lines.slice(through.lines));
    expect(through).toEqual(headAt(through.lines));
    await writeLines(1);
    expect(await linesIn()).toHaveLength(lines.length - through.lines + 1);
    // What is archived next begins after that.
    const last = await removeArchived(folder, headAt(12));
    expect(last.through.lines).toBeGreaterThan(through.lines);
    expect(describeAuditSpan({ before: through, head: last.through })).toContain(
      `lines 1 to ${through.lines} are not here`,
    );
  });

  it("leaves the newest two files whatever is archived, so that the gate starts", async () => {
    const all = await files();
    await removeArchived(folder, headAt(12));
    expect(await files()).toEqual(all.slice(-2));
    expect((await removeArchived(folder, headAt(12))).removed).toEqual([]);
    await writeLines(1);
    expect(JSON.parse((await linesIn()).at(-1)!).n).toBe(13);
  });

  it.each([
    ["another trail's line", () => ({ lines: 5, sha256: "a".repeat(64) }), "what was archived is another trail"],
    [
      "a line that is not there yet",
      () => ({ lines: 13, sha256: "a".repeat(64) }),
      "one of those that are here: 1 to 12",
    ],
  ])("removes nothing for %s", async (_, archived, says) => {
    const all = await files();
    await expect(removeArchived(folder, archived())).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining(says),
    });
    expect(await files()).toEqual(all);
  });

  it("removes nothing of a trail with a gap", async () => {
    await rm(`${folder}/${(await files())[1]}`);
    const all = await files();
    await expect(removeArchived(folder, headAt(9))).rejects.toThrow("nothing is removed of a trail that is broken");
    expect(await files()).toEqual(all);
  });
});
