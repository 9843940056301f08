import { addGauge, type Registry } from "@tributary/kit";
import type { JobEngine } from "./engine/job-engine.ts";
import type { PartyDirectory } from "./party/party-directory.ts";
import type { RoundStore } from "./store/round-store.ts";

/** Adds the aggregator's series to a registry; each is read when it is scraped. */
export function observeEngine(registry: Registry, engine: JobEngine, parties: PartyDirectory, store: RoundStore): void {
  const gauge = (name: string, help: string, read: () => number) => addGauge(registry, name, help, read);
  gauge("tributary_aggregator_committed_rounds", "Rounds committed into the model.", () => engine.view.committedRounds);
  gauge("tributary_aggregator_failed_rounds", "Attempts that closed empty.", () => engine.view.failedRounds);
  gauge("tributary_aggregator_connected_parties", "Workers that listen for messages.", () => {
    return parties.list().filter(({ isConnected }) => isConnected).length;
  });
  gauge(
    "tributary_aggregator_refused_messages",
    "Messages of parties that were refused, since the process started.",
    () => {
      return parties.refused;
    },
  );
  gauge("tributary_aggregator_received_bytes", "Bytes of reports in committed rounds.", () => store.bytes.up);
  gauge("tributary_aggregator_sent_bytes", "Bytes of models in committed rounds.", () => store.bytes.down);
  gauge("tributary_aggregator_round_duration_seconds", "Duration of the newest committed round.", () => {
    const last = store.rounds.at(-1)?.line;
    return last === undefined ? 0 : (last.committedMs - last.startedMs) / 1000;
  });
}
