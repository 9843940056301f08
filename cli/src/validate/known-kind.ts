import { apiGroup, groupVersion } from "@tributary/contracts";
import type { Finding } from "../finding.ts";
import { showScalar } from "./describe-field.ts";

/** Whose a manifest is: ours, of another API, or of no API there is. */
export type Belonging =
  | { readonly to: "tributary"; readonly kind: string }
  | { readonly to: "others"; readonly kind: string }
  | { readonly to: "nobody"; readonly finding: Finding };

/** A kind whose name nobody else has. MemberCluster, for one, is a kind of KubeFleet too. */
const ownKind = "FederatedTrainingJob";

/** Decides by apiVersion and kind whose a manifest is; a near miss of our group is a mistake, not another API. */
export function belongingOf(
  { apiVersion, kind }: Readonly<Record<string, unknown>>,
  kinds: readonly string[],
): Belonging {
  if (typeof apiVersion !== "string" || apiVersion === "")
    return nobody("apiVersion", `is ${showScalar(apiVersion)}; must be ${groupVersion}`);
  if (typeof kind !== "string" || kind === "")
    return nobody("kind", `is ${showScalar(kind)}; must be one of ${kinds.join(", ")}`);
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  const hasOurKind = kinds.includes(kind);
  if (apiVersion === groupVersion) {
    if (hasOurKind) return { to: "tributary", kind };
    return nobody("kind", `is ${showScalar(kind)}; ${groupVersion} has only ${kinds.join(", ")}`);
  }
  const isMeantAsOurs = kind === ownKind || (hasOurKind && group === "");
  if (isMeantAsOurs || group.includes("tributar") || distance(group || apiVersion, apiGroup) <= 3)
    return nobody("apiVersion", `${apiVersion} is not served; write ${groupVersion}`);
  return { to: "others", kind: `${apiVersion} ${kind}` };
}

function nobody(path: string, message: string): Belonging {
  return { to: "nobody", finding: { path, message } };
}

/** How many letters must be added, left out or changed to make one text the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (let index = 1; index <= to.length; index += 1) {
      const change = (row[index - 1] as number) + (letter === to[index - 1] ? 0 : 1);
      next.push(Math.min(change, (row[index] as number) + 1, (next[index - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
