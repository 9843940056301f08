import type { Manifest } from "../a-job.ts";
/** The job's object as the hub has it. */
export type JobObject = {
    readonly metadata: {
        readonly uid: string;
        readonly name: string;
        readonly namespace: string;
    };
    readonly status?: any;
};
/** Applies a job on the hub as a user would. */
export declare function applyJob(hub: string, manifest: Manifest): Promise<void>;
/** Reads a job from the hub. */
export declare function readJob(hub: string, namespace: string, name: string): Promise<JobObject>;
/** Waits until a job is terminal and gives it; `onChange` sees every status on the way. */
export declare function waitForEnd(hub: string, namespace: string, name: string, options: {
    readonly timeoutMs: number;
    readonly onChange?: (job: JobObject) => void;
}): Promise<JobObject>;
/** Deletes a job and waits until it is gone. */
export declare function deleteJob(hub: string, namespace: string, name: string): Promise<void>;
