import { describe, expect, it } from "vitest";
import { StoredNews } from "./stored-news.ts";

/** Tellings that a test lets end, one after the other. */
function tellings() {
  const news = new StoredNews();
  const ends: (() => void)[] = [];
  let told = 0;
  const tell = (key: string) =>
    news.tell(key, () => {
      told++;
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  return { tell, end: () => ends.shift()!(), count: () => told };
}

describe("news of a staged segment", () => {
  it("is told once while it is told, waits once, and adds no more", async () => {
    const { tell, count } = tellings();
    for (let time = 0; time < 1_000; time++) void tell("1/0/aa");
    expect(count()).toBe(2);
    void tell("1/0/bb");
    void tell("2/0/aa");
    expect(count()).toBe(4);
  });

  it("that comes while it is told is told again: what was staged may have been discarded and sent anew meanwhile", async () => {
    const { tell, end, count } = tellings();
    const first = tell("1/0/aa");
    void tell("1/0/aa");
    end();
    await first;
    void tell("1/0/aa");
    expect(count()).toBe(3);
  });

  it("that could not be told is told to whoever told it, and may be told again", async () => {
    const news = new StoredNews();
    const failing = () => Promise.reject(new Error("no turn"));
    for (let time = 0; time < 3; time++) await expect(news.tell("1/0/aa", failing)).rejects.toThrow("no turn");
  });
});
