import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthorities } from "../authority/authorities.ts";
import { openIdentity } from "../identity/member-identity.ts";
import { publicHalf } from "./public-half.ts";
import { keepPublished } from "./publish.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "publish-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const wish = { rotate: "", use: "", retire: "" };

async function publishedAfter(change: Partial<typeof wish>) {
  const place = { directory, cluster: "aws", formerPem: "", nowMs: Date.now() };
  const authorities = await openAuthorities({ ...place, wish: { ...wish, ...change } });
  const identity = await openIdentity(directory, { ...wish, ...change });
  return {
    authorities,
    identity,
    texts: publicHalf({ member: "aws", organisation: "hospital", identity, authorities }),
  };
}

describe("the public half of a gate", () => {
  it("is its identity keys with their fingerprints, the one that signs first, and all its CAs", async () => {
    await publishedAfter({});
    const { authorities, identity, texts } = await publishedAfter({ rotate: "2027" });
    const [first, second] = identity.keys;
    expect(JSON.parse(texts["identity.json"]!)).toEqual({
      organisation: "hospital",
      member: "aws",
      publicKeys: [first, second].map((key) => Buffer.from(key!.publicKey).toString("base64")),
      fingerprints: [first!.fingerprint, second!.fingerprint],
    });
    expect(texts["ca.crt"]).toBe(authorities.keys.map(({ certificatePem }) => certificatePem).join(""));
    expect(JSON.parse(texts["rotation.json"]!)).toMatchObject({
      identity: [{ signs: true }, { fingerprint: second!.fingerprint, signs: false }],
      ca: [{ signs: true, ends: expect.stringMatching(/Z$/u) }, { signs: false }],
    });
    expect(JSON.stringify(texts)).not.toContain("PRIVATE");
    const switched = await openIdentity(directory, { ...wish, use: second!.fingerprint });
    const after = publicHalf({ member: "aws", organisation: "hospital", identity: switched, authorities });
    expect(JSON.parse(after["identity.json"]!).fingerprints).toEqual([second!.fingerprint, first!.fingerprint]);
  });
});

/** A ConfigMap that may be away, and tells how often it was written. */
class FakeConfigMap {
  data: Record<string, string> | undefined;
  writes = 0;

  async readConfigMap(): Promise<Record<string, string>> {
    if (this.data === undefined) throw new TributaryError("API_UNAVAILABLE", "answered with 404");
    return this.data;
  }

  async patchConfigMap(_namespace: string, _name: string, data: Record<string, string>): Promise<void> {
    this.writes += 1;
    this.data = { ...this.data, ...data };
  }
}

describe("publishing", () => {
  it("says that the gate is another member to its peers than the one that published before, and nothing of a rotation", async () => {
    const [former, rotated] = [await publishedAfter({}), await publishedAfter({ rotate: "2027" })];
    await rm(directory, { recursive: true });
    const anew = await publishedAfter({});
    const errors: string[] = [];
    const log = createLogger("test", "error", { write: (line) => void errors.push(line) });
    const publish = async (before: Record<string, string>, texts: Record<string, string>) => {
      const stop = new AbortController();
      const sleep = async () => stop.signal.throwIfAborted();
      const place = {
        namespace: "gate",
        configMap: "identity",
        clock: { nowMs: () => 0, monotonicMs: () => 0, sleep },
        log,
      };
      const configMap = new FakeConfigMap();
      configMap.data = before;
      const patchConfigMap: FakeConfigMap["patchConfigMap"] = (...patch) => {
        stop.abort();
        return configMap.patchConfigMap(...patch);
      };
      const api = { readConfigMap: () => configMap.readConfigMap(), patchConfigMap };
      await keepPublished(texts, { api, ...place }, stop.signal).catch(() => {});
      expect(configMap.data).toEqual(texts);
    };
    await publish({}, former.texts);
    await publish({ "identity.json": "torn" }, former.texts);
    await publish(former.texts, rotated.texts);
    expect(errors).toEqual([]);
    await publish(rotated.texts, anew.texts);
    expect(errors).toEqual([expect.stringContaining("another identity than it published before")]);
    expect(errors[0]).toContain(former.identity.signing.fingerprint);
  });

  it("waits for a ConfigMap that is not there, keeps what others wrote, writes again what was changed, and nothing twice", async () => {
    const configMap = new FakeConfigMap();
    const stop = new AbortController();
    const reason = new Error("stop");
    const states: unknown[] = [];
    const steps = [
      () => {},
      () => (configMap.data = { other: "text" }),
      () => {},
      () => (configMap.data = { other: "text", a: "changed" }),
      () => (configMap.data = undefined),
      () => (configMap.data = {}),
      () => stop.abort(reason),
    ];
    const sleep = async () => {
      states.push({ ...configMap.data, writes: configMap.writes });
      steps.shift()!();
      stop.signal.throwIfAborted();
    };
    const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep };
    const place = { namespace: "gate", configMap: "identity", clock, log: createLogger("test", "silent") };
    await expect(keepPublished({ a: "1", b: "2" }, { api: configMap, ...place }, stop.signal)).rejects.toBe(reason);
    const whole = { a: "1", b: "2" };
    expect(states).toEqual([
      { writes: 0 },
      { writes: 0 },
      { other: "text", ...whole, writes: 1 },
      { other: "text", ...whole, writes: 1 },
      { other: "text", ...whole, writes: 2 },
      { writes: 2 },
      { ...whole, writes: 3 },
    ]);
  });
});
