import { createServer } from "node:http";
import { type AddressInfo, connect as dial, type Socket } from "node:net";
import { Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { afterEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { answer, type FaultEndpoint, selfSignedCertificate, startFaultEndpoint } from "../testing/fault-endpoint.ts";
import { createApiClient } from "./api-client.ts";
import { type ConnectionOptions, createConnection } from "./connection.ts";
import { type Credential, fixedCredential } from "./credential.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function connect(more: Partial<ConnectionOptions> = {}, given?: FaultEndpoint) {
  const endpoint = given ?? (await startFaultEndpoint());
  const clock = createFakeClock();
  const connection = createConnection({
    cluster: "edge",
    endpoint: { url: endpoint.url, ca: endpoint.ca },
    credentials: fixedCredential({ authorization: "Bearer t" }),
    clock,
    random: () => 0,
    ...more,
  });
  closers.push(async () => {
    await connection.close();
    await endpoint.close();
  });
  return { endpoint, clock, connection, client: createApiClient(connection) };
}

const ref = { namespace: "n", name: "a" };
const configMap = { metadata: ref };

/** Waits in real time until the endpoint has seen `count` requests, letting the fake clock stand still. */
async function untilRequests(endpoint: FaultEndpoint, count: number): Promise<void> {
  while (endpoint.requests.length < count) await new Promise((resolve) => setImmediate(resolve));
}

/** Advances the fake clock until the promise settles: retries wait on it, sockets do not. */
async function settled<T>(clock: ReturnType<typeof createFakeClock>, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const mark = () => {
    isDone = true;
  };
  promise.then(mark, mark);
  while (!isDone) {
    const waitMs = clock.nextTimerInMs();
    // The deadline itself is the only timer left when the call is on the wire.
    if (clock.pendingTimers() > 1 && waitMs !== undefined) await clock.advance(waitMs);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}

describe("connection, faults of the transport", () => {
  it("uses one TLS connection for calls that follow each other", async () => {
    const { endpoint, client, connection } = await connect();
    for (let index = 0; index < 200; index++) await client.get(Kinds.ConfigMap, ref);
    expect(endpoint.requests.length).toBe(200);
    expect(connection.handshakes()).toBeLessThanOrEqual(8);
    expect(endpoint.connections()).toBe(connection.handshakes());
  });

  it("obeys Retry-After on 429, for any verb", async () => {
    const { endpoint, clock, client } = await connect();
    endpoint.script(answer(429, { reason: "TooManyRequests" }, { "retry-after": "3" }), answer(201, configMap));
    const creating = client.create(Kinds.ConfigMap, configMap);
    await untilRequests(endpoint, 1);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settled(clock, creating);
    expect(clock.monotonicMs()).toBe(3_000);
    expect(endpoint.requests.length).toBe(2);
  });

  it("holds all calls of the cluster back after a 429, not only the one that met it", async () => {
    const { endpoint, clock, client } = await connect({ maxRetries: 0 });
    endpoint.script(answer(429, {}, { "retry-after": "5" }), answer(200, configMap));
    await expect(client.get(Kinds.ConfigMap, ref)).rejects.toMatchObject({ retryAfterMs: 5_000 });
    const second = client.get(Kinds.ConfigMap, ref);
    await clock.advance(4_999);
    // A call of somebody else passes meanwhile, so the second one had every chance to go out.
    const other = await connect({}, endpoint);
    await other.client.get(Kinds.ConfigMap, ref);
    expect(endpoint.requests.length).toBe(2);
    await settled(clock, second);
    expect(endpoint.requests.length).toBe(3);
  });

  it("throws at once with the time to wait when Retry-After lies beyond the deadline", async () => {
    const { endpoint, client } = await connect();
    endpoint.script(answer(429, {}, { "retry-after": "120" }));
    await expect(client.get(Kinds.ConfigMap, ref, { deadlineMs: 1_000 })).rejects.toMatchObject({
      code: "API_UNAVAILABLE",
      retryAfterMs: 120_000,
    });
  });

  it("reads again when the connection is reset, and does not create again", async () => {
    const { endpoint, clock, client } = await connect();
    endpoint.script((_request, _response, socket) => socket.destroy(), answer(200, configMap));
    await settled(clock, client.get(Kinds.ConfigMap, ref));
    expect(endpoint.requests.length).toBe(2);
    endpoint.script((_request, _response, socket) => socket.destroy(), answer(201, configMap));
    await expect(client.create(Kinds.ConfigMap, configMap)).rejects.toMatchObject({ code: "API_UNAVAILABLE" });
    expect(endpoint.requests.length).toBe(3);
  });

  it("reads again when the body was cut", async () => {
    const { endpoint, clock, client } = await connect();
    endpoint.script(
      (_request, response, socket) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write('{"metadata":', () => socket.destroy());
      },
      answer(200, configMap),
    );
    expect(await settled(clock, client.get(Kinds.ConfigMap, ref))).toEqual(configMap);
    expect(endpoint.requests.length).toBe(2);
  });

  it("ends a call without answer at its deadline and dials anew afterwards", async () => {
    const { endpoint, clock, client, connection } = await connect();
    endpoint.script(() => {}, answer(200, configMap));
    const silent = client.get(Kinds.ConfigMap, ref, { deadlineMs: 2_000 });
    await untilRequests(endpoint, 1);
    const expected = expect(silent).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      details: { cluster: "edge", verb: "get", resource: "configmaps", name: "a", reason: "DeadlineExceeded" },
    });
    await clock.advance(2_000);
    await expected;
    await client.get(Kinds.ConfigMap, ref);
    expect(connection.handshakes()).toBeGreaterThan(1);
    expect(clock.pendingTimers()).toBe(0);
  });

  it("ends a call when its caller gives it up", async () => {
    const { endpoint, client } = await connect();
    endpoint.script(() => {});
    const giveUp = new AbortController();
    const call = client.get(Kinds.ConfigMap, ref, { signal: giveUp.signal });
    await untilRequests(endpoint, 1);
    giveUp.abort();
    await expect(call).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  });

  it("fetches a new credential once after a 401", async () => {
    const tokens = ["old", "new", "newer"];
    const rejected: Credential[] = [];
    let held: Credential | undefined;
    const credentials = {
      current: async () => (held ??= { authorization: `Bearer ${tokens.shift()}` }),
      reject(credential: Credential) {
        rejected.push(credential);
        held = undefined;
      },
      close: () => {},
    };
    const { endpoint, clock, client } = await connect({ credentials });
    endpoint.script(answer(401, { reason: "Unauthorized" }), answer(200, configMap));
    await settled(clock, client.get(Kinds.ConfigMap, ref));
    expect(endpoint.lastHeaders().authorization).toBe("Bearer new");
    endpoint.script(answer(401, { reason: "Unauthorized" }));
    const again = settled(clock, client.get(Kinds.ConfigMap, ref));
    await expect(again).rejects.toMatchObject({ code: "CREDENTIAL_REJECTED", disposition: "permanent" });
    expect(rejected.length).toBe(3);
    expect(endpoint.requests.length).toBe(4);
  });

  it("reaches an API server through a proxy that sees nothing but its address", async () => {
    const seen: string[] = [];
    const proxy = createServer().on("connect", (request, near: Socket) => {
      seen.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      const far = dial(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
        near.write("HTTP/1.1 200 Connection established\r\n\r\n");
        far.pipe(near).pipe(far);
      });
      for (const end of [near, far]) end.on("error", () => end.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    closers.push(async () => void proxy.close());
    const proxyUrl = `http://me:pass@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const endpoint = await startFaultEndpoint();
    const { client } = await connect({ endpoint: { url: endpoint.url, ca: endpoint.ca, proxyUrl } }, endpoint);
    endpoint.script(answer(200, configMap));
    for (let call = 0; call < 3; call++) expect(await client.get(Kinds.ConfigMap, ref)).toEqual(configMap);
    expect([...new Set(seen)]).toEqual([
      `127.0.0.1:${new URL(endpoint.url).port} Basic ${Buffer.from("me:pass").toString("base64")}`,
    ]);
  });

  it("opens new connections for a new client certificate", async () => {
    const later = new Date(Date.now() + 3_600_000);
    const certificates = [await selfSignedCertificate(later), await selfSignedCertificate(later)];
    let generation = 0;
    const credentials = {
      current: async () => ({ certificate: certificates[generation] as { cert: string; key: string } }),
      reject: () => {},
      close: () => {},
    };
    const { client, connection } = await connect({ credentials });
    for (let index = 0; index < 10; index++) await client.get(Kinds.ConfigMap, ref);
    const before = connection.handshakes();
    generation = 1;
    await client.get(Kinds.ConfigMap, ref);
    expect(connection.handshakes()).toBeGreaterThan(before);
  });

  it.each([
    { what: "a CA that did not sign the certificate", notAfterMs: 3_600_000, ca: "other" },
    { what: "a certificate that has expired", notAfterMs: -3_600_000, ca: "own" },
  ])("refuses $what without trying again", async ({ notAfterMs, ca }) => {
    const endpoint = await startFaultEndpoint(new Date(Date.now() + notAfterMs));
    const other = await startFaultEndpoint();
    closers.push(() => other.close());
    const { client, connection } = await connect(
      { endpoint: { url: endpoint.url, ca: ca === "own" ? endpoint.ca : other.ca } },
      endpoint,
    );
    await expect(client.list(Kinds.Pod)).rejects.toMatchObject({
      code: "KUBECONFIG_INVALID",
      details: { cluster: "edge", verb: "list", resource: "pods", reason: "TlsRejected" },
    });
    expect(connection.handshakes()).toBe(1);
  });

  it("names cluster, verb, resource and remedy when nothing listens", async () => {
    const endpoint = await startFaultEndpoint();
    await endpoint.close();
    const { clock, client } = await connect({ unreachableCode: "MEMBER_UNREACHABLE" }, endpoint);
    await expect(settled(clock, client.list(Kinds.Job, { namespace: "n" }))).rejects.toMatchObject({
      code: "MEMBER_UNREACHABLE",
      message: expect.stringContaining('cluster "edge": list jobs.batch in "n"'),
      details: { reason: "ECONNREFUSED", remedy: expect.stringContaining("check the address") },
    });
  });

  it("refuses a call when too many wait", async () => {
    const { endpoint, client } = await connect({ maxCalls: 1 });
    endpoint.script(() => {});
    const stop = new AbortController();
    const first = client.get(Kinds.ConfigMap, ref, { signal: stop.signal });
    await expect(client.get(Kinds.ConfigMap, ref)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  });

  it("refuses an answer that is larger than it may be", async () => {
    const { endpoint, client } = await connect({ limits: { maxAnswerBytes: 1_000 } });
    endpoint.script(answer(200, { text: "x".repeat(2_000) }));
    await expect(client.get(Kinds.ConfigMap, ref)).rejects.toMatchObject({
      code: "API_REFUSED",
      details: { reason: "AnswerTooLarge" },
    });
  });

  it.each([
    { what: "is cut in the middle of an event", last: '{"type":"ADDED"' },
    { what: "sends what is no JSON", last: "<html>\n" },
  ])("names cluster, verb and resource when a watch $what", async ({ last }) => {
    const { endpoint, client } = await connect({ unreachableCode: "MEMBER_UNREACHABLE" });
    endpoint.script((_request, response, socket) => {
      response.writeHead(200);
      response.write(last, () => socket.destroy());
    });
    const signal = new AbortController().signal;
    const events = client.watch(Kinds.Pod, { resourceVersion: "1", timeoutSeconds: 300, signal });
    await expect(events.next()).rejects.toMatchObject({
      code: "MEMBER_UNREACHABLE",
      details: { cluster: "edge", verb: "watch", resource: "pods", remedy: expect.any(String) },
    });
  });
});

describe("a call that has waited since it was admitted", () => {
  it("is asked about once more when it goes out, and is not sent when it may not be by then", async () => {
    let asked = 0;
    const admit = () => {
      if (++asked > 1) throw new TributaryError("LEADERSHIP_LOST", "another one leads by now");
    };
    const { endpoint, client } = await connect({ admit });
    await expect(client.create(Kinds.ConfigMap, configMap)).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
    expect([asked, endpoint.requests.length]).toEqual([2, 0]);
  });
});
