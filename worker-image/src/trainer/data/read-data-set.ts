import { join } from "node:path";
import { readFileIfPresent, TributaryError } from "@tributary/kit";
import { cutPassages, passagesOfWorker } from "./passages.ts";

/** Passages of one worker, each of the same number of tokens. */
export type WorkerPassages = { readonly train: readonly Int32Array[]; readonly validation: readonly Int32Array[] };

/**
 * Reads `train.txt` and `validation.txt` of a data set and keeps this worker's share. Documents are parted by form feeds.
 * @throws TributaryError (`TRAINER_DATA_MISSING`) that names the file that is absent or too short
 */
export async function readDataSet(
  directory: string,
  passageTokens: number,
  worker: { readonly index: number; readonly count: number },
  encode: (text: string) => readonly number[],
): Promise<WorkerPassages> {
  const read = async (name: string) => {
    const path = join(directory, name);
    const bytes = directory === "" ? undefined : await readFileIfPresent(path);
    if (bytes === undefined) {
      throw new TributaryError(
        "TRAINER_DATA_MISSING",
        `data set has no file ${path}; mount one with train.txt and validation.txt`,
      );
    }
    const passages = passagesOfWorker(cutPassages(bytes.toString("utf8"), passageTokens, encode), worker);
    if (passages.length === 0) {
      const share = `worker ${worker.index} of ${worker.count}`;
      throw new TributaryError("TRAINER_DATA_MISSING", `${path} gives ${share} no passage of ${passageTokens} tokens`);
    }
    return passages;
  };
  return { train: await read("train.txt"), validation: await read("validation.txt") };
}
