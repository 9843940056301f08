import type { Progress } from "@tributary/clouds";
import type { Manifest } from "../a-job.ts";
import { type Stack } from "./install-stack.ts";
/** The stack with the no-op runtime, and the folder of the claim `models` on the hub. */
export interface NoopStack extends Stack {
    readonly modelsFolder: string;
}
/** Sizes of the models of zeros that lie on the claim, in MiB. */
export declare const zerosMib: readonly [1, 100];
/** Installs the stack with the no-op runtime and puts models of zeros onto the hub's claim. */
export declare function installNoopStack(progress: Progress): Promise<NoopStack>;
/** The example's job under another name and with other parts of the spec. */
export declare function noopJob(name: string, changes?: (spec: NoopSpec) => void): Promise<Manifest>;
export type NoopSpec = Record<string, any>;
/** Whether the committed model is exactly what `rounds` rounds of `localSteps` steps of 2^-10 make of zeros. */
export declare function readClosedForm(modelsFolder: string, job: string, rounds: number, localSteps: number): Promise<{
    readonly want: number;
    readonly min: number;
    readonly max: number;
}>;
