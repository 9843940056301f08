import { beforeEach, describe, expect, it } from "vitest";
import { Inbox } from "./inbox.ts";

let inbox: Inbox;
let done: string[];
let faults: unknown[];

beforeEach(() => {
  [done, faults] = [[], []];
  inbox = new Inbox((cause) => void faults.push(cause));
});

const take = (name: string) => inbox.take(async () => void done.push(name));

/** A message that waits for an answer from outside. */
function takeAsking(name: string) {
  const answer = Promise.withResolvers<string>();
  const taken = inbox.take(async (wait) => {
    const said = await wait((signal) => {
      signal.addEventListener("abort", () => answer.reject(signal.reason));
      return answer.promise;
    });
    done.push(`${name} ${said}`);
  });
  return { taken, answer };
}

describe("an inbox", () => {
  it("does one after the other, and whoever brings them waits", async () => {
    const gate = Promise.withResolvers<void>();
    const first = inbox.take(async () => {
      await gate.promise;
      done.push("first");
    });
    const second = take("second");
    gate.resolve();
    await Promise.all([first, second]);
    expect(done).toEqual(["first", "second"]);
  });

  it("lets go whoever brings a message that waits, or one behind it, and keeps their order", async () => {
    const { taken, answer } = takeAsking("first");
    await Promise.all([taken, take("second"), take("third")]);
    expect(done).toEqual([]);
    answer.resolve("yes");
    await inbox.endWait(new Error("over"));
    expect(done).toEqual(["first yes", "second", "third"]);
    await take("fourth");
    expect(done.at(-1)).toBe("fourth");
  });

  it("ends a wait, and each that would begin behind it, and does what is left", async () => {
    await Promise.all([takeAsking("first").taken, takeAsking("second").taken, take("third")]);
    const reason = new Error("over");
    await inbox.endWait(reason);
    expect([done, faults]).toEqual([["third"], [reason, reason]]);
    const { taken, answer } = takeAsking("fourth");
    answer.resolve("yes");
    await taken;
    await inbox.endWait(reason);
    expect(done).toEqual(["third", "fourth yes"]);
  });

  it("tells whoever waits of what fails", async () => {
    await expect(inbox.take(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(faults).toEqual([]);
  });

  it("holds whoever brings more than it keeps", async () => {
    const { taken, answer } = takeAsking("first");
    await taken;
    for (let held = 1; held < 256; held++) await take("held");
    let isTaken = false;
    const more = take("more").then(() => {
      isTaken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isTaken).toBe(false);
    answer.resolve("yes");
    await more;
    expect(done.at(-1)).toBe("more");
  });
});
