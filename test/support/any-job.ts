import {
  type NumberRule,
  type NumberRules,
  readExtendedResource,
  readNumber,
  strategyRules,
  taskRules,
} from "@tributary/contracts/fields";
import fc from "fast-check";

const strategies = Object.keys(strategyRules) as (keyof typeof strategyRules)[];
const settingNames = [
  ...new Set([...Object.values(strategyRules), ...Object.values(taskRules)].flatMap((rules) => Object.keys(rules))),
];

/** A text that may or may not be a decimal. */
const anyDecimal = fc.oneof(
  fc.stringMatching(/^[-+]?[0-9]{0,3}\.?[0-9]{0,3}([eE][-+]?[0-9]{1,3})?$/),
  fc.double({ min: -2, max: 2, noNaN: true }).map((value) => String(value).slice(0, 32)),
  fc.integer({ min: -3, max: 1_100 }).map(String),
  fc.constantFrom(
    "NaN",
    "Infinity",
    "-inf",
    "1e99",
    "1e-99",
    "-0",
    "0",
    "1",
    "0x1",
    "",
    ".",
    "1_0",
    "600001",
    "1000000",
  ),
);

/** Names at both sides of every bound of an extended resource. */
const resourcesAtBounds = [
  ...["nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "requests/gpu", "kubernetes.io.example/gpu", "gpu", "", "a/b/c"],
  ...["-a/b", "a..b/c", "Nvidia.com/gpu", "nvidia.com/gpu-", "nvidia.com/_", "nvidia.com/"],
  ...["requests.nvidia.com/gpu", "kubernetes.io/gpu", "example.kubernetes.io/gpu", "mykubernetes.io/gpu"],
  ...[244, 245, 253, 254].map((length) => `${"a".repeat(length)}/gpu`),
  ...[63, 64, 80].map((length) => `nvidia.com/${"b".repeat(length)}`),
  ...[63, 64].map((length) => `${"a".repeat(244)}/${"b".repeat(length)}`),
];

/** A text that may or may not name an extended resource. */
export const anyResource: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...resourcesAtBounds),
  fc.stringMatching(/^[-a-z0-9.]{1,6}\/[-a-zA-Z0-9._]{1,6}$/),
  fc.stringMatching(
    /^[a-z0-9]{1,9}(-[a-z0-9]{1,9})?(\.[a-z]{2,5}){0,2}\/[a-zA-Z0-9]([-a-zA-Z0-9._]{0,20}[a-zA-Z0-9])?$/,
  ),
);

/** Hyperparameters of some task or of none. */
const anySettings = fc.dictionary(
  fc.constantFrom(...settingNames, "incremnt"),
  fc.oneof(anyDecimal, fc.constantFrom("1", "0.5", "1e-3"), fc.integer({ min: -2, max: 9_000 })),
  { maxKeys: 2 },
);

/** Values of one field, right ones and wrong ones, by the path of the field. */
export const anyFieldValue: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "spec.schedule.synchronous.deadline": fc
    .oneof(
      fc.stringMatching(/^[-+]?([0-9]{0,2}(\.[0-9]{0,3})?(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d)){1,2}$/),
      fc.constantFrom("1.1h", "4.1m", "16.1s", "1h0.5ms", "1s", "999ms", "24h", "24h1ns", "0", "soon", "", "1 s", "90"),
    )
    .map((text) => text.slice(0, 16)),
  "spec.communication.initialStep": fc.oneof(
    fc.stringMatching(/^2\^-?[0-9]{0,3}$/),
    fc.constantFrom("2^96", "2^97", "2^-96", "2^-97", "2^99", "2^07", "2^-0", "0.5", "4^2"),
  ),
  "spec.convergence.target": anyDecimal,
  "spec.convergence.minDelta": anyDecimal,
  "spec.schedule.synchronous.quorum": fc.integer({ min: 1, max: 8 }),
  "spec.participants.0.accelerator": fc.record(
    { resource: anyResource, count: fc.integer({ min: 0, max: 17 }) },
    { requiredKeys: ["resource"] },
  ),
  "spec.strategy": fc.record({
    name: fc.constantFrom(...strategies),
    parameters: fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom("serverLearningRate", "momentum", "beta1", "beta2", "tau") },
        { weight: 1, arbitrary: fc.constant("learningRate") },
      ),
      fc.oneof({ weight: 1, arbitrary: anyDecimal }, { weight: 1, arbitrary: fc.constantFrom("0.5", "0.01", "1e-3") }),
      { maxKeys: 2 },
    ),
  }),
  // The CRD takes a threshold of all four workers, with which the quorum of three is for acceptance to refuse.
  "spec.privacy.secureAggregation": fc.record(
    {
      protocol: fc.constantFrom("Masking", "None"),
      minOrganisations: fc.integer({ min: 0, max: 3 }),
      threshold: fc.constantFrom(2, 3, 5, 6),
    },
    { requiredKeys: ["protocol"] },
  ),
  "spec.trainer.hyperparameters": anySettings,
  "spec.participants.1.hyperparameters": anySettings,
  "spec.output.persistentVolumeClaim": fc.oneof(
    fc.stringMatching(/^[a-z0-9.-]{1,6}$/),
    fc.constantFrom("models", "../models", "Models", "a/b", "a..b"),
  ),
};

