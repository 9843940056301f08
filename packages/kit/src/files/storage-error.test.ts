import { afterEach, describe, expect, it } from "vitest";
import { nameVolumes, storageError } from "./storage-error.ts";

const failed = (code: string) => Object.assign(new Error(`${code}: write`), { code });
afterEach(() => nameVolumes([]));

describe("storageError", () => {
  it.each([
    ["ENOSPC", "STORAGE_FULL"],
    ["EDQUOT", "STORAGE_FULL"],
    ["EIO", "STORAGE_UNAVAILABLE"],
    ["EROFS", "STORAGE_UNAVAILABLE"],
    ["EACCES", "STORAGE_UNAVAILABLE"],
    ["EPERM", "STORAGE_UNAVAILABLE"],
    ["ENOTCONN", "STORAGE_UNAVAILABLE"],
    ["ESHUTDOWN", "STORAGE_UNAVAILABLE"],
    ["ETIMEDOUT", "STORAGE_UNAVAILABLE"],
    ["EREMOTEIO", "STORAGE_UNAVAILABLE"],
    ["EHOSTDOWN", "STORAGE_UNAVAILABLE"],
  ])("makes %s a %s that keeps its cause", (errno, code) => {
    const cause = failed(errno);
    expect(storageError(cause, "/data/sums/0.bin")).toMatchObject({ code, cause, details: { errno } });
  });

  it("leaves every other error as it is", () => {
    for (const cause of [failed("ENOENT"), new Error("x"), undefined]) expect(storageError(cause, "/x")).toBe(cause);
  });

  it("names the innermost volume of the path and its remedy", () => {
    nameVolumes([
      { path: "/data", name: "claim data-job-0", remedy: "enlarge the claim" },
      { path: "/data/output", name: "claim models", remedy: "free space on it" },
    ]);
    const say = (path: string) => (storageError(failed("ENOSPC"), path) as Error).message;
    expect(say("/data/sums/0.bin")).toBe(
      "claim data-job-0 is full: /data/sums/0.bin cannot be written (ENOSPC); enlarge the claim",
    );
    expect(say("/data/output/last")).toMatch(/^claim models is full: .*; free space on it$/u);
    expect(say("/database/x")).toMatch(/^the volume of \/database\/x is full/u);
  });

  it("says of a volume that denies access to which user, and of a dead mount that it does not work", () => {
    const say = (code: string) => (storageError(failed(code), "/datasets/train.txt") as Error).message;
    const user = process.getuid?.();
    for (const errno of ["EACCES", "EPERM"])
      expect(say(errno)).toBe(
        `the volume of /datasets/train.txt denies access: /datasets/train.txt may not be read or written by user ${user} (${errno}); give it to that user, or to a group that the pod's fsGroup names`,
      );
    expect(say("ENOTCONN")).toBe(
      "the volume of /datasets/train.txt does not work: /datasets/train.txt cannot be read or written (ENOTCONN); look at the volume and its node",
    );
  });
});
