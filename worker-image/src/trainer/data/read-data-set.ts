import { join } from "node:path";
import { type Disk, realDisk, TributaryError } from "@tributary/kit";
import { cutDocuments } from "./cut-documents.ts";
import { type DocumentTokens, placePassages } from "./passages.ts";
import { readText } from "./read-text.ts";
import { TokenFile } from "./token-file.ts";

/** Passages of one worker, each of the same number of tokens; they lie on disk. */
export interface Passages {
  /** How many there are. */
  readonly length: number;
  /** Tokens of the passages of these numbers, in the order given. */
  read(indices: readonly number[]): Promise<Int32Array[]>;
}

/** The passages that a worker trains on, and those that it evaluates on. */
export type WorkerPassages = { readonly train: Passages; readonly validation: Passages };

/** What a data set is read for. */
export type DataSetRequest = {
  /** Folder with `train.txt` and `validation.txt`; empty when the job has no data set. */
  readonly directory: string;
  /** Folder for the tokens. */
  readonly scratch: string;
  readonly passageTokens: number;
  readonly worker: { readonly index: number; readonly count: number };
  readonly vocabulary: number;
  /** Token ids of a text that begins and ends where words do. */
  readonly encode: (text: string) => readonly number[];
};

/**
 * Reads `train.txt` and `validation.txt` of a data set and keeps this worker's share, in bounded memory whatever their size.
 * Documents are parted by form feeds.
 * @throws TributaryError `TRAINER_DATA_MISSING` that names the file that is absent or too short, `TRAINER_DATA_INVALID` that names
 * file and offset of what is no UTF-8, `STORAGE_UNAVAILABLE` that names the volume which does not work or denies access
 */
export async function readDataSet(request: DataSetRequest, disk: Disk = realDisk): Promise<WorkerPassages> {
  return {
    train: await readPassages(request, "train.txt", disk),
    validation: await readPassages(request, "validation.txt", disk),
  };
}

async function readPassages(request: DataSetRequest, name: string, disk: Disk): Promise<Passages> {
  const { directory, scratch, passageTokens, vocabulary, worker, encode } = request;
  const path = join(directory, name);
  if (directory === "" || !(await isThere(path, disk))) {
    const message = `data set has no file ${path}; mount one with train.txt and validation.txt`;
    throw new TributaryError("TRAINER_DATA_MISSING", message);
  }
  const tokens = await TokenFile.create(scratch, `${name}.tokens`, vocabulary, disk);
  const documents: DocumentTokens[] = [];
  let start = 0;
  for await (const piece of cutDocuments(readText(path, disk))) {
    await tokens.append(encode(piece.text));
    if (!piece.endsDocument) continue;
    if (tokens.length - start >= passageTokens) documents.push({ start, count: tokens.length - start });
    start = tokens.length;
  }
  await tokens.flush();
  const places = placePassages(documents, passageTokens, worker);
  if (places.length === 0) {
    const share = `worker ${worker.index} of ${worker.count}`;
    throw new TributaryError("TRAINER_DATA_MISSING", `${path} gives ${share} no passage of ${passageTokens} tokens`);
  }
  return {
    length: places.length,
    read: (indices) => Promise.all(indices.map((index) => tokens.read(places[index]!, passageTokens))),
  };
}

async function isThere(path: string, disk: Disk): Promise<boolean> {
  try {
    await (await disk.open(path, "r")).close();
    return true;
  } catch (error) {
    // Whatever else is wrong with it, a file that is there is none to mount.
    if (["ENOENT", "ENOTDIR"].includes(String((error as NodeJS.ErrnoException).code))) return false;
    throw error;
  }
}
