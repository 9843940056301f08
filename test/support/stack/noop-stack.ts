import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "@tributary/clouds";
import { parse } from "yaml";
import type { ImageName } from "../../../scripts/images/build-images.ts";
import type { Manifest } from "../a-job.ts";
import { ensureClaim, fillClaim } from "./claims.ts";
import { imageValues, installStack, type Stack, stackNames } from "./install-stack.ts";
import { valueRange, zerosModel } from "./zeros-model.ts";

/** The stack with the no-op runtime, and the folder of the claim `models` on the hub. */
export interface NoopStack extends Stack {
  readonly modelsFolder: string;
}

/** Sizes of the models of zeros that lie on the claim, in MiB. */
export const zerosMib = [1, 100] as const;

const trainer = {
  resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "1Gi" } },
  acceleratorLimits: { "nvidia.com/gpu": 4 },
};

/** The image that a member offers for the runtime `noop` when nobody says otherwise. */
const builtIn: ImageName = "trainer-tfjs";

/**
 * Installs the stack with the no-op runtime and puts models of zeros onto the hub's claim.
 * @param imageOf image of the runtime in a member, where it is not the built-in trainer's
 * @param extraClouds local clouds besides those that are always there
 */
export async function installNoopStack(
  progress: Progress,
  imageOf: Readonly<Record<string, ImageName>> = {},
  extraClouds: readonly string[] = [],
): Promise<NoopStack> {
  const stack = await installStack({
    progress,
    extraClouds,
    trainerImages: [...new Set([builtIn, ...Object.values(imageOf)])],
    runtimesOf: (member, images) => [
      {
        name: "noop",
        volumeSize: "2Gi",
        volumeMedium: "Memory",
        trainer: { ...trainer, image: imageValues(images, imageOf[member] ?? builtIn) },
      },
      // Its image is nowhere: what a wrong digest in a member's values looks like.
      { name: "absent-image", trainer: { ...trainer, image: { repository: "tributary.local/absent", tag: "0" } } },
    ],
  });
  const modelsFolder = await ensureClaim(stack.clusters.hub.name, stackNames.hubNamespace, "models");
  await fillClaim(
    modelsFolder,
    zerosMib.map((mib) => ({ path: `zeros-${mib}mib.safetensors`, text: zerosModel(mib * 2 ** 20) })),
  );
  return { ...stack, modelsFolder };
}

/** The example's job under another name and with other parts of the spec. */
export async function noopJob(name: string, changes: (spec: NoopSpec) => void = () => {}): Promise<Manifest> {
  const manifest = parse(await readFile(join(import.meta.dirname, "../../../examples/noop/job.yaml"), "utf8")) as {
    metadata: { name: string };
    spec: NoopSpec;
  };
  manifest.metadata.name = name;
  changes(manifest.spec);
  return manifest as unknown as Manifest;
}

/** Tells the jobs of this process from those of the same names that ran in the same clouds before. */
const ownRun = randomUUID();

/**
 * {@link noopJob} that starts from a model of its own, of 1 MiB and up to 256 KiB more by the job's name and the run of the tests: the members'
 * gates remember, whatever the job, what was summed on a start, and sign no other sum there (docs/adr/gate.md).
 */
export async function ownNoopJob(
  { modelsFolder }: Pick<NoopStack, "modelsFolder">,
  name: string,
  changes: (spec: NoopSpec) => void = () => {},
): Promise<Manifest> {
  const extraValues = createHash("sha256")
    .update(JSON.stringify([ownRun, name]))
    .digest()
    .readUInt16BE();
  const path = `zeros-of-${name}.safetensors`;
  await fillClaim(modelsFolder, [{ path, text: zerosModel(2 ** 20 + 4 * extraValues) }]);
  return noopJob(name, (spec) => {
    spec.model.source.persistentVolumeClaim.path = path;
    changes(spec);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: tests change every part of the spec
export type NoopSpec = Record<string, any>;

/** Whether the committed model is exactly what `rounds` rounds of `localSteps` steps of 2^-10 make of zeros. */
export async function readClosedForm(
  modelsFolder: string,
  job: string,
  rounds: number,
  localSteps: number,
): Promise<{ readonly want: number; readonly min: number; readonly max: number }> {
  const file = await readFile(join(modelsFolder, job, "last/model.safetensors"));
  const { min, max } = valueRange(file);
  return { want: rounds * localSteps * 2 ** -10, min, max };
}
