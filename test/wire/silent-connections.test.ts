import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { WireJob } from "./support/wire-job.ts";

/** Connections without a certificate that a wire of a small job keeps. */
const KEPT = 256;
let job: WireJob;
let isOver = false;
const open = new Map<Socket, number>();
afterEach(async () => {
  isOver = true;
  for (const socket of open.keys()) socket.destroy();
  await job.destroy();
});

/** A connection that says nothing, once it is there; it may be ended at once. */
async function connectSilently(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  open.set(socket, port);
  socket.once("close", () => open.delete(socket));
  await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => {});
}

/** A thousand of them, few at a time: those that the kernel has no room for look open to the caller alone. */
async function connectManySilently(port: number): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.all(Array.from({ length: 50 }, () => connectSilently(port)));
    await setTimeout(10);
  }
}

const openTo = (port: number) => [...open.values()].filter((other) => other === port).length;

it("a thousand silent connections to each wire are cut down to a few, and keep no worker from its rounds while more come", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  await job.startAggregator();
  await job.untilState("the aggregator answers", () => true);
  const ports = [job.ports.controlPort, job.ports.tensorPort];
  await Promise.all(ports.map(connectManySilently));
  await until("few of them are left", () => ports.every((port) => openTo(port) <= KEPT));
  // They have 15 s for their handshake: no more were ended than were too many.
  expect(ports.map(openTo)).toEqual([KEPT, KEPT]);
  const flood = ports.map(async (port) => {
    for (; !isOver; await setTimeout(5)) await connectSilently(port);
  });
  await job.startWorkers();
  await job.untilState("both are connected", ({ parties }) => parties.length === 2);
  await job.openWindow({ from: 0, through: 1 });
  await job.untilCommitted(2);
  expect((await job.state()).failedRounds).toBe(0);
  isOver = true;
  await Promise.all(flood);
  await until("few of all that came are left", () => ports.every((port) => openTo(port) <= KEPT));
}, 180_000);
