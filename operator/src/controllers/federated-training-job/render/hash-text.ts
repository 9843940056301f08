const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffffffffffffffffn;

/** FNV-1a of a text's UTF-16 units, 64 bits in hexadecimal: tells changes apart, promises nothing against attackers. */
export function hashText(text: string): string {
  let hash = offsetBasis;
  for (let index = 0; index < text.length; index += 1) hash = ((hash ^ BigInt(text.charCodeAt(index))) * prime) & mask;
  return hash.toString(16).padStart(16, "0");
}
