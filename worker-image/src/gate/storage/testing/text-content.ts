import type { LogContent } from "../append-log.ts";

/** A log's content of texts, one a line: the plainest state that payloads can add up to. */
export function textsOf(): LogContent<string> & { readonly texts: string[]; readonly payloads: number[] } {
  const texts: string[] = [];
  const payloads: number[] = [];
  return {
    texts,
    payloads,
    encode: (records) => Buffer.from(records.join("\n")),
    take: (payload) => {
      const lines = Buffer.from(payload).toString("utf8").split("\n");
      texts.push(...lines);
      payloads.push(lines.length);
    },
  };
}
