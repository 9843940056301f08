"""Runs FedAvg over no-op sites in NVFLARE's proof-of-concept mode: nvflare_job.py SITES MIB ROUNDS LOG LIMIT_SECONDS."""

import os
import sys

import numpy as np
from nvflare.app_common.np.recipes.fedavg import NumpyFedAvgRecipe
from nvflare.recipe.poc_env import PocEnv

sites, mib, rounds = (int(value) for value in sys.argv[1:4])
log_path, limit_seconds = sys.argv[4], float(sys.argv[5])

# The recipe finds the script by a path relative to the working folder.
initial = os.path.abspath("initial.npy")
np.save(initial, np.zeros(mib * 2**18, dtype=np.float32))
recipe = NumpyFedAvgRecipe(
    name="noop-rounds",
    initial_ckpt=initial,
    min_clients=sites,
    num_rounds=rounds,
    train_script="nvflare_client.py",
    train_args=f"--log {log_path}",
)
# The default of ten seconds is too short for its server to start on a busy machine.
environment = PocEnv(num_clients=sites, extra={"login_timeout": 120})
run = recipe.execute(environment)
run.get_result(timeout=limit_seconds)
environment.stop(clean_up=False)
