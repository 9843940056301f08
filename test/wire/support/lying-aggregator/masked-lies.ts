import { X509Certificate } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { termsV1 } from "@tributary/contracts";
import {
  isTensorSection,
  layoutReport,
  type RosterEntry,
  type RoundSetup,
  type SetupSegment,
  setupSegments,
} from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { ed25519KeyOf } from "../../../../worker-image/src/shared/identity/certificates.ts";
import { decodeTerms } from "../../../../worker-image/src/shared/terms/terms-message.ts";
import { createTestAuthority } from "../test-authority.ts";
import type { Lie } from "./lie.ts";

const { sha256 } = createNodeCryptoSuite();

/** A worker that a hub made up: a key and a chain of its own. */
export interface InventedWorker {
  readonly publicKey: Uint8Array;
  readonly chainDer: Uint8Array[];
}

/** Makes up a worker of a seat, with a CA of the hub's. */
export async function inventWorker(uri: string): Promise<InventedWorker> {
  const authority = await createTestAuthority("hub");
  const { certificatePem } = await authority.issueClient(uri);
  const chain = [certificatePem, authority.certificatePem].map((pem) => new X509Certificate(pem));
  return { publicKey: ed25519KeyOf(chain[0]!)!, chainDer: chain.map(({ raw }) => new Uint8Array(raw)) };
}

/** The segment table that follows from the report and the number of seats, as a careful liar has it. */
export function segmentsOf(terms: termsV1.RoundTerms): SetupSegment[] {
  const { sections, seats } = decodeTerms(toBinary(termsV1.RoundTermsSchema, terms));
  return setupSegments(
    layoutReport(
      sections,
      seats.length,
      sections.filter(isTensorSection).map(() => 1),
    ),
  );
}

/** Adds a seat to terms and roster that both say the same of, with a chain. */
export function withSeat(
  change: (like: termsV1.Seat) => Partial<termsV1.Seat>,
  keyOf: (
    seats: readonly termsV1.Seat[],
    roster: readonly RosterEntry[],
  ) => Pick<InventedWorker, "publicKey" | "chainDer">,
): Lie {
  let roster: readonly RosterEntry[] = [];
  return {
    terms: (terms) => {
      const [first] = terms.seats;
      const { chainDer } = keyOf(terms.seats, roster);
      terms.seats.push(
        create(termsV1.SeatSchema, { ...first!, party: terms.seats.at(-1)!.party + 1, chainDer, ...change(first!) }),
      );
    },
    setup: (setup, terms) => {
      roster = setup.roster;
      const { party, organisation, chainDer } = terms.seats.at(-1)!;
      const { publicKey } = keyOf(terms.seats, roster);
      const entry = { id: party, organisation, publicKey, certificateSha256: sha256(chainDer[0]!) };
      return { ...setup, roster: [...setup.roster, entry], segments: segmentsOf(terms) };
    },
  };
}

/** Changes one party's entry in the roster. */
export function withEntry(id: number, change: (entry: RosterEntry, setup: RoundSetup) => Partial<RosterEntry>): Lie {
  return {
    setup: (setup) => ({
      ...setup,
      roster: setup.roster.map((entry) => (entry.id === id ? { ...entry, ...change(entry, setup) } : entry)),
    }),
  };
}

/** Gives all seats but one other work. */
export function withOtherWork(own: number, change: (work: termsV1.Work) => void): Lie {
  return {
    terms: (terms) => {
      const kept = terms.works[terms.seats.find(({ party }) => party === own)!.work]!;
      const other = create(termsV1.WorkSchema, { ...kept, hyperparameters: { ...kept.hyperparameters } });
      change(other);
      terms.works = [other, kept];
      for (const seat of terms.seats) seat.work = seat.party === own ? 1 : 0;
    },
  };
}
