/** A file for a claim: its path there, and where it comes from. */
export type ClaimFile = {
    readonly path: string;
} & ({
    readonly from: string;
} | {
    readonly text: string | Uint8Array;
});
/** Makes a claim of the default storage class of a local cloud and gives the folder of this machine that backs it. */
export declare function ensureClaim(cluster: string, namespace: string, name: string): Promise<string>;
/** The folder of this machine that backs a claim of a local cloud. */
export declare function claimFolder(cluster: string, namespace: string, name: string): Promise<string>;
/** Puts files onto a claim of a local cloud, as the owner of the data would. */
export declare function fillClaim(folder: string, files: readonly ClaimFile[]): Promise<void>;
