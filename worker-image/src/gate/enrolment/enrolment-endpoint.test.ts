import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "@grpc/grpc-js";
import { gateV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createGrpcClient,
  createTlsCredentials,
  type GrpcClient,
  listenGrpcOverTls,
  type TlsListener,
} from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "../authority/testing/open-authority.ts";
import { CallerConnections } from "./caller-connections.ts";
import { type ConnectionLife, createEnrolmentEndpoint } from "./enrolment-endpoint.ts";

let directory: string;
let caPem: string;
let endpoint: Server;
let listener: TlsListener;
let client: GrpcClient<typeof gateV1.GateService>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "enrolment-"));
});
afterEach(async () => {
  client.close();
  listener.close();
  await closeGrpc(endpoint, 0);
  await rm(directory, { recursive: true, force: true });
});

/** Listens as the gate does; enrolment answers with the number of bytes that it was given. */
async function listen(life?: ConnectionLife): Promise<void> {
  const authority = await openAuthority(directory, "test");
  caPem = authority.certificatePem;
  endpoint = createEnrolmentEndpoint(life);
  const enrol = async ({ token, csrDer }: gateV1.EnrolRequest) => ({
    lifetimeSeconds: BigInt(token.length + csrDer.length),
  });
  addService(endpoint, gateV1.GateService, { enrol }, () => {});
  const connections = new CallerConnections({ ofAddress: 2, inAll: 2 });
  const tls = await authority.makeEndpoint(["localhost"]);
  listener = await listenGrpcOverTls(endpoint, { port: 0, tls, onAccepted: (socket) => connections.admit(socket) });
  client = createGrpcClient(gateV1.GateService, {
    address: `127.0.0.1:${listener.port}`,
    credentials: createTlsCredentials({ caPem }),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": "localhost" },
  });
}

const open = () =>
  connect(`https://127.0.0.1:${listener.port}`, { ca: caPem, servername: "localhost" }).on("error", () => {});

describe("the endpoint of enrolment", () => {
  it("takes the largest honest request of a caller without a certificate, and refuses a larger one unread", async () => {
    await listen();
    const enrol = (tokenBytes: number) =>
      client.enrol({ token: "t".repeat(tokenBytes), csrDer: new Uint8Array(4_096) }, { timeoutMs: 10_000 });
    expect(await enrol(8_192)).toMatchObject({ lifetimeSeconds: 12_288n });
    await expect(enrol(8_192 + 64)).rejects.toMatchObject({ code: "QUEUE_FULL" });
  });

  it("takes one call of a connection at a time, and few connections", async () => {
    await listen();
    const first = open();
    const [settings] = await once(first, "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(1);
    const second = open();
    await once(second, "connect");
    const third = open();
    await new Promise((resolve) => third.once("close", resolve));
    expect([first, second].map(({ destroyed }) => destroyed)).toEqual([false, false]);
    for (const session of [first, second]) session.destroy();
  });

  it("ends a connection by its age, also one with a request that is never whole", async () => {
    await listen({ ageMs: 100, graceMs: 100 });
    const session = open();
    const path = `/${gateV1.GateService.typeName}/Enrol`;
    const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    session
      .request(head)
      .on("error", () => {})
      .write(Uint8Array.of(0, 0, 0, 0, 9, 1));
    await new Promise((resolve) => session.once("close", resolve));
  });
});
