import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { type partyV1, termsV1 } from "@tributary/contracts";
import { afterEach, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { until } from "../support/until.ts";
import { HostileLinks } from "./support/hostile-party/hostile-links.ts";
import { smallGguf } from "./support/small-gguf.ts";
import { WireJob } from "./support/wire-job.ts";

/** By when a link that died without a word must be known to be dead. */
const NOTICED_WITHIN_MS = 30_000;
const REQUESTS_OF_PARTY = 8;
let job: WireJob;
const proxies: FaultProxy[] = [];
afterEach(async () => {
  await job.destroy();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

it("a link that is cut without a word is noticed by both ends, and a new one takes its place", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  await job.startAggregator();
  await job.addWorker(0, 0);
  const { controlPort, tensorPort } = job.ports;
  const [control, tensor] = await Promise.all(
    [controlPort, tensorPort].map((port) => startFaultProxy(`https://127.0.0.1:${port}`)),
  );
  proxies.push(control!, tensor!);
  job.reachBy({ controlPort: control!.port, tensorPort: tensor!.port });
  const { sidecar } = await job.addWorker(1, 0);
  await job.untilState("both are connected", ({ parties }) => parties.length === 2);
  const told = sidecar.lines.length;
  for (const proxy of [control!, tensor!]) proxy.setMode("blackHole");
  const isTold = () => sidecar.lines.slice(told).some(({ code }) => code === "AGGREGATOR_UNREACHABLE");
  await Promise.all([
    job.untilState("the aggregator notices", ({ parties }) => parties.length === 1, NOTICED_WITHIN_MS),
    until("the sidecar notices", isTold, NOTICED_WITHIN_MS),
  ]);
  for (const proxy of [control!, tensor!]) {
    proxy.setMode("forward");
    proxy.reset();
  }
  await job.untilState("both are connected again", ({ parties }) => parties.length === 2);
  await job.openWindow({ from: 0, through: 0 });
  await job.untilCommitted(1);
}, 180_000);

it("workers follow an aggregator that gets another address, whether they have joined or are still trying", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  await job.startAggregator();
  const { controlPort, tensorPort } = job.ports;
  const proxies = await Promise.all(
    [controlPort, tensorPort].map((port) => startFaultProxy(`https://127.0.0.1:${port}`)),
  );
  const [control, tensor] = proxies;
  job.reachBy({ controlPort: control!.port, tensorPort: tensor!.port });
  const joined = await job.addWorker(0, 0);
  await job.untilState("the first is connected", ({ parties }) => parties.length === 1);
  await Promise.all(proxies.map((proxy) => proxy.close()));
  const trying = await job.addWorker(1, 0);
  await until("the second is trying", () => trying.sidecar.lines.some(({ code }) => code === "AGGREGATOR_UNREACHABLE"));
  job.reachBy({ controlPort, tensorPort });
  await Promise.all([joined, trying].map((worker) => job.moveWorker(worker)));
  await job.untilState("both are connected", ({ parties }) => parties.length === 2);
  await job.openWindow({ from: 0, through: 0 });
  await job.untilCommitted(1);
}, 180_000);

it("a worker that was cut off while it fetched the base model fetches it where the aggregator is now", async () => {
  job = await WireJob.create({ workers: [1, 1], gguf: smallGguf(2, 16, 24) });
  await job.startAggregator();
  const { controlPort, tensorPort } = job.ports;
  const tensor = await startFaultProxy(`https://127.0.0.1:${tensorPort}`);
  proxies.push(tensor);
  tensor.setMode("blackHole");
  job.reachBy({ controlPort, tensorPort: tensor.port });
  const cutOff = await job.addWorker(0, 0);
  await until("it asks for the base model", () => tensor.accepted() > 0);
  job.reachBy({ controlPort, tensorPort });
  await job.moveWorker(cutOff);
  await job.addWorker(1, 0);
  await job.openWindow({ from: 0, through: 0 });
  await job.untilCommitted(1);
}, 180_000);

/** Path of the model of the first round that is started. */
async function modelPathIn(messages: AsyncIterable<partyV1.ReceiveResponse>): Promise<string> {
  for await (const { message } of messages) {
    if (message.case !== "started") continue;
    const { objects } = fromBinary(termsV1.RoundStartSchema, message.value.start);
    return objects.find(({ name }) => name === "model")!.resource;
  }
  throw new Error("no round was started");
}

it("a party that asks for the model over and over and never reads it holds its own share and no more", async () => {
  job = await WireJob.create({ workers: [1, 1], values: 4_000_000 });
  const aggregator = await job.startAggregator();
  await job.addWorker(0, 0);
  const identity = await job.issueWorker(1, 0);
  const links = new HostileLinks({ ...job.links, ...identity, seed: "", steps: 0, parallel: 0 });
  await until("the party has joined", async () => (await links.join(true)) === "OK");
  const stop = new AbortController();
  const started = modelPathIn(links.receive(stop.signal));
  await job.untilState("both are connected", ({ parties }) => parties.length === 2);
  await job.openWindow({ from: 0, through: 2, quorum: 1, deadlineMs: 20_000n });
  const path = await started;
  const before = residentMib(aggregator.pid);
  const calls = Array.from({ length: 60 }, () => links.tensor("GET", path, {}));
  for (const { request } of calls) request.end();
  const answers = await Promise.all(calls.map(({ answer }) => answer));
  const underWay = () => {
    const count = openFiles(aggregator.pid).filter((file) => file.endsWith("model.safetensors")).length;
    return count > 0 && count <= REQUESTS_OF_PARTY;
  };
  await until("no more are under way than one party may have", underWay);
  expect(answers.map(({ status }) => status)).toContain("QUEUE_FULL");
  await job.untilCommitted(1);
  expect(residentMib(aggregator.pid) - before).toBeLessThan(150);
  for (const { request } of calls) request.destroy();
  stop.abort();
  links.close();
}, 180_000);

it("whoever has the key of a worker that was replaced neither joins nor names a segment, and no round waits for it", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  await job.startAggregator();
  const old = new HostileLinks({ ...job.links, ...(await job.issueWorker(1, 0)), seed: "", steps: 0, parallel: 0 });
  await until("the first worker of the seat has joined", async () => (await old.join(true)) === "OK");
  // Certificates tell seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await job.addWorker(0, 0);
  await job.addWorker(1, 0);
  await job.untilState("both are connected", ({ parties }) => parties.length === 2);
  const answers = new Set<string>();
  let isOver = false;
  const stealing = (async () => {
    while (!isOver) {
      for (const path of [0, 1].flatMap(segmentPaths)) {
        const { request, answer } = old.tensor("HEAD", path, { "tributary-segment-sha256": "ab".repeat(32) });
        request.end();
        answers.add((await answer).status);
      }
      answers.add(await old.join(true));
    }
  })();
  await job.openWindow({ from: 0, through: 1, quorum: 2, deadlineMs: 60_000n });
  await job.untilCommitted(2);
  isOver = true;
  await stealing;
  expect(answers).toEqual(new Set(["IDENTITY_REJECTED", "SEAT_TAKEN"]));
  expect((await job.state()).failedRounds).toBe(0);
  old.close();
}, 180_000);

/** The segments of the second party in the first attempt at a round. */
function segmentPaths(round: number): string[] {
  const { jobUid } = job.links;
  return [0, 0xffff, 0xfffe].map((id) => `/v1/jobs/${jobUid}/rounds/${round}/attempts/1/segments/${id}/parties/2`);
}

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}
