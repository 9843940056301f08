import { requireArgument } from "../errors.ts";

/** How a tensor set leaves the worker that made it: `SumOnly` as a summand of the round's sum. */
export const Disclosure = { SumOnly: "SumOnly" } as const;
/** One of the values of {@link Disclosure}. */
export type Disclosure = (typeof Disclosure)[keyof typeof Disclosure];

/** A tensor set that a step is given: an object of the round's start. */
export interface ScriptInput {
  readonly set: string;
  /** Name of the object. */
  readonly object: string;
}

/** A tensor set that a step makes. */
export interface ScriptOutput {
  readonly set: string;
  readonly disclosure: Disclosure;
  /** Section of the report that it feeds. */
  readonly section: string;
}

/** One task of one role in a round. */
export interface ScriptStep {
  /** Verb that the trainer is asked for, for example `Train`. */
  readonly kind: string;
  readonly role: string;
  readonly inputs: readonly ScriptInput[];
  readonly outputs: readonly ScriptOutput[];
  /** Section to which the step's metrics go. */
  readonly metrics: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Most steps of a round, and most sets that one is given or makes. */
const MAX_STEPS = 32;
const MAX_SETS = 16;

const VERB = /^[A-Z][A-Za-z]{0,31}$/;
const NAME = /^[a-z][a-zA-Z0-9._-]{0,62}$/;

/** What a script may speak of. */
export interface ScriptNames {
  readonly roles: readonly string[];
  readonly sections: readonly string[];
}

/**
 * Refuses a script that cannot be run: no step, too many, a role that nobody has, too many sets, a name of other letters, or a section that
 * the report has not, that two steps feed, or that none does.
 *
 * @throws ArgumentError naming step and field.
 */
export function requireScript(steps: readonly ScriptStep[], { roles, sections }: ScriptNames): void {
  requireArgument(steps.length > 0 && steps.length <= MAX_STEPS, "steps", steps, `1 to ${MAX_STEPS} steps`);
  for (const [index, step] of steps.entries()) {
    const at = `steps.${index}`;
    requireArgument(VERB.test(step.kind), `${at}.kind`, step.kind, "a verb of letters, for example Train");
    requireArgument(roles.includes(step.role), `${at}.role`, step.role, "the role of a seat");
    for (const sets of [step.inputs, step.outputs])
      requireArgument(sets.length <= MAX_SETS, `${at}.sets`, sets, `at most ${MAX_SETS}`);
    for (const name of [
      ...step.inputs.flatMap(({ set, object }) => [set, object]),
      ...step.outputs.map(({ set }) => set),
    ])
      requireArgument(NAME.test(name), `${at}.sets`, name, "letters, digits, '.', '_' and '-'");
    for (const section of fedBy(step))
      requireArgument(sections.includes(section), `${at}.section`, section, "a section of the report");
  }
  const fed = steps.flatMap(fedBy);
  const twice = fed.find((section, index) => fed.indexOf(section) !== index);
  requireArgument(twice === undefined, "steps", twice, "each section fed by one step");
  const unfed = sections.find((section) => !fed.includes(section));
  requireArgument(unfed === undefined, "sections", unfed, "sections that a step feeds");
}

function fedBy({ outputs, metrics }: ScriptStep): string[] {
  return [...outputs.map(({ section }) => section), metrics];
}
