import { createCipheriv, createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  createPoissonSampler,
  createSkellamSampler,
  pldEpsilon,
  type RandomBytes,
  RENYI_ORDERS,
  rationalOf,
  sampleDiscreteGaussian,
  sampleDiscreteLaplace,
  sampledGaussianRenyi,
  spentEpsilon,
} from "@tributary/federated";
import { beforeAll, describe, expect, it } from "vitest";
import { askPython, pythonWith } from "./accounting/python-environment.ts";
import { randomSettings } from "./accounting/random-settings.ts";

const script = fileURLToPath(new URL("./accounting/reference.py", import.meta.url));
const requirements = fileURLToPath(new URL("./accounting/requirements.txt", import.meta.url));
const SETTINGS = 200;
/** The reference's RDP accountant takes as long as its PLD accountant and is itself only a bound: each fourth is enough. */
const RDP_EVERY = 4;

/** A stream of AES-256-CTR under a key made from `seed`. */
function streamOf(seed: string): RandomBytes {
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  return (count) => cipher.update(Buffer.alloc(count));
}

const settings = randomSettings("accounting conformance 1", SETTINGS);
let python: string;

beforeAll(async () => {
  python = await pythonWith(requirements);
});

describe(`accountants against dp-accounting 0.6.0 on ${SETTINGS} random settings`, () => {
  let reference: { rdp: number; pld: number }[];

  beforeAll(async () => {
    const request = { kind: "accountants", settings, orders: RENYI_ORDERS, rdpEvery: RDP_EVERY };
    reference = (await askPython(python, script, request)) as typeof reference;
  });

  it("privacy-loss epsilon is within 1e-3", () => {
    expect(reference).toHaveLength(SETTINGS);
    const far = settings
      .map((setting, i) => ({ ...setting, ours: pldEpsilon([setting], setting.deltaDp), theirs: reference[i]!.pld }))
      .filter(({ ours, theirs }) => !(Math.abs(ours / theirs - 1) < 1e-3));
    expect(far).toEqual([]);
  });

  it("Renyi epsilon is never above theirs, whose fractional orders are upper bounds, nor below privacy loss", () => {
    const wrong = settings
      .map((setting, i) => ({
        ...setting,
        ours: spentEpsilon([{ kind: "SampledGaussian", ...setting }], setting.deltaDp, "Rdp"),
        ...reference[i]!,
      }))
      .filter((_, i) => i % RDP_EVERY === 0)
      .filter(({ ours, rdp, pld }) => !(ours <= rdp * (1 + 1e-6) && ours >= pld * (1 - 1e-3)));
    expect(wrong).toEqual([]);
  });
});

describe("Renyi divergences against exact values of 30 digits", () => {
  it("are never below, and within 1e-6, at three integer orders of every setting and a fractional one of each fifth", async () => {
    const asked = settings.map((setting, i) => ({
      ...setting,
      orders: i % 5 === 0 ? setting.orders : setting.orders.slice(1),
    }));
    const exact = (await askPython(python, script, { kind: "divergences", settings: asked })) as string[][];
    const wrong = asked.flatMap(({ samplingRate, noiseMultiplier, orders }, i) => {
      const ours = sampledGaussianRenyi(samplingRate, noiseMultiplier, orders);
      return orders
        .map((order, k) => ({ samplingRate, noiseMultiplier, order, ours: ours[k]!, exact: Number(exact[i]![k]) }))
        .filter((each) => !(each.ours >= each.exact && each.ours <= each.exact * (1 + 1e-6)));
    });
    expect(exact.flat()).toHaveLength(3 * SETTINGS + SETTINGS / 5);
    expect(wrong).toEqual([]);
  });
});

describe("samplers against scipy's chances", () => {
  const draw = (count: number, sample: () => number | bigint) => Array.from({ length: count }, () => Number(sample()));
  const batches = [
    ...[0.3, 4, 200, 12_345.5].map((parameter) => {
      const random = streamOf(`poisson ${parameter}`);
      const { sample } = createPoissonSampler(rationalOf(parameter));
      return { name: "poisson", parameter, samples: draw(200_000, () => sample(random)) };
    }),
    ...[0.5, 9, 1000, 90_000].map((parameter) => {
      const random = streamOf(`skellam ${parameter}`);
      const { sample } = createSkellamSampler(rationalOf(parameter));
      return { name: "skellam", parameter, samples: draw(200_000, () => sample(random)) };
    }),
    ...[0.75, 6].map((parameter) => {
      const random = streamOf(`laplace ${parameter}`);
      return {
        name: "laplace",
        parameter,
        samples: draw(50_000, () => sampleDiscreteLaplace(rationalOf(parameter), random)),
      };
    }),
    ...[0.6, 30, 2500].map((parameter) => {
      const random = streamOf(`gaussian ${parameter}`);
      return {
        name: "gaussian",
        parameter,
        samples: draw(50_000, () => sampleDiscreteGaussian(rationalOf(parameter), random)),
      };
    }),
  ];

  it("pass a chi-square test at 1e-5", async () => {
    const pValues = (await askPython(python, script, { kind: "samples", batches })) as number[];
    const failed = batches
      .map(({ name, parameter }, i) => ({ name, parameter, p: pValues[i]! }))
      .filter(({ p }) => !(p > 1e-5));
    expect(pValues).toHaveLength(batches.length);
    expect(failed).toEqual([]);
  });

  it("a sampler that is off by 5 % in its variance does not", async () => {
    const skewed = {
      ...batches.find(({ name, parameter }) => name === "skellam" && parameter === 1000)!,
      parameter: 1050,
    };
    const [pValue] = (await askPython(python, script, { kind: "samples", batches: [skewed] })) as number[];
    expect(pValue).toBeLessThan(1e-5);
  });
});
