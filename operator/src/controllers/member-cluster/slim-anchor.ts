import type { Unstructured } from "../../runtime/api/object.ts";
import type { Transform } from "../../runtime/cache/transform.ts";
import { keepMetadata } from "../shared/keep-metadata.ts";
import { keepTexts } from "../shared/keep-texts.ts";

/** The text that the hub writes into an anchor. */
const ours = ["worker.json"];
/** Most characters that are kept of it: it has about a thousand, and one that somebody made longer is not as it is wanted. */
const textLimit = 8_192;

/** Keeps of an anchor what tells whose it is and whether it is as it is wanted, and little of what others may have put into it. */
export const slimAnchor: Transform<Unstructured> = (object) => {
  const data = object.data as Record<string, string> | undefined;
  return { metadata: keepMetadata(object), ...(data && { data: keepTexts(data, ours, textLimit) }) };
};
