import { cutText, type FederatedTrainingJob } from "@tributary/contracts";
import { horizontal, type Recipe } from "@tributary/federated";
import { masksOf } from "../decide/masks.ts";

type Spec = FederatedTrainingJob["spec"];
type Disclosures = NonNullable<NonNullable<FederatedTrainingJob["status"]>["disclosures"]>;

const recipes: Readonly<Record<Spec["paradigm"], Recipe>> = { Horizontal: horizontal };

/** What leaves workers of a job in any of its rounds, by the recipe that its aggregator runs. */
export function renderDisclosures(spec: Spec): Disclosures {
  return recipes[spec.paradigm]
    .disclosures({ masks: masksOf(spec) })
    .map(({ set, role, disclosure, meaning }) => ({ set, role, disclosure, meaning: cutText(meaning, 300) }));
}
