"""Rounds of FedAvg over all clients; notes when each starts."""

import json
import time

import numpy as np
from flwr.app import ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

app = ServerApp()


class LoggedFedAvg(FedAvg):
    """FedAvg that appends one JSON line to `log` when a round starts."""

    log = ""

    def configure_train(self, server_round, *args, **kwargs):
        with open(self.log, "a", encoding="ascii") as log:
            log.write(json.dumps({"round": server_round, "at": time.time()}) + "\n")
        return super().configure_train(server_round, *args, **kwargs)


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Starts from zeros of `mib` MiB and runs `rounds` rounds with `clients` clients."""
    config = context.run_config
    clients = int(config["clients"])
    strategy = LoggedFedAvg(
        fraction_train=1.0,
        fraction_evaluate=0.0,
        min_train_nodes=clients,
        min_available_nodes=clients,
        min_evaluate_nodes=0,
    )
    strategy.log = str(config["log"])
    zeros = np.zeros(int(config["mib"]) * 2**18, dtype=np.float32)
    strategy.start(grid=grid, initial_arrays=ArrayRecord([zeros]), num_rounds=int(config["rounds"]))
