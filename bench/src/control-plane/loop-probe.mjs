import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Milliseconds between two looks at the processor time of the thread. */
const lookMs = 2;

/**
 * Loaded before a program: at each SIGUSR2 prints a line, `phase 0` and so on, with what was since the last one: the delay of the event
 * loop, the processor time that its thread took between two looks, which is that delay without what other programs took, and
 * memory. Plain JavaScript, so that measuring does not load what reads TypeScript.
 */
function probe() {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const work = createHistogram();
  loop.enable();
  const processorMicros = () => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  let before = processorMicros();
  setInterval(() => {
    const now = processorMicros();
    work.record(Math.max(1, Math.round(now - before)));
    before = now;
  }, lookMs).unref();
  let phase = 0;
  process.on("SIGUSR2", () => {
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    const delays = { lagMs: loop.percentile(99) / 1e6, longestMs: loop.max / 1e6 };
    const worked = { workMs: work.percentile(99) / 1e3, longestWorkMs: work.max / 1e3 };
    const line = { msg: `phase ${phase++}`, rssBytes, peakBytes, heapBytes, ...delays, ...worked };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    loop.reset();
    work.reset();
  });
}

if (isMainThread) probe();
