import { type Clock, type Logger, retry } from "@tributary/kit";
import type { ApiServer } from "../kubernetes/api-server.ts";
import { isAnotherIdentity, PublicText } from "./public-half.ts";

/** Where the public half goes. */
export interface PublicationDeps {
  readonly api: Pick<ApiServer, "readConfigMap" | "patchConfigMap">;
  readonly namespace: string;
  readonly configMap: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const BACKOFF = { initialMs: 1_000, maxMs: 60_000 };
/** Time between two looks: somebody may have made the ConfigMap anew. */
const LOOK_INTERVAL_MS = 10 * 60_000;

/**
 * Keeps texts in a ConfigMap that the chart made, until it is told to stop. Whatever fails is said in the log and tried again: a gate that
 * cannot publish enrols and attests as before.
 *
 * @throws nothing but the signal's reason.
 */
export async function keepPublished(
  texts: Readonly<Record<string, string>>,
  deps: PublicationDeps,
  signal: AbortSignal,
): Promise<never> {
  const { namespace, configMap, clock, log } = deps;
  for (;;) {
    await retry(() => publishOnce(texts, deps, signal), {
      signal,
      clock,
      backoff: BACKOFF,
      isRetriable: () => true,
      onRetry: ({ code, message }, attempt, delayMs) =>
        log.warn({ code, attempt, delayMs, namespace, configMap }, `not published: ${message}`),
    });
    await clock.sleep(LOOK_INTERVAL_MS, signal);
  }
}

async function publishOnce(
  texts: Readonly<Record<string, string>>,
  { api, namespace, configMap, log }: PublicationDeps,
  signal: AbortSignal,
): Promise<void> {
  const present = await api.readConfigMap(namespace, configMap, signal);
  if (Object.entries(texts).every(([name, text]) => present[name] === text)) return;
  if (isAnotherIdentity(present[PublicText.Identity], texts[PublicText.Identity])) {
    const remedy =
      "unless somebody meant it, stop this gate and put the former volume back; otherwise every peer must learn the new key (kubectl tributary peers export)";
    log.error(
      { namespace, configMap, was: present[PublicText.Identity] },
      `the gate has another identity than it published before: its volume was lost or exchanged; ${remedy}`,
    );
  }
  await api.patchConfigMap(namespace, configMap, texts, signal);
  log.info({ namespace, configMap, names: Object.keys(texts) }, "published");
}
