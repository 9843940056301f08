import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { beforeEach, expect, it } from "vitest";
import type { JobConfig } from "../config/job-config.ts";
import type { LedgerLine } from "../store/ledger-line.ts";
import type { RoundStore, StoredRound } from "../store/round-store.ts";
import { JobModels } from "./job-models.ts";
import { LedgerView } from "./ledger-view.ts";

const config = { job: { uid: "j" }, model: { path: "m.safetensors", adapter: undefined } } as unknown as JobConfig;
const pinned = { sourceSha256: "", sourceSizeBytes: 8, initialSha256: "model-0", initialPath: "initial" };
const rule = (target: string) =>
  create(controlV1.ConvergenceRuleSchema, { metric: "validation_loss", mode: "Min", maxRounds: 100, target });

let rounds: StoredRound[];
let looks: number;
let view: LedgerView;
beforeEach(() => {
  rounds = [];
  looks = 0;
  const store = {
    get rounds() {
      return rounds;
    },
    get head() {
      return rounds.at(-1)?.lineSha256 ?? "genesis";
    },
    modelPath: (round: number) => `rounds/${round}`,
  } as unknown as RoundStore;
  view = new LedgerView(
    store,
    new JobModels(config, pinned, store, { tensors: [{ name: "w", shape: [2] }], sizeBytes: 8 }),
  );
});

/** A round that starts from the newest model, whose loss it tells, and commits the next. */
function commit(loss: number): void {
  const round = rounds.length;
  const line = {
    round,
    outcome: "Committed",
    reads: { model: `model-${round}` },
    objects: { model: `model-${round + 1}` },
    get metrics() {
      looks++;
      return { validation_loss: { sum: loss, count: 1 } };
    },
  } as unknown as LedgerLine;
  rounds.push({ line, lineSha256: `line-${round}` });
}

it("says what the ledger has come to", () => {
  expect(view.under(rule("1"))).toMatchObject({ committedRounds: 0, models: { last: undefined, best: undefined } });
  for (const loss of [3, 2, 2.5]) commit(loss);
  expect(view.under(rule("1"))).toMatchObject({
    verdict: { stop: false, bestValue: 2, bestRound: 1 },
    committedRounds: 3,
    models: {
      last: { round: 3, sha256: "model-3", metricValue: undefined },
      best: { round: 1, sha256: "model-1", metricValue: "2" },
    },
  });
  expect(view.under(rule("2")).verdict).toMatchObject({ stop: true, reason: "TargetReached" });
  expect(view.under(undefined).models.best).toMatchObject({ round: 3, metricValue: undefined });
});

it("looks at a round of a long ledger once, however often it is asked and whichever window brings the rule", () => {
  const many = 500;
  for (let round = 0; round < many; round++) {
    commit(1000 - round);
    // A window, and so its rule, is another object each time.
    for (let poll = 0; poll < 3; poll++) expect(view.under(rule("1")).verdict.bestRound).toBe(round);
  }
  // Besides, the metric of the best model is looked up once a round.
  expect(looks).toBe(2 * many);
});
