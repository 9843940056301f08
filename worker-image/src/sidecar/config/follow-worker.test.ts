import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nextWorkerConfig } from "./follow-worker.ts";
import { parseWorkerConfig } from "./sidecar-config.ts";

const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const textOf = (changes: object, port = 30001): string =>
  JSON.stringify({
    version: 1,
    jobUid: "u",
    participant: "aws",
    aggregator: { controlAddress: `a:${port}`, tensorAddress: "a:2", serverName: "notes", caPem: pem },
    ...changes,
  });
const present = parseWorkerConfig("worker.json", textOf({}));

describe("nextWorkerConfig", () => {
  let path: string;
  beforeAll(async () => {
    path = join(await mkdtemp(join(tmpdir(), "worker-")), "worker.json");
  });
  afterAll(() => rm(join(path, ".."), { recursive: true, force: true }));

  it.each([
    { what: "the same text", text: textOf({}) },
    { what: "half a text", text: textOf({}, 30009).slice(0, 80) },
    { what: "one of another job", text: textOf({ jobUid: "another" }, 30009) },
    { what: "one of another participant", text: textOf({ participant: "gcp" }, 30009) },
  ])("passes over $what and gives the next address of the aggregator", async ({ text }) => {
    await writeFile(path, text);
    const stop = new AbortController();
    const looked = nextWorkerConfig(path, present, stop.signal, 1).catch(() => "stopped");
    await new Promise((resolve) => setTimeout(resolve, 30));
    await writeFile(path, textOf({}, 30002));
    expect(await looked).toMatchObject({ aggregator: { controlAddress: "a:30002" } });
    stop.abort();
  });

  it("ends when it is told to", async () => {
    await writeFile(path, textOf({}));
    const stop = new AbortController();
    const looked = nextWorkerConfig(path, present, stop.signal, 1);
    stop.abort();
    await expect(looked).rejects.toThrow("aborted");
  });
});
