import { join } from "node:path";
import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { TributaryError, writeFileDurably } from "@tributary/kit";
import { readStoredJson } from "../../store/stored-json.ts";
import { type JobWindows, noWindows } from "./job-windows.ts";

const { WindowPlanSchema } = controlV1;

interface StoredWindows {
  readonly current?: JsonValue;
  readonly next?: JsonValue;
  readonly finished?: string;
}

/** Keeps the windows on disk, all in one file: what a crash leaves is what was before or what came after. */
export class WindowsFile {
  readonly #path: string;

  /** @param directory that exists. */
  constructor(directory: string) {
    this.#path = join(directory, "windows.json");
  }

  /** What a former process knew; LEDGER_CORRUPT naming the file when it cannot be read. */
  async load(): Promise<JobWindows> {
    const stored = await readStoredJson<StoredWindows>(this.#path);
    if (stored === undefined) return noWindows;
    try {
      const { current, next, finished } = stored;
      const plan = (json: JsonValue | undefined) => (json === undefined ? undefined : fromJson(WindowPlanSchema, json));
      return { current: plan(current), next: plan(next), finished };
    } catch (cause) {
      throw new TributaryError("LEDGER_CORRUPT", `${this.#path} cannot be read`, { cause });
    }
  }

  /** Replaces them, durably. */
  async save({ current, next, finished }: JobWindows): Promise<void> {
    const stored: StoredWindows = {
      ...(current !== undefined && { current: toJson(WindowPlanSchema, current) }),
      ...(next !== undefined && { next: toJson(WindowPlanSchema, next) }),
      ...(finished !== undefined && { finished }),
    };
    await writeFileDurably(this.#path, `${JSON.stringify(stored)}\n`);
  }
}
