import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { MaskedCrew } from "./support/masked-rounds/masked-crew.ts";
import { playRounds } from "./support/masked-rounds/play-rounds.ts";
import { WireMembers } from "./support/members/wire-members.ts";

let members: WireMembers;
let crew: MaskedCrew | undefined;

beforeAll(async () => {
  members = await WireMembers.start(3);
}, 300_000);
afterEach(async () => {
  await crew?.destroy();
  crew = undefined;
  await members.removePods();
});
afterAll(() => members?.stop());

it("opens the integer sum of the survivors, bit for bit, in 25 rounds with a worker lost at every stage", async () => {
  const options = { seed: "25 rounds", values: 301, rounds: 25, lossesEach: 1 };
  crew = await MaskedCrew.start(members, { workers: [2, 1, 1], ...options });
  const { losses, wrong } = await playRounds(crew, options);
  expect(wrong).toEqual([]);
  expect(Math.min(...Object.values(losses))).toBeGreaterThanOrEqual(1);
  expect(await crew.refusals()).toEqual([]);
}, 900_000);
