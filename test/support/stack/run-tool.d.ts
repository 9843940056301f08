/** Bounds and input of a command. */
export interface ToolOptions {
    readonly input?: string;
    readonly timeoutMs?: number;
    readonly env?: Readonly<Record<string, string>>;
}
/** Runs a program to its end and gives its output; throws with the end of its errors when it fails or takes too long. */
export declare function runTool(program: string, args: readonly string[], options?: ToolOptions): Promise<string>;
