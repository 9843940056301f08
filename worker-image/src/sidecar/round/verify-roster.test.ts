import { Protocol } from "@tributary/federated";
import { beforeAll, describe, expect, it } from "vitest";
import { newKeys } from "../../shared/identity/testing/chain-maker.ts";
import { type SeatedWorker, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { VouchingMembers } from "../../shared/terms/testing/vouched-workers.ts";
import { checkOpened } from "./check-opened.ts";
import { CLOCK_TOLERANCE_MS, type RosterTrust, verifyRoster } from "./verify-roster.ts";

/** In whole seconds, as certificates count. */
const NOW_MS = Date.UTC(2030, 0, 1);

let members: VouchingMembers;
let honest: readonly SeatedWorker[];

beforeAll(async () => {
  members = await VouchingMembers.create(NOW_MS);
  honest = await members.all();
});

/** Judges a masked round with these workers as the aggregator opens it, every lie signed. */
function judge(workers: readonly SeatedWorker[], trust: Partial<RosterTrust> = {}, lies = {}) {
  const options = { protocol: Protocol.Masking, workers };
  const { setup, opened } = speakRound(options, lies);
  const checked = checkOpened(trustOfParty1({ workers: honest }), setup, opened);
  return verifyRoster(checked, { peers: members.peers, member: "m0", partyId: 1, nowMs: NOW_MS, ...trust });
}

const inPlaceOf = (index: number, worker: SeatedWorker) => honest.with(index, worker);

describe("a masked round's roster", () => {
  it("is of the workers that their members vouch for, by the data that they train on", () => {
    expect(judge(honest)).toEqual(
      honest.map(({ publicKey, certificateSha256 }, index) => ({
        organisation: `o${index}`,
        ...{ publicKey, certificateSha256 },
        dataName: new Uint8Array([...Array(32).fill(index + 1), 0, 0, 0, 0]),
      })),
    );
  });

  it("counts by a clock that is up to four minutes ahead, and for no longer than six after a pod is gone", () => {
    const LIFE_MS = 300_000;
    expect(judge(honest, { nowMs: NOW_MS + 240_000 })).toHaveLength(3);
    expect(judge(honest, { nowMs: NOW_MS + LIFE_MS + CLOCK_TOLERANCE_MS })).toHaveLength(3);
    expect(() => judge(honest, { nowMs: NOW_MS + LIFE_MS + CLOCK_TOLERANCE_MS + 1_000 })).toThrow(/Expired/u);
  });
});

const inOrganisation = (organisation: string) => ({
  terms: (terms: ReturnType<typeof speakRound>["terms"]) => ({
    ...terms,
    seats: terms.seats.with(2, { ...terms.seats[2]!, organisation }),
  }),
  setup: (setup: ReturnType<typeof speakRound>["setup"]) => ({
    ...setup,
    roster: setup.roster.with(2, { ...setup.roster[2]!, organisation }),
  }),
});

/** What a lying aggregator puts on the third seat, and what of it is named. */
const swaps: { given: string; says: RegExp; judged: () => Promise<unknown> }[] = [
  {
    given: "another organisation in terms and roster",
    says: /seat 3 shows a worker whose organisation is o2, must be o9/u,
    judged: async () => judge(honest, {}, inOrganisation("o9")),
  },
  {
    given: "an organisation for which another member stands",
    says: /seat 3 shows a worker whose organisation is o2, must be o1/u,
    judged: async () => judge(honest, {}, inOrganisation("o1")),
  },
  {
    given: "no chain",
    says: /seat 3 shows no worker: BadChain/u,
    judged: async () => judge(inPlaceOf(2, { ...honest[2]!, chainDer: [] })),
  },
  {
    given: "the chain of another seat",
    says: /seat 3 shows a worker whose participant is p1, must be p2/u,
    judged: async () => judge(inPlaceOf(2, honest[1]!)),
  },
  {
    given: "the chain of another worker of its participant",
    says: /seat 3 shows a worker whose workerIndex is 1, must be 0/u,
    judged: async () => judge(inPlaceOf(2, await members.worker(2, { workerIndex: 1 }))),
  },
  {
    given: "a chain that has ended",
    says: /seat 3 shows no worker: Expired/u,
    judged: async () => judge(inPlaceOf(2, await members.worker(2, { throughMs: NOW_MS - 61_000 }))),
  },
  {
    given: "a chain of another job",
    says: /seat 3 shows a worker whose jobUid is another, must be job/u,
    judged: async () => judge(inPlaceOf(2, await members.worker(2, { jobUid: "another" }))),
  },
  {
    given: "the digest of another certificate",
    says: /seat 3 has another certificate in the roster/u,
    judged: async () => judge(inPlaceOf(2, { ...honest[2]!, certificateSha256: honest[1]!.certificateSha256 })),
  },
  {
    given: "another key than its chain's",
    says: /seat 3 has another key in the roster/u,
    judged: async () => judge(inPlaceOf(2, { ...honest[2]!, publicKey: new Uint8Array(32).fill(7) })),
  },
  {
    given: "a worker of a CA of the aggregator's own",
    says: /seat 3 shows no worker: WrongIssuer/u,
    judged: async () => judge(inPlaceOf(2, await members.worker(2, { signer: await newKeys() }))),
  },
  {
    given: "a worker of a member that is no peer",
    says: /seat 3 shows no worker: UnknownMember/u,
    judged: async () => judge(honest, { peers: members.peers.slice(0, 2) }),
  },
  {
    given: "this worker's own seat for another member's",
    says: /seat 1 is this worker's and shows member m0, must be m7/u,
    judged: async () => judge(honest, { member: "m7" }),
  },
];

it.each(swaps)("a roster with $given is refused by name, whole", async ({ says, judged }) => {
  const refusal = judged();
  await expect(refusal).rejects.toMatchObject({ code: "TERMS_REFUSED", details: { refusal: "ChainRefused" } });
  await expect(refusal).rejects.toThrow(says);
});
