import { controlV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createEndpointTlsCredentials,
  createGrpcEndpoint,
  listenGrpc,
  TributaryError,
} from "@tributary/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { readJobCertificates } from "../observe/certificates.ts";
import { jobNames } from "../render/names.ts";
import { aJob, aSnapshot, someTimeMs } from "../testing/a-snapshot.ts";
import { AggregatorDirectory } from "./aggregator-directory.ts";
import { ensureCertificates } from "./ensure-certificates.ts";

const job = aJob();
const uid = "job-uid";
const { signal } = new AbortController();
const running = aSnapshot({ job });
const over = { ...running, completionMs: someTimeMs };
const stopped = { ...over, hub: { ...over.hub, replicas: 0 } };

let outcomes: string[];
let directory: AggregatorDirectory;
let close: () => Promise<void>;

beforeEach(async () => {
  outcomes = [];
  const secrets = new Map<string, KubeObject>();
  const hub = { get: async (_kind: unknown, { name }: { name: string }) => secrets.get(name) } as unknown as ApiClient;
  const hubObjects = {
    apply: async (_job: unknown, _kind: unknown, object: KubeObject) => void secrets.set(object.metadata.name, object),
  };
  await ensureCertificates(
    job,
    jobNames(job).serverName,
    { hub, hubObjects: hubObjects as never, nowMs: Date.now },
    signal,
  );
  const { identity } = await readJobCertificates(hub, job, signal);
  const endpoint = createGrpcEndpoint();
  const answer = async () => ({ state: { revision: 1n } });
  const finishJob = async ({ outcome }: { outcome: string }) => {
    outcomes.push(outcome);
    return answer();
  };
  addService(
    endpoint,
    controlV1.AggregatorService,
    { getState: answer, openWindow: answer, finishJob, listRounds: async () => ({ rounds: [] }) },
    () => {},
  );
  const credentials = createEndpointTlsCredentials({ ...identity!, caPem: identity!.operatorCaPem });
  const controlPort = await listenGrpc(endpoint, "127.0.0.1:0", credentials);
  const heard = Promise.withResolvers<void>();
  const hostOf = () => ({ host: "127.0.0.1", controlPort });
  directory = new AggregatorDirectory({ hub, hostOf, enqueue: () => heard.resolve(), nowMs: Date.now });
  directory.follow("research/notes", running);
  await heard.promise;
  close = () => closeGrpc(endpoint, 100);
});

afterEach(async () => {
  directory.close();
  await close();
});

it("keeps the link of a job that ended until its aggregator was told, and makes no other", async () => {
  directory.follow("research/notes", over);
  expect(directory.observationOf(uid).state).toBe("heard");
  await directory.finishJob(job, "Failed", signal);
  await directory.finishJob(job, "Failed", signal);
  expect(outcomes).toEqual(["Failed"]);
  directory.follow("research/notes", over);
  expect(directory.observationOf(uid)).toEqual({ state: "absent" });
});

it("keeps the link of a job that ended while its Secrets may not be read, and makes none without them", async () => {
  const { caPem: _caPem, ...hub } = over.hub;
  const unread = { ...over, hub: { ...hub, unread: new TributaryError("FORBIDDEN", "no get on secrets") } };
  directory.follow("research/notes", unread);
  expect(directory.observationOf(uid).state).toBe("heard");
  const other = { ...unread, job: aJob({}, { uid: "another" }) };
  directory.follow("research/notes", other);
  expect(directory.observationOf("another")).toEqual({ state: "absent" });
  expect(directory.observationOf(uid)).toEqual({ state: "absent" });
});

it("ends the link of a job that ended once no aggregator is asked for any more", async () => {
  directory.follow("research/notes", stopped);
  expect(directory.observationOf(uid)).toEqual({ state: "absent" });
  await expect(directory.finishJob(job, "Complete", signal)).rejects.toMatchObject({ code: "AGGREGATOR_UNREACHABLE" });
  directory.follow("research/notes", stopped);
  expect(directory.observationOf(uid)).toEqual({ state: "absent" });
});
