import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { termsV1 } from "@tributary/contracts";
import {
  Disclosure,
  equalBytes,
  isArgumentError,
  isTensorSection,
  type JobContext,
  type RoundTerms,
  requireArgument,
  requireScript,
  requireSections,
  type ScriptStep,
  type SeatTerms,
  type Section,
  SectionWeighting,
} from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { requireAdapterText } from "./adapter-text.ts";

/** The bytes of terms: the same terms give the same bytes in every process. */
export function encodeTerms(terms: RoundTerms): Uint8Array {
  const { works, strategy } = terms;
  const message = create(termsV1.RoundTermsSchema, {
    ...terms,
    steps: terms.steps.map(stepMessage),
    sections: terms.sections.map(sectionMessage),
    works: works.map((work) => ({ ...work, hyperparameters: inOrder(work.hyperparameters) })),
    seats: terms.seats.map((seat) => ({ ...seat, chainDer: [...seat.chainDer] })),
    strategy: { name: strategy.name, parameters: inOrder(strategy.parameters) },
  });
  return toBinary(termsV1.RoundTermsSchema, message);
}

/** A worker's certificate, and that of its gate's CA. */
const MAX_CHAIN = 2;
/** Those of Ed25519 keys have some 600 bytes, those of RSA keys of 4,096 bits some 2,000. */
const MAX_CERTIFICATE_BYTES = 4_096;

/** Most seats of a job. */
const MAX_SEATS = 65_535;

/**
 * Reads terms as they came.
 *
 * @throws TERMS_REFUSED naming what is no part of any round.
 */
export function decodeTerms(bytes: Uint8Array): RoundTerms {
  try {
    const message = fromBinary(termsV1.RoundTermsSchema, bytes);
    const { jobUid, line, paradigm, strategy, context } = message;
    requireArgument(strategy !== undefined, "strategy", strategy, "there");
    requireArgument(context !== undefined, "context", context, "there");
    const terms: RoundTerms = {
      jobUid,
      line,
      paradigm,
      works: message.works.map(({ localSteps, hyperparameters, rank }) => ({ localSteps, hyperparameters, rank })),
      seats: message.seats.map(readSeat),
      steps: message.steps.map(readStep),
      sections: message.sections.map(readSection),
      strategy: { name: strategy.name, parameters: strategy.parameters },
      context: readContext(context),
    };
    requireTerms(terms);
    // What this version does not write, it does not read either: nothing of the terms is agreed to unseen.
    const isWhole = equalBytes(encodeTerms(terms), bytes);
    requireArgument(isWhole, "terms", bytes, "what this version writes, field for field");
    return terms;
  } catch (cause) {
    const why = isArgumentError(cause) ? cause.message : "they are no message of this version";
    throw new TributaryError("TERMS_REFUSED", `TermsUnreadable: ${why}`, { cause });
  }
}

function requireTerms({ seats, works, steps, sections, context }: RoundTerms): void {
  requireArgument(seats.length > 0 && seats.length <= MAX_SEATS, "seats", seats, `1 to ${MAX_SEATS} seats`);
  requireArgument(works.length <= seats.length, "works", works, "at most one for each seat");
  requireArgument(context.sourceSha256.length === 32, "context.sourceSha256", context.sourceSha256, "32 bytes");
  for (const [index, { party, work }] of seats.entries()) {
    const before = seats[index - 1]?.party ?? -1;
    requireArgument(party > before, "seats.party", party, "ascending, each once");
    requireArgument(works[work] !== undefined, `seats.${party}.work`, work, `below ${works.length}`);
  }
  requireSections(sections);
  const roles = [...new Set(seats.map(({ role }) => role))];
  requireScript(steps, { roles, sections: sections.map(({ name }) => name) });
}

function readSeat(seat: termsV1.Seat): SeatTerms {
  const { party, participant, role, organisation, workerIndex, workerCount, work, chainDer } = seat;
  requireArgument(
    chainDer.length <= MAX_CHAIN,
    `seats.${party}.chainDer`,
    chainDer,
    `at most ${MAX_CHAIN} certificates`,
  );
  for (const { length } of chainDer)
    requireArgument(
      length <= MAX_CERTIFICATE_BYTES,
      `seats.${party}.chainDer`,
      length,
      `at most ${MAX_CERTIFICATE_BYTES} bytes`,
    );
  return { party, participant, role, organisation, workerIndex, workerCount, work, chainDer };
}

function readContext({ task, seed, adapterJson, sourceSha256 }: termsV1.JobContext): JobContext {
  requireAdapterText(adapterJson);
  return { task, seed, adapterJson, sourceSha256 };
}

function stepMessage({ inputs, outputs, parameters, ...step }: ScriptStep) {
  return {
    ...step,
    inputs: inputs.map(({ set, object }) => ({ set, from: { case: "object" as const, value: object } })),
    outputs: [...outputs],
    parameters: inOrder(parameters),
  };
}

function readStep({ kind, role, inputs, outputs, metrics, parameters }: termsV1.Step): ScriptStep {
  return {
    kind,
    role,
    metrics,
    parameters,
    inputs: inputs.map(({ set, from }) => {
      requireArgument(from.case === "object", `inputs.${set}.from`, from.case, "an object of the start");
      return { set, object: from.value };
    }),
    outputs: outputs.map(({ set, disclosure, section }) => {
      requireArgument(disclosure === Disclosure.SumOnly, `outputs.${set}.disclosure`, disclosure, "SumOnly");
      return { set, disclosure, section };
    }),
  };
}

function sectionMessage(section: Section) {
  if (!isTensorSection(section)) return { name: section.name, metrics: [...section.metrics], norms: section.hasNorms };
  const { name, minus, weighting, valueBits, isAdaptive: adaptive, hasErrorFeedback: errorFeedback } = section;
  const tensors = section.tensors.map((tensor) => ({ name: tensor.name, shape: tensor.shape.map(BigInt) }));
  return { name, minus, weighting, valueBits, adaptive, errorFeedback, tensors };
}

function readSection(message: termsV1.Section): Section {
  const { name, minus, weighting, valueBits, adaptive, errorFeedback, metrics, norms } = message;
  if (message.tensors.length === 0) return { name, metrics, hasNorms: norms };
  requireArgument(metrics.length === 0 && !norms, `sections.${name}`, metrics, "tensors or metrics");
  requireArgument(weighting === SectionWeighting.Uniform, `sections.${name}.weighting`, weighting, "Uniform");
  const tensors = message.tensors.map((tensor) => ({ name: tensor.name, shape: tensor.shape.map(Number) }));
  return { name, tensors, minus, weighting, valueBits, isAdaptive: adaptive, hasErrorFeedback: errorFeedback };
}

/** A map travels in the order in which its entries were made: one order gives one digest. */
function inOrder(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
