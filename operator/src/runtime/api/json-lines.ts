import { StringDecoder } from "node:string_decoder";

/** Largest single watch event, in bytes: etcd takes 1.5 MiB an object, and JSON may be several times larger. */
export const maxLineBytes = 16 * 1024 * 1024;

/**
 * Splits a stream of bytes into lines, without the line feed; a last line without one is given as well.
 *
 * @throws RangeError when a line is longer than {@link maxLineBytes} characters.
 */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let pending: string[] = [];
  let pendingLength = 0;
  for await (const chunk of source) {
    const text = decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const line = pending.length === 0 ? text.slice(start, end) : pending.join("") + text.slice(start, end);
      pending = [];
      pendingLength = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    if (start === text.length) continue;
    pending.push(text.slice(start));
    pendingLength += text.length - start;
    if (pendingLength > maxLineBytes) throw new RangeError(`a line is longer than ${maxLineBytes} characters`);
  }
  const last = pending.join("") + decoder.end();
  if (last !== "") yield last;
}
