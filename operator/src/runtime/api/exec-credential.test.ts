import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import type { Credential } from "./credential.ts";
import { execCredential } from "./exec-credential.ts";
import type { ExecPlugin } from "./kubeconfig-exec.ts";

const never = new AbortController().signal;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exec-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A plugin of these shell lines; each run adds a line to `runs`. `$RUN` is the number of the run. */
async function plugin(lines: string, more: Partial<ExecPlugin> & { timeoutMs?: number } = {}) {
  const command = join(folder, "plugin.sh");
  const log = join(folder, "runs");
  await writeFile(command, `#!/bin/sh\necho run >> ${log}\nRUN=$(wc -l < ${log} | tr -d ' ')\n${lines}\n`);
  await chmod(command, 0o755);
  const clock = createFakeClock(Date.UTC(2026, 0, 1));
  const source = execCredential(
    {
      apiVersion: "client.authentication.k8s.io/v1",
      command,
      args: [],
      env: [{ name: "GIVEN", value: "value" }],
      provideClusterInfo: false,
      ...more,
    },
    {
      endpoint: { url: "https://10.0.0.1:6443", ca: "pem", proxyUrl: "http://proxy:3128" },
      clock,
      environment: { PATH: `${folder}:${process.env.PATH}`, HOME: "/nowhere" },
      ...(more.timeoutMs === undefined ? {} : { timeoutMs: more.timeoutMs }),
    },
  );
  const runs = async () => (await readFile(log, "utf8").catch(() => "")).split("\n").length - 1;
  return { source, clock, runs };
}

const anHourLater = "2026-01-01T01:00:00Z";
const hourly = `printf '{"status":{"token":"t%s","expirationTimestamp":"${anHourLater}"}}' "$RUN"`;

/** Waits in real time for a program to have run so often. */
async function untilRuns(runs: () => Promise<number>, count: number): Promise<void> {
  while ((await runs()) < count) await new Promise((resolve) => setImmediate(resolve));
}

