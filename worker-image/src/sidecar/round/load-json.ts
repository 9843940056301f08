import { readFileIfPresent } from "@tributary/kit";

/** A file of the memory directory; a damaged one counts as none. */
export async function loadJson<T>(path: string): Promise<T | undefined> {
  const bytes = await readFileIfPresent(path);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch {
    return undefined;
  }
}
