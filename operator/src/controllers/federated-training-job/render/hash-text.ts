const wordRange = 0x1_0000_0000;
/** Offset basis and prime of FNV-1a with 64 bits; the prime is 2^40 + 0x1b3. */
const basis = { high: 0xcbf29ce4, low: 0x84222325 };
const primeLow = 0x1b3;

/** FNV-1a of a text's UTF-16 units, 64 bits in hexadecimal: tells changes apart, promises nothing against attackers. */
export function hashText(text: string): string {
  let { high, low } = basis;
  for (let index = 0; index < text.length; index += 1) {
    const mixed = (low ^ text.charCodeAt(index)) >>> 0;
    const product = mixed * primeLow;
    low = product >>> 0;
    high = (Math.imul(high, primeLow) + (product - low) / wordRange + (mixed << 8)) >>> 0;
  }
  return toHex(high) + toHex(low);
}

function toHex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
