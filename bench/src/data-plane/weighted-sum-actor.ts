import { createKernelPool } from "@tributary/worker-image";
import { actorOptions, serveActor, timesOf } from "./serve-actor.ts";

const { values, vectors, threads } = actorOptions<{ values: number; vectors: number; threads: number }>();
const pool = createKernelPool({ threads });
const forever = new AbortController().signal;
const inputs = Array.from({ length: vectors }, (_, vector) => {
  const x = new Float32Array(new SharedArrayBuffer(4 * values));
  for (let i = 0; i < values; i++) x[i] = vector + (i % 1021) / 1021;
  return x;
});
const out = new Float32Array(new SharedArrayBuffer(4 * values));
const total = inputs.reduce((sum, _, i) => sum + 10 + i, 0);
const weights = inputs.map((_, i) => (10 + i) / total);

await serveActor(async () => {
  return timesOf(() => pool.run({ kind: "WeightedSum", inputs, weights, out }, forever));
});
await pool.close();
