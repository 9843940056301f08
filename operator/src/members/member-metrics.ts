import { Gauge, type Registry } from "@tributary/kit";
import type { Clock } from "../runtime/clock.ts";
import { awayMs } from "./loss-clock.ts";
import type { MemberLinks } from "./member-links.ts";

/** Registers the series of the member clusters; they are read from the links at each scrape. Call once per registry. */
export function registerMemberMetrics(
  registry: Registry,
  links: Pick<MemberLinks<unknown>, "members" | "stateOf">,
  clock: Clock,
): void {
  const states = () =>
    links.members().flatMap((member) => {
      const state = links.stateOf(member);
      return state ? [state] : [];
    });
  const read = (
    name: string,
    help: string,
    value: (state: ReturnType<typeof states>[number]) => number | undefined,
  ) => {
    const gauge = new Gauge({
      name: `tributary_${name}`,
      help,
      labelNames: ["cluster"],
      registers: [registry],
      collect() {
        gauge.reset();
        for (const state of states()) {
          const measured = value(state);
          if (measured !== undefined) gauge.set({ cluster: state.member }, measured);
        }
      },
    });
  };
  read("cluster_up", "1 while the member answers and its caches are complete.", ({ isReachable }) =>
    isReachable ? 1 : 0,
  );
  read("cluster_disconnected_seconds", "Time since the first failure; 0 while the member answers.", ({ lossClock }) => {
    return awayMs(lossClock, clock.nowMs()) / 1000;
  });
  read("cluster_last_heard_timestamp_seconds", "When the member last answered.", ({ lossClock }) =>
    lossClock.lastHeardMs === undefined ? undefined : lossClock.lastHeardMs / 1000,
  );
  read(
    "cluster_credential_expiry_timestamp_seconds",
    "When the credential in use ends; absent when it does not say.",
    ({ credentialExpiresAtMs }) => (credentialExpiresAtMs === undefined ? undefined : credentialExpiresAtMs / 1000),
  );
}