describe("exec credential", () => {
  it("runs the plugin once for twenty callers that come at once", async () => {
    const { source, runs } = await plugin(hourly);
    const given = await Promise.all(Array.from({ length: 20 }, () => source.current(never)));
    expect(new Set(given.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer t1"]));
    expect(await runs()).toBe(1);
  });

  it("runs it again at 80 % of the life, while callers keep the old credential", async () => {
    const { source, clock, runs } = await plugin(hourly);
    await source.current(never);
    await clock.advance(48 * 60_000 - 1);
    await source.current(never);
    expect(await runs()).toBe(1);
    await clock.advance(1);
    expect((await source.current(never)).authorization).toBe("Bearer t1");
    await untilRuns(runs, 2);
    let credential: Credential;
    do {
      credential = await source.current(never);
      await new Promise((resolve) => setImmediate(resolve));
    } while (credential.authorization === "Bearer t1");
    expect(credential.authorization).toBe("Bearer t2");
  });

  it("runs it again after the API server refused the credential", async () => {
    const { source, runs } = await plugin(hourly);
    source.reject(await source.current(never));
    expect((await source.current(never)).authorization).toBe("Bearer t2");
    expect(await runs()).toBe(2);
  });

  it("gives a client certificate", async () => {
    const { source } = await plugin(`printf '{"status":{"clientCertificateData":"c","clientKeyData":"k"}}'`);
    expect(await source.current(never)).toEqual({ certificate: { cert: "c", key: "k" } });
  });

  it("passes arguments without a shell, its own environment and the cluster, and nothing else of ours", async () => {
    const seen = join(folder, "seen");
    const lines = `printf '%s|%s|%s|%s' "$1" "$GIVEN" "$KUBERNETES_EXEC_INFO" "$SECRET_OF_THE_OPERATOR" > ${seen}\n${hourly}`;
    process.env.SECRET_OF_THE_OPERATOR = "leak";
    const clusterInfo = { "disable-compression": true, config: { audience: "clinic" } };
    const { source } = await plugin(lines, { args: ["$(id); echo"], provideClusterInfo: true, clusterInfo });
    await source.current(never);
    delete process.env.SECRET_OF_THE_OPERATOR;
    const [argument, given, info, secret] = (await readFile(seen, "utf8")).split("|");
    expect([argument, given, secret]).toEqual(["$(id); echo", "value", ""]);
    // What client-go v0.34 passed of the same cluster.
    const cluster = {
      server: "https://10.0.0.1:6443",
      "certificate-authority-data": Buffer.from("pem").toString("base64"),
      "proxy-url": "http://proxy:3128",
      ...clusterInfo,
    };
    expect(JSON.parse(info ?? "")).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      spec: { interactive: false, cluster },
    });
  });

  it("ends the standard input of a plugin that reads it", async () => {
    const { source } = await plugin(`cat > /dev/null\n${hourly}`, { timeoutMs: 2_000 });
    await expect(source.current(never)).resolves.toMatchObject({ authorization: "Bearer t1" });
  });

  it("finds a plugin by the PATH of its own process alone", async () => {
    const other = join(folder, "other");
    await mkdir(other);
    await writeFile(join(other, "plugin.sh"), `#!/bin/sh\necho '{"status":{"token":"of-another-program"}}'\n`);
    await chmod(join(other, "plugin.sh"), 0o755);
    const env = [{ name: "PATH", value: `${other}:${process.env.PATH}` }];
    const { source } = await plugin(hourly, { command: "plugin.sh", env });
    await expect(source.current(never)).resolves.toMatchObject({ authorization: "Bearer t1" });
  });

  it.each<[string, Partial<ExecPlugin>, string]>([
    ["an argument holds a NUL", { args: ["--password=hunter2\0"] }, "could not be started"],
    ["a variable holds a NUL", { env: [{ name: "PASSWORD", value: "hunter2\0" }] }, "could not be started"],
    ["an argument is too long", { args: ["hunter2".repeat(400_000)] }, "could not be started"],
    ["its command is a command line", { command: "/missing/login --password=hunter2" }, "could not be started"],
    ["its command is no file", { command: "/missing/login" }, '"/missing/login" could not be started (ENOENT)'],
    ["no folder of the PATH has it", { command: "no-such-login" }, '"no-such-login" could not be started'],
  ])("says nothing of what a plugin was given when %s", async (_what, more, says) => {
    const { source } = await plugin(hourly, more);
    const failure: unknown = await source.current(never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "CREDENTIAL_REJECTED", message: expect.stringContaining(says) });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain("hunter2");
  });

  it.each([
    { what: "fails", lines: "exit 3", says: "failed (3)" },
    { what: "prints no JSON", lines: "echo secret-token", says: "printed no JSON" },
    { what: "complains", lines: "echo secret-token >&2; exit 4", says: "failed (4)" },
    { what: "is ended", lines: "kill -TERM $$", says: "failed (SIGTERM)" },
    { what: "prints too much", lines: "yes secret-token", says: "printed too much" },
    { what: "prints null", lines: "echo null", says: "printed no JSON" },
    {
      what: "gives a token of two lines",
      lines: `printf '{"status":{"token":"secret-token\\\\nb"}}'`,
      says: "with blanks",
    },
    { what: "gives a token that is no text", lines: `echo '{"status":{"token":{"a":1}}}'`, says: "gave neither" },
    { what: "gives nothing to use", lines: `echo '{"status":{}}'`, says: "gave neither token" },
    { what: "hangs", lines: "sleep 600", says: "took too long", timeoutMs: 300 },
  ])("says so when the plugin $what, without its output, and can run again", async (given) => {
    const { lines, says, timeoutMs = 60_000 } = given as typeof given & { readonly timeoutMs?: number };
    const { source, runs } = await plugin(lines, { timeoutMs });
    const failure = await source.current(never).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "CREDENTIAL_REJECTED", message: expect.stringContaining(says) });
    expect(inspect(failure, { depth: 9 })).not.toContain("secret-token");
    await expect(source.current(never)).rejects.toMatchObject({ code: "CREDENTIAL_REJECTED" });
    expect(await runs()).toBe(2);
  });
});
