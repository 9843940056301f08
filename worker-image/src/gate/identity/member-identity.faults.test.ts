import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import type { RotationWish } from "../rotation/ring.ts";
import { openDataKey } from "./data-key.ts";
import { openIdentity } from "./member-identity.ts";

let folder: string;
beforeAll(async () => {
  folder = await trialFolder("identity-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const none: RotationWish = { rotate: "", use: "", retire: "" };

describe.each(Object.values(Fault))("a member's keys, %s at every call in turn", (fault) => {
  it("are made once: what was given out before is what is found afterwards", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, fault, "made", String(trial++));
      const given: string[] = [];
      const requireGiven = (kind: 0 | 1, key: Uint8Array) => {
        const hex = Buffer.from(key).toString("hex");
        given[kind] ??= hex;
        expect(hex).toBe(given[kind]);
      };
      const open = async (disk?: Parameters<typeof openDataKey>[1]) => {
        requireGiven(0, (await openIdentity(directory, none, disk)).signing.publicKey);
        requireGiven(1, await openDataKey(directory, disk));
      };
      return { operate: open, check: async () => {}, done: open };
    });
    expect(calls).toBeGreaterThan(15);
  });

  it("rotate in steps: a next key that was given out stays, a key that signs is never lost", async () => {
    let trial = 0;
    await tryEveryCall(fault, async () => {
      const directory = join(folder, fault, "rotated", String(trial++));
      const former = (await openIdentity(directory, none)).signing.fingerprint;
      let next: string | undefined;
      return {
        operate: async (disk) => {
          const { keys } = await openIdentity(directory, { ...none, rotate: "spring" }, disk);
          next ??= keys.at(-1)!.fingerprint;
          expect(keys.at(-1)!.fingerprint).toBe(next);
          await openIdentity(directory, { rotate: "spring", use: next, retire: former }, disk);
        },
        check: async (disk) => {
          const { signing } = await openIdentity(directory, none, disk);
          expect([former, next]).toContain(signing.fingerprint);
        },
        done: async (disk) => {
          const { keys } = await openIdentity(directory, none, disk);
          expect(keys.map(({ fingerprint }) => fingerprint)).toEqual([next]);
        },
      };
    });
  });
});
