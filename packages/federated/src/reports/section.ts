import { ArgumentError, requireArgument, requireInteger } from "../errors.ts";

/** How the mean of a section is weighted: `Uniform` divides by the number of parties in the sum. */
export const SectionWeighting = { Uniform: "Uniform" } as const;
/** One of the values of {@link SectionWeighting}. */
export type SectionWeighting = (typeof SectionWeighting)[keyof typeof SectionWeighting];

/** Name and shape of a tensor, whatever type its values have in a file. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A part of the report that sums tensors, value by value, on the grid of its segments' steps. */
export interface TensorSection {
  readonly name: string;
  /** What is summed, in the order of the flat vector. */
  readonly tensors: readonly NamedShape[];
  /** Object of the start that is subtracted before quantising. */
  readonly minus: string;
  readonly weighting: SectionWeighting;
  /** Bits of one party's value. */
  readonly valueBits: number;
  /** Whether the next round's steps follow from what this one opened. */
  readonly isAdaptive: boolean;
  /** Whether what quantising left over is added in the next round. */
  readonly hasErrorFeedback: boolean;
}

/** A part of the report that sums metrics: for each a sum and a count, by name. */
export interface MetricSection {
  readonly name: string;
  readonly metrics: readonly string[];
  /** Whether it also carries the squared norm and the saturated values of each segment of the tensor sections. */
  readonly hasNorms: boolean;
}

/**
 * What a report consists of, in order. One section is one sum with one weighting; the segments into which it is cut follow from the
 * sections and the number of seats alone, so that nobody chooses them.
 */
export type Section = TensorSection | MetricSection;

/** Most sections of a report, and most metrics of one. */
const MAX_SECTIONS = 16;
const MAX_METRICS = 64;
/** Most tensors of a section, and most dimensions of one. */
const MAX_TENSORS = 2 ** 20;
const MAX_DIMENSIONS = 16;

const NAME = /^[a-z][a-z0-9_]{0,47}$/;

/** Whether a section sums tensors. */
export function isTensorSection(section: Section): section is TensorSection {
  return "tensors" in section;
}

/** Values of a section's flat vector. */
export function countValues({ tensors }: Pick<TensorSection, "tensors">): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
}

/**
 * Refuses sections that make no report.
 *
 * @throws ArgumentError naming the section: none, a name twice or of other letters, no tensors, a tensor twice or of an impossible shape, no
 * metrics, a metric twice, or norms without tensors.
 */
export function requireSections(sections: readonly Section[]): void {
  requireArgument(sections.length > 0, "sections", sections, "at least one");
  requireArgument(sections.length <= MAX_SECTIONS, "sections", sections, `at most ${MAX_SECTIONS}`);
  requireNames(
    "sections",
    sections.map(({ name }) => name),
  );
  for (const section of sections) {
    if (isTensorSection(section)) requireTensors(section);
    else requireMetrics(section);
  }
  const metricSections = sections.filter((section): section is MetricSection => !isTensorSection(section));
  requireNames(
    "metrics",
    metricSections.flatMap(({ metrics }) => metrics),
  );
  const withNorms = metricSections.filter(({ hasNorms }) => hasNorms);
  const tensorSections = sections.filter(isTensorSection);
  requireArgument(tensorSections.length <= 1, "sections", tensorSections, "at most one with tensors");
  requireArgument(
    withNorms.length === tensorSections.length,
    "sections",
    withNorms,
    "one with norms where there are tensors, else none",
  );
}

function requireTensors({ name, tensors }: TensorSection): void {
  requireArgument(tensors.length <= MAX_TENSORS, `sections.${name}.tensors`, tensors, `at most ${MAX_TENSORS}`);
  const names = tensors.map((tensor) => tensor.name);
  const isAscending = names.every((tensor, index) => index === 0 || tensor > names[index - 1]!);
  requireArgument(isAscending, `sections.${name}.tensors`, names, "different tensors in the order of their names");
  for (const tensor of tensors) {
    const { length: dimensions } = tensor.shape;
    requireInteger(`sections.${name}.tensors.${tensor.name}.dimensions`, dimensions, 0, MAX_DIMENSIONS);
    for (const length of tensor.shape) requireInteger(`sections.${name}.tensors.${tensor.name}`, length, 0, 2 ** 48);
  }
  requireInteger(`sections.${name}.values`, countValues({ tensors }), 1, 2 ** 48);
}

function requireMetrics({ name, metrics }: MetricSection): void {
  requireArgument(metrics.length > 0, `sections.${name}.metrics`, metrics, "at least one");
  requireArgument(metrics.length <= MAX_METRICS, `sections.${name}.metrics`, metrics, `at most ${MAX_METRICS}`);
}

function requireNames(argument: string, names: readonly string[]): void {
  const bad = names.find((name, index) => !NAME.test(name) || names.indexOf(name) !== index);
  if (bad !== undefined)
    throw new ArgumentError(argument, bad, "different names of at most 48 lower-case letters, digits and underscores");
}
