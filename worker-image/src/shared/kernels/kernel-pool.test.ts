import {
  createPlainRingTile,
  decodeChunk,
  encodeChunk,
  Keystream,
  type Mask,
  type MaskKey,
  packedSizeBytes,
  plainWeightedSum,
  sumChunks,
} from "@tributary/federated";
import { isTributaryError } from "@tributary/kit";
import { afterAll, describe, expect, it } from "vitest";
import { createKernelPool } from "./kernel-pool.ts";
import { BLOCK_VALUES, type EncodeRequest } from "./kernel-request.ts";
import { createKeystream } from "./keystream.ts";

const aes = Keystream.Aes256Ctr;
const never = new AbortController().signal;
const ringBits = 20;
const grid = { step: 2 ** -10, valueBits: 16 };
const keyOf = (id: number) => new Uint8Array(32).fill(id);
const masks: MaskKey[] = [
  { keystream: aes, key: keyOf(1), sign: 1 },
  { keystream: Keystream.ChaCha20, key: keyOf(2), sign: -1 },
];
const opened = (keys: readonly MaskKey[], sign = 1) =>
  keys.map(
    (mask): Mask => ({
      stream: createKeystream(mask.keystream, mask.key, 0),
      sign: (sign * mask.sign) as Mask["sign"],
    }),
  );

const sharedFloats = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));
const sharedBytes = (sizeBytes: number) => new Uint8Array(new SharedArrayBuffer(sizeBytes));

function encodeRequest(values: number): EncodeRequest {
  const x = sharedFloats(values);
  for (let i = 0; i < values; i++) x[i] = Math.fround(Math.sin(i));
  const out = sharedBytes(packedSizeBytes(values, ringBits));
  return { kind: "Encode", x, grid, ringBits, roundingKey: keyOf(3), masks, offset: 0, out };
}

/** The same work in this thread by the plain kernels. */
function encodedPlainly({ x, out }: EncodeRequest) {
  const want = new Uint8Array(out.length);
  const rounding = createKeystream(aes, keyOf(3), 0);
  encodeChunk(createPlainRingTile(), { x, grid, ringBits, rounding, masks: opened(masks), out: want, offset: 0 });
  return want;
}

