import { isDeepStrictEqual } from "node:util";
import { equalBytes, isTensorSection, layoutModel, type NamedShape, type Section } from "@tributary/federated";
import { readFully, realDisk } from "@tributary/kit";
import { openFlatModel } from "../../shared/files/flat-model-file.ts";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";

/**
 * Holds the model that a round starts from to what was signed: it has the one header that its tensors have, so that no two starts hold the
 * same values, and its tensors are what the report sums, name for name.
 *
 * @throws TERMS_REFUSED: StartChanged for another header, LayoutChanged naming the first tensor that differs.
 */
export async function requireModel(path: string, sections: readonly Section[]): Promise<void> {
  const model = await openFlatModel(path);
  await model.close();
  const tensors = model.layout.tensors.map(({ name, shape }) => ({ name, shape: [...shape] }));
  await requireOwnHeader(path, model.sizeBytes, tensors);
  const section = sections.find(isTensorSection);
  if (section !== undefined) requireTensors(section.tensors, tensors);
}

async function requireOwnHeader(path: string, sizeBytes: number, tensors: readonly NamedShape[]): Promise<void> {
  const layout = layoutModel(tensors);
  const file = await realDisk.open(path, "r");
  try {
    const isWhole = sizeBytes === layout.sizeBytes;
    const header = isWhole ? await readFully(file, 0, Buffer.alloc(layout.header.length)) : undefined;
    if (header !== undefined && equalBytes(header, layout.header)) return;
  } finally {
    await file.close();
  }
  throw termsRefused(TermsRefusal.StartChanged, "the model's header is not the one that its tensors have, in F32");
}

function requireTensors(summed: readonly NamedShape[], found: readonly NamedShape[]): void {
  const asked = summed.map(({ name, shape }) => ({ name, shape: [...shape] }));
  if (isDeepStrictEqual(found, asked)) return;
  const place = asked.findIndex((tensor, index) => !isDeepStrictEqual(tensor, found[index]));
  const [wanted, held] = [asked[place], found[place < 0 ? asked.length : place]];
  const named = (tensor: NamedShape | undefined) =>
    tensor === undefined ? "none" : `${tensor.name} [${tensor.shape.join(", ")}]`;
  throw termsRefused(TermsRefusal.LayoutChanged, `the report sums ${named(wanted)} where the model has ${named(held)}`);
}
