/**
 * The byte alphabet of GPT-2's tokenizer (Radford et al. 2019, `bytes_to_unicode` of the released encoder): each byte is
 * written as one printable character, so that vocabularies are plain text. Printable Latin-1 stands for itself, the
 * other 68 bytes are shifted to U+0100 and up.
 */
const isPrintable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

const characters: string[] = [];
const bytesByCharacter = new Map<string, number>();
let shifted = 0;
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(isPrintable(byte) ? byte : 0x100 + shifted++);
  characters.push(character);
  bytesByCharacter.set(character, byte);
}

/** Writes text as one character for each of its UTF-8 bytes. */
export function toByteAlphabet(text: string): string {
  let written = "";
  for (const byte of Buffer.from(text, "utf8")) written += characters[byte];
  return written;
}

/** Reads bytes back from the alphabet. Characters outside it, as in control tokens, give their own UTF-8 bytes. */
export function fromByteAlphabet(written: string): Buffer {
  const bytes: number[] = [];
  for (const character of written) {
    const byte = bytesByCharacter.get(character);
    if (byte === undefined) bytes.push(...Buffer.from(character, "utf8"));
    else bytes.push(byte);
  }
  return Buffer.from(bytes);
}
