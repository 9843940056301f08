import { expect, it } from "vitest";
import { aPlacement } from "../testing/a-snapshot.ts";
import { dropLatePlaces } from "./drop-late-places.ts";

const [aws, gcp] = [aPlacement(), aPlacement({ participant: "gcp", cluster: "gcp-1" })];
const record = { placements: [aws, gcp], unsearchedClusters: [] };
const stays = (cluster: string): boolean => cluster !== "gcp-1";

it("a new place in a cluster that takes none any more is not recorded", () => {
  expect(dropLatePlaces(record, () => [aws], stays).placements).toEqual([aws]);
});

it.each([
  ["is on record or was found already", [aws, gcp], gcp],
  ["leaves", [aws], { ...gcp, state: "Leaving" as const }],
])("a place there stays when it %s", (_what, before, place) => {
  const kept = dropLatePlaces({ ...record, placements: [aws, place] }, () => before, stays);
  expect(kept.placements).toEqual([aws, place]);
});
