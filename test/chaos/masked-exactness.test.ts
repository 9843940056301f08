import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MaskedCrew } from "../wire/support/masked-rounds/masked-crew.ts";
import { playRounds } from "../wire/support/masked-rounds/play-rounds.ts";
import { WireMembers } from "../wire/support/members/wire-members.ts";

const seed = process.env.TRIBUTARY_CHAOS_SEED ?? randomBytes(4).toString("hex");
const rounds = Number(process.env.TRIBUTARY_CHAOS_ROUNDS ?? 500);
const VALUES = 301;
let members: WireMembers;
let crew: MaskedCrew | undefined;

beforeAll(async () => {
  members = await WireMembers.start(3);
});
afterAll(async () => {
  await crew?.destroy();
  await members?.stop();
});

it(`${rounds} masked rounds with a worker lost in every fifth open the integer sum of the survivors, TRIBUTARY_CHAOS_SEED=${seed}`, async () => {
  process.stderr.write(`masked exactness: run again with TRIBUTARY_CHAOS_SEED=${seed}\n`);
  const options = { seed, values: VALUES, rounds, lossesEach: Math.floor(rounds / 30) };
  crew = await MaskedCrew.start(members, { workers: [2, 1, 1], ...options });
  const { wrong, ...played } = await playRounds(crew, options);
  process.stderr.write(`${JSON.stringify(played)}\n`);
  expect(wrong).toEqual([]);
  expect(Math.min(...Object.values(played.losses))).toBeGreaterThanOrEqual(options.lossesEach);
  expect(await crew.refusals()).toEqual([]);
});
