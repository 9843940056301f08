import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { expect, it } from "vitest";
import { requireTrainer } from "./registered-trainer.ts";

type Said = MessageInitShape<typeof trainerV1.CapabilitySchema>;
const trainerOf = (kinds: string[], said: Said = {}) => ({
  kinds,
  capability: create(trainerV1.CapabilitySchema, said),
});
const verbs = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `V${String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26))}`,
  );
const probes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, index]));

it.each([
  trainerOf(["Train"]),
  trainerOf(verbs(32), {
    ...{ backend: "torch-2.6+cu124", dtypes: ["F32", "F16", "I32", "U32", "U8"] },
    ...{ memoryBytes: 2n ** 64n - 1n, flops: 1e18, preemptible: true, probe: probes(32) },
  }),
])("takes a trainer within the bounds: $kinds", (trainer) => {
  expect(requireTrainer(trainer)).toEqual(trainer);
});

it.each([
  { trainer: trainerOf([]), says: "kinds: 0 verbs, must be 1 to 32" },
  { trainer: trainerOf(verbs(33)), says: "kinds: 33 verbs, must be 1 to 32" },
  { trainer: trainerOf(["train"]), says: 'kinds: "train", must be verbs of at most 32 letters, the first a capital' },
  { trainer: trainerOf(["Train", "T".repeat(33)]), says: /^kinds: "T{33}", must be verbs/u },
  { trainer: trainerOf(["Train", "T-1".repeat(1_000)]), says: /^kinds: "(?:T-1){21}…", must be verbs/u },
  { trainer: trainerOf(["Train", "Fuse", "Train"]), says: 'kinds: "Train", must be each verb once' },
  {
    trainer: trainerOf(["Train"], { backend: "a b" }),
    says: /^capability.backend: "a b", must be at most 64 letters/u,
  },
  { trainer: trainerOf(["Train"], { backend: "a".repeat(65) }), says: /^capability.backend: "a{63}…", must be/u },
  {
    trainer: trainerOf(["Train"], { dtypes: ["F32", "BF16"] }),
    says: 'capability.dtypes: "BF16", must be types of F32, F16, I32, U32, U8',
  },
  { trainer: trainerOf(["Train"], { dtypes: ["U8", "U8"] }), says: 'capability.dtypes: "U8", must be each type once' },
  { trainer: trainerOf(["Train"], { flops: Number.NaN }), says: "capability.flops: NaN, must be a finite number" },
  { trainer: trainerOf(["Train"], { flops: -1 }), says: "capability.flops: -1, must be a finite number, not negative" },
  { trainer: trainerOf(["Train"], { probe: probes(33) }), says: "capability.probe: 33 figures, must be at most 32" },
  { trainer: trainerOf(["Train"], { probe: { "": 1 } }), says: /^capability.probe: "", must be names/u },
  {
    trainer: trainerOf(["Train"], { probe: { loss: Number.POSITIVE_INFINITY } }),
    says: "capability.probe.loss: Infinity, must be a finite number",
  },
])("refuses by name what breaks them: $says", ({ trainer, says }) => {
  expect(() => requireTrainer(trainer)).toThrow(
    expect.objectContaining({
      code: "MESSAGE_INVALID",
      message: typeof says === "string" ? expect.stringContaining(says) : expect.stringMatching(says),
    }),
  );
});
