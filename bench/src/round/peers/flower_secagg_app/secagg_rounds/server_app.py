"""Rounds of FedAvg by Flower's SecAgg+ workflow over all clients; notes when each starts and checks what each gave."""

import json
import time

import numpy as np
from flwr.common import Context, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.server import Grid, LegacyContext, ServerApp, ServerConfig
from flwr.server.strategy import FedAvg
from flwr.server.workflow import DefaultWorkflow, SecAggPlusWorkflow

app = ServerApp()

# As Tributary's default: more than two thirds of the parties, three of four.
THRESHOLD = 0.75
# Flower rounds to a grid of 2 * 8 / 2**22 and its rounding is random: a mean over many values lies far closer than this.
TOLERANCE = 1e-5


class LoggedFedAvg(FedAvg):
    """FedAvg that appends one JSON line to `log` when a round starts, after a look at what the round before gave."""

    log = ""
    opened = 0

    def configure_fit(self, server_round, parameters, client_manager):
        """A workflow that was halted says so in its log alone: its rounds would be fast and empty."""
        if self.opened != server_round - 1:
            raise RuntimeError(f"{self.opened} sums were opened before round {server_round}")
        mean = float(np.mean(parameters_to_ndarrays(parameters)[0], dtype=np.float64))
        want = (server_round - 1) * 2**-10
        if abs(mean - want) > TOLERANCE:
            raise RuntimeError(f"the mean before round {server_round} is {mean}, {want} was wanted")
        with open(self.log, "a", encoding="ascii") as log:
            log.write(json.dumps({"round": server_round, "at": time.time()}) + "\n")
        return super().configure_fit(server_round, parameters, client_manager)

    def aggregate_fit(self, server_round, results, failures):
        """Called by the workflow with the opened sum in the place of each result."""
        self.opened = server_round
        return super().aggregate_fit(server_round, results, failures)


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Starts from zeros of `mib` MiB and runs `rounds` rounds with `clients` clients."""
    config = context.run_config
    clients = int(config["clients"])
    zeros = np.zeros(int(config["mib"]) * 2**18, dtype=np.float32)
    strategy = LoggedFedAvg(
        fraction_fit=1.0,
        fraction_evaluate=0.0,
        min_fit_clients=clients,
        min_available_clients=clients,
        min_evaluate_clients=0,
        initial_parameters=ndarrays_to_parameters([zeros]),
    )
    strategy.log = str(config["log"])
    settings = ServerConfig(num_rounds=int(config["rounds"]))
    legacy = LegacyContext(context=context, config=settings, strategy=strategy)
    # The largest weight that a client has here: what it is multiplied by is 1, and nothing is lost to it.
    masked = SecAggPlusWorkflow(num_shares=1.0, reconstruction_threshold=THRESHOLD, max_weight=1.0)
    DefaultWorkflow(fit_workflow=masked)(grid, legacy)
