import { Label } from "@tributary/contracts";
import type { KubernetesObject } from "../../federated-training-job/plan.ts";

interface BatchJob {
  readonly spec?: {
    readonly suspend?: boolean;
    readonly parallelism?: number;
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
  };
}

/**
 * Whether mending a batch Job would give it pods though its runtime has changed since it was made. A member refuses that: else a
 * Job that is kept suspended would outlive what the member's admin took away.
 */
export function growsEarlierRuntime(live: object, rendered: KubernetesObject): boolean {
  const [is, wanted] = [(live as BatchJob).spec, (rendered as BatchJob).spec];
  const grows =
    (is?.suspend === true && wanted?.suspend !== true) || (is?.parallelism ?? 0) < (wanted?.parallelism ?? 0);
  return grows && versionOf(is) !== versionOf(wanted);
}

function versionOf(spec: BatchJob["spec"]): string | undefined {
  return spec?.template?.metadata?.labels?.[Label.RuntimeVersion];
}