describe("kernel pool", () => {
  const pool = createKernelPool({ threads: 2 });
  afterAll(() => pool.close());

  it("encodes in blocks on two threads what the plain kernels encode in one go", async () => {
    const request = encodeRequest(2 * BLOCK_VALUES + 1001);
    const { saturated, squaredNorm } = await pool.run(request, never);
    expect(Buffer.compare(request.out, encodedPlainly(request))).toBe(0);
    expect(saturated).toBe(0);
    expect(squaredNorm / request.x.length).toBeCloseTo(0.5, 3);
  });

  it("gives the same norm and bytes with one thread as with two", async () => {
    const single = createKernelPool({ threads: 1 });
    const requests = [encodeRequest(BLOCK_VALUES + 17), encodeRequest(BLOCK_VALUES + 17)] as const;
    const totals = await Promise.all([pool.run(requests[0], never), single.run(requests[1], never)]);
    await single.close();
    expect(totals[1]).toEqual(totals[0]);
    expect(Buffer.compare(requests[0].out, requests[1].out)).toBe(0);
  });

  it("goes on from an offset, writing residuals through shared memory", async () => {
    const whole = encodeRequest(4000);
    const residual = sharedFloats(4000);
    await pool.run({ ...whole, residual }, never);
    const part = { ...encodeRequest(0), x: whole.x.subarray(1336), offset: 1336, residual: sharedFloats(4000 - 1336) };
    const out = sharedBytes(packedSizeBytes(4000 - 1336, ringBits));
    await pool.run({ ...part, out }, never);
    expect([...out]).toEqual([...whole.out.subarray(packedSizeBytes(1336, ringBits))]);
    expect([...part.residual]).toEqual([...residual.subarray(1336)]);
    expect(residual.some((value) => value !== 0)).toBe(true);
  });

  it("sums, unmasks and decodes as the plain kernels do", async () => {
    const values = BLOCK_VALUES + 100;
    const request = encodeRequest(values);
    await pool.run(request, never);
    const sum = sharedBytes(request.out.length);
    await pool.run(
      { kind: "Sum", inputs: Array(6).fill(request.out), masks, ringBits, offset: 0, values, out: sum },
      never,
    );
    const want = new Uint8Array(sum.length);
    const tile = createPlainRingTile();
    sumChunks(tile, { inputs: Array(6).fill(request.out), masks: opened(masks), ringBits, values, out: want });
    expect(Buffer.compare(sum, want)).toBe(0);

    const removed = masks.map((mask): MaskKey => ({ ...mask, sign: mask.sign === 1 ? -1 : 1 }));
    const decoded = sharedFloats(values);
    const decode = { kind: "Decode", masks: removed, ringBits, offset: 0, scale: grid.step } as const;
    await pool.run({ ...decode, packed: request.out, out: decoded }, never);
    const plainly = new Float32Array(values);
    decodeChunk(tile, { packed: request.out, masks: opened(masks, -1), ringBits, scale: grid.step, out: plainly });
    expect(Buffer.compare(new Uint8Array(decoded.buffer), new Uint8Array(plainly.buffer))).toBe(0);
    expect(Math.max(...decoded.subarray(0, 1000).map((value, i) => Math.abs(value - request.x[i]!)))).toBeLessThan(
      grid.step,
    );
  });

  it("adds weighted vectors", async () => {
    const inputs = [1, 2, 3].map((factor) => sharedFloats(BLOCK_VALUES + 9).map((_, i) => Math.fround(i / factor)));
    const shared = inputs.map((input) => {
      const vector = sharedFloats(input.length);
      vector.set(input);
      return vector;
    });
    const out = sharedFloats(BLOCK_VALUES + 9);
    await pool.run({ kind: "WeightedSum", inputs: shared, weights: [0.5, 0.25, 1 / 3], out }, never);
    const want = new Float32Array(out.length);
    plainWeightedSum(inputs, [0.5, 0.25, 1 / 3], want);
    expect(Buffer.compare(new Uint8Array(out.buffer), new Uint8Array(want.buffer))).toBe(0);
  });

  it("names a value that is not finite by its place in the segment, and goes on", async () => {
    const request = encodeRequest(BLOCK_VALUES + 50);
    request.x[BLOCK_VALUES + 7] = Number.NaN;
    await expect(pool.run(request, never)).rejects.toThrow(`x[${BLOCK_VALUES + 7}] is NaN, must be finite`);
    await expect(pool.run(encodeRequest(9), never)).resolves.toMatchObject({ saturated: 0 });
  });

  it("reports a thread that dies, and goes on with another", async () => {
    const broken = { ...encodeRequest(9), grid: undefined as never };
    await expect(pool.run(broken, never)).rejects.toMatchObject({ code: "INVARIANT_BROKEN" });
    await expect(pool.run(encodeRequest(9), never)).resolves.toMatchObject({ saturated: 0 });
  });

  it.each([
    {
      change: { x: new Float32Array(16) },
      want: "x is Float32Array of 64 bytes, must be a view of a SharedArrayBuffer",
    },
    { change: { out: sharedBytes(39) }, want: "out is Uint8Array of 39 bytes, must be 40 long for 16 values" },
    { change: { residual: sharedFloats(15) }, want: "residual is Float32Array of 60 bytes, must be 16 long" },
    { change: { offset: 4 }, want: "offset is 4, must be a multiple of 8 values" },
    { change: { roundingKey: new Uint8Array(31) }, want: "roundingKey is Uint8Array of 31 bytes, must be 32 bytes" },
    {
      change: { masks: [{ ...masks[0]!, key: new Uint8Array(16) }] },
      want: "masks[0].key is Uint8Array of 16 bytes",
    },
  ])("refuses: $want", async ({ change, want }) => {
    await expect(pool.run({ ...encodeRequest(16), ...change }, never)).rejects.toThrow(want);
  });
});

describe("a kernel pool under pressure", () => {
  const heavy = () => ({ ...encodeRequest(4 * BLOCK_VALUES), masks: Array.from({ length: 32 }, () => masks[0]!) });

  it("gives up when the signal aborts, also before it starts", async () => {
    const pool = createKernelPool({ threads: 1 });
    const abort = new AbortController();
    const running = pool.run(heavy(), abort.signal);
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
    await expect(pool.run(encodeRequest(8), abort.signal)).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
    await expect(pool.run(encodeRequest(8), never)).resolves.toBeDefined();
    await pool.close();
  });

  it("ends a thread that is past its deadline and refuses more than may wait", async () => {
    const pool = createKernelPool({ threads: 1, maxRequests: 1, blockDeadlineMs: 1 });
    const running = pool.run(heavy(), never);
    await expect(pool.run(encodeRequest(8), never)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    await expect(running).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await pool.close();
  });

  it("rejects what is not done when it closes, and everything after", async () => {
    const pool = createKernelPool({ threads: 1 });
    const outcome = pool.run(heavy(), never).catch((error: unknown) => error);
    await pool.close();
    expect(isTributaryError(await outcome, "OPERATION_ABORTED")).toBe(true);
    await expect(pool.run(encodeRequest(8), never)).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  });

  it.each([
    { options: { threads: 0 }, want: "threads is 0, must be an integer from 1 to 256" },
    { options: { threads: 1, maxRequests: 0 }, want: "maxRequests is 0" },
    { options: { threads: 1, blockDeadlineMs: 0 }, want: "blockDeadlineMs is 0" },
  ])("cannot be made with: $want", ({ options, want }) => {
    expect(() => createKernelPool(options)).toThrow(want);
  });
});
