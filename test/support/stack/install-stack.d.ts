import { type BuiltImage, type Clusters, type Progress } from "@tributary/clouds";
import { type ImageName } from "../../../scripts/images/build-images.ts";
/** Names that the installed stack uses everywhere. */
export declare const stackNames: {
    readonly operatorNamespace: "tributary-system";
    readonly hubNamespace: "research";
    readonly jobNamespace: "tributary-jobs";
    readonly gateNamespace: "tributary-gate";
};
/** The images of the stack by name. */
export type StackImages = ReadonlyMap<ImageName, BuiltImage>;
/** A runtime as the member chart takes it. */
export type RuntimeValues = Readonly<Record<string, unknown>>;
/** What to install. */
export interface StackOptions {
    readonly progress: Progress;
    /** Images that the runtimes need besides operator and dataplane. */
    readonly trainerImages: readonly ImageName[];
    /** The runtimes that a member offers. */
    readonly runtimesOf: (member: string, images: StackImages) => readonly RuntimeValues[];
    /** What a member needs before its chart: claims with data. */
    readonly prepareMember?: (member: string) => Promise<void>;
}
/** Tributary as installed by its charts on a hub and its members. */
export interface Stack {
    readonly clusters: Clusters;
    readonly images: StackImages;
}
/** Brings up the clouds, builds and imports the images, installs the charts, joins the members. Quick when all that is done. */
export declare function installStack(options: StackOptions): Promise<Stack>;
/** An image as chart values, pinned by digest. */
export declare function imageValues(images: StackImages, name: ImageName): Record<string, string>;