/** Bounds of a job whose rounds real processes are to run. */
export interface RunnableBounds {
  readonly participants: number;
  readonly workersEach: number;
  readonly localSteps: number;
  /** Deadlines to choose from. */
  readonly deadlines: readonly string[];
}

/**
 * Specs that the CRD and acceptance take, over all strategies and their parameters, steps, quorums, schedules and convergence rules, of
 * the no-op task without its simulated faults.
 */
export function aRunnableSpec(bounds: RunnableBounds): fc.Arbitrary<Record<string, unknown>> {
  return fc.array(aSeat(bounds), { minLength: 1, maxLength: bounds.participants }).chain((given) => {
    const seats = given.reduce((sum, { workers }) => sum + workers, 0);
    return fc.record({
      model: fc.constant({ source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } }),
      trainer: fc.record({
        runtime: fc.constant("noop"),
        task: fc.constant("noop"),
        hyperparameters: someSettings({ increment: taskRules.noop.increment }),
      }),
      participants: fc.constant(
        given.map((seat, index) => ({ name: `p${index}`, cluster: `cluster-${index}`, ...seat })),
      ),
      strategy: fc
        .constantFrom(...strategies)
        .chain((name) => fc.record({ name: fc.constant(name), parameters: someSettings(strategyRules[name]) })),
      schedule: fc.record({
        synchronous: fc.record({
          maxRounds: fc.integer({ min: 1, max: 100_000 }),
          localSteps: fc.integer({ min: 1, max: bounds.localSteps }),
          quorum: fc.integer({ min: 1, max: seats }),
          deadline: fc.constantFrom(...bounds.deadlines),
        }),
      }),
      convergence: fc.option(aConvergence, { nil: undefined }),
      communication: fc.integer({ min: -96, max: 96 }).map((exponent) => ({ initialStep: `2^${exponent}` })),
      privacy: fc.constant({ secureAggregation: { protocol: "None" } }),
      output: fc.constant({ persistentVolumeClaim: "models" }),
    });
  });
}

/** Workers of a participant, with and without accelerators and hyperparameters of their own. */
function aSeat({ workersEach }: RunnableBounds) {
  const accelerator = fc.record(
    { resource: anyResource.filter((name) => readExtendedResource(name).ok), count: fc.integer({ min: 1, max: 16 }) },
    { requiredKeys: ["resource"] },
  );
  const hyperparameters = someSettings({ increment: taskRules.noop.increment });
  const workers = fc.integer({ min: 1, max: workersEach });
  return fc.record({ workers, accelerator, hyperparameters }, { requiredKeys: ["workers"] });
}

const aConvergence = fc.record(
  {
    metric: fc.constant("validation_loss"),
    mode: fc.constantFrom("Min", "Max"),
    target: aDecimalWithin({ fallback: 0, min: -1e99, max: 1e99 }),
    patience: fc.integer({ min: 1, max: 10_000 }),
    minDelta: aDecimalWithin({ fallback: 0, min: 0, max: 1e99 }),
  },
  { requiredKeys: ["metric", "patience"] },
);

function someSettings(rules: NumberRules): fc.Arbitrary<Record<string, string>> {
  const settings = Object.entries(rules).map(([name, rule]) => [name, aDecimalWithin(rule)] as const);
  return fc.record(Object.fromEntries(settings), { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>;
}

/** Decimals that a rule takes, its bounds among them. */
function aDecimalWithin(rule: NumberRule): fc.Arbitrary<string> {
  const range = { min: rule.min, max: rule.max, noNaN: true };
  const numbers = fc.oneof(fc.double(range), fc.constantFrom(rule.fallback, rule.min, rule.max));
  return numbers.map(String).filter((text) => readNumber(text, rule).ok);
}
