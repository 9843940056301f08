import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { readInClusterAccess, tokenFileCredential } from "./in-cluster.ts";

const never = new AbortController().signal;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "account-"));
  for (const [file, text] of [
    ["token", "t1\n"],
    ["ca.crt", "pem"],
    ["namespace", "tributary\n"],
  ] as const) {
    await writeFile(join(folder, file), text);
  }
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("tokenFileCredential", () => {
  it("reads the file again after a minute", async () => {
    const clock = createFakeClock();
    const source = tokenFileCredential(join(folder, "token"), clock);
    const current = async () => (await source.current(never)).authorization;
    expect(await current()).toBe("Bearer t1");
    await writeFile(join(folder, "token"), "t2");
    await clock.advance(59_999);
    expect(await current()).toBe("Bearer t1");
    await clock.advance(1);
    expect(await current()).toBe("Bearer t2");
  });

  it("reads it at once after the API server refused the token", async () => {
    const source = tokenFileCredential(join(folder, "token"), createFakeClock());
    const refused = await source.current(never);
    await writeFile(join(folder, "token"), "t2");
    source.reject(refused);
    expect((await source.current(never)).authorization).toBe("Bearer t2");
  });

  it("keeps the last token while the file cannot be read, and says so when there never was one", async () => {
    const clock = createFakeClock();
    const source = tokenFileCredential(join(folder, "token"), clock);
    await source.current(never);
    await rm(join(folder, "token"));
    await clock.advance(60_000);
    expect((await source.current(never)).authorization).toBe("Bearer t1");
    const fresh = tokenFileCredential(join(folder, "token"), clock);
    await expect(fresh.current(never)).rejects.toMatchObject({ code: "CREDENTIAL_REJECTED" });
  });
});

describe("readInClusterAccess", () => {
  it.each([
    { host: "10.96.0.1", url: "https://10.96.0.1:6443" },
    { host: "fd00::1", url: "https://[fd00::1]:6443" },
  ])("finds the API server of $host", async ({ host, url }) => {
    const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "6443" };
    const access = await readInClusterAccess(environment, createFakeClock(), folder);
    expect(access).toMatchObject({ endpoint: { url, ca: "pem" }, namespace: "tributary" });
  });

  it("says what is missing outside a pod", async () => {
    await expect(readInClusterAccess({}, createFakeClock(), folder)).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining("KUBERNETES_SERVICE_HOST"),
    });
  });
});
