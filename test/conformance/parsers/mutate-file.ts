import type { SeededRandom } from "../../support/chaos/seeded-random.ts";

type Mutation = (file: Buffer, at: number, random: SeededRandom) => Buffer;

const printable = '0123456789{}[]:,."\\ -+eabtfnuFI_';

/** One change of a file at a place: what a torn copy, a careless editor or somebody with ill will makes of it. */
const mutations: readonly Mutation[] = [
  (file, at, random) => withByte(file, at, file[at]! ^ (1 << random.below(8))),
  (file, at, random) => withByte(file, at, random.below(256)),
  (file, at, random) => withByte(file, at, printable.charCodeAt(random.below(printable.length))),
  (file, at) => Buffer.concat([file.subarray(0, at), file.subarray(at + 1)]),
  (file, at, random) => Buffer.concat([file.subarray(0, at), Buffer.of(random.below(256)), file.subarray(at)]),
  (file, at, random) => {
    const slice = file.subarray(at, at + 1 + random.below(40));
    return Buffer.concat([file.subarray(0, at), slice, file.subarray(at)]);
  },
  (file, at, random) => file.subarray(0, at + random.below(file.length - at)),
];

/** A copy of a file with one or two changes, two of three within its first `headerBytes`. */
export function mutateFile(file: Buffer, headerBytes: number, random: SeededRandom): Buffer {
  let mutated = file;
  for (let count = 1 + random.below(2); count > 0; count -= 1) {
    const reach = random.below(3) === 0 ? mutated.length : Math.min(headerBytes, mutated.length);
    const mutate = mutations[random.below(mutations.length)]!;
    mutated = mutate(mutated, random.below(Math.max(1, reach)), random);
    if (mutated.length === 0) break;
  }
  return mutated;
}

function withByte(file: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = value;
  return copy;
}
