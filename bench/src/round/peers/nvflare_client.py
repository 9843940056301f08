"""What a site of the no-op job does: adds a constant to every value; notes when a round reaches it."""

import json
import sys
import time

import numpy as np
import nvflare.client as flare

log_path = sys.argv[sys.argv.index("--log") + 1]

flare.init()
while flare.is_running():
    model = flare.receive()
    if model is None:
        break
    with open(log_path, "a", encoding="ascii") as log:
        log.write(json.dumps({"round": model.current_round, "at": time.time()}) + "\n")
    params = {name: np.asarray(values, dtype=np.float32) + np.float32(2**-10) for name, values in model.params.items()}
    flare.send(flare.FLModel(params=params, params_type="FULL", meta={"NUM_STEPS_CURRENT_ROUND": 1}))
