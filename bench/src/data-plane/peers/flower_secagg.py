"""Flower's SecAgg+ by its own client and server functions: masking one client's update, summing and unmasking.

usage: flower_secagg.py VALUES PARTIES
"""

import importlib
import logging
import sys

import flwr
import numpy as np
from actor import Stopwatch, serve
from flwr.common import ConfigRecord, bytes_to_ndarray, ndarrays_to_parameters
from flwr.common.secure_aggregation import ndarrays_arithmetic as arithmetic
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import generate_shared_key
from flwr.common.secure_aggregation.quantization import dequantize
from flwr.common.secure_aggregation.secaggplus_constants import Key, Stage
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen
from flwr.supercore.primitives.asymmetric import bytes_to_private_key, bytes_to_public_key

logging.disable(logging.CRITICAL)
# The package's __init__ exports a function of the module's own name.
mod = importlib.import_module("flwr.client.mod.secure_aggregation.secaggplus_mod")

VALUES, PARTIES = int(sys.argv[1]), int(sys.argv[2])
CLIP, TARGET, MODULUS = 8.0, 1 << 22, 1 << 32
THRESHOLD = max(2, PARTIES // 2 + 1)
IDS = list(range(101, 101 + PARTIES))

settings = ConfigRecord(
    {
        Key.STAGE: Stage.SETUP,
        Key.SAMPLE_NUMBER: PARTIES,
        Key.SHARE_NUMBER: PARTIES,
        Key.THRESHOLD: THRESHOLD,
        Key.CLIPPING_RANGE: CLIP,
        Key.TARGET_RANGE: TARGET,
        Key.MOD_RANGE: MODULUS,
        Key.MAX_WEIGHT: 1000.0,
    }
)
clients, public_keys = {}, {}
for node in IDS:
    clients[node] = mod.SecAggPlusState()
    clients[node].nid = node
    answer = mod._setup(clients[node], settings)
    public_keys[node] = (answer[Key.PUBLIC_KEY_1], answer[Key.PUBLIC_KEY_2])
inbox = {node: ([], []) for node in IDS}
for node in IDS:
    answer = mod._share_keys(clients[node], {str(other): list(keys) for other, keys in public_keys.items()})
    for receiver, ciphertext in zip(answer[Key.DESTINATION_LIST], answer[Key.CIPHERTEXT_LIST]):
        inbox[receiver][0].append(node)
        inbox[receiver][1].append(ciphertext)

update = np.random.default_rng(1).normal(0, 0.05, VALUES).astype(np.float32)
parameters = ndarrays_to_parameters([update])
last = {"turn": 0, "masked": None, "sum": None, "dropouts": 0}


def mask(_request):
    """A client's third stage: opens its shares, quantises, adds its own mask and one for each neighbour."""
    node = IDS[last["turn"] % PARTIES]
    last["turn"] += 1
    sources, ciphertexts = inbox[node]
    with Stopwatch() as watch:
        answer = mod._collect_masked_vectors(
            clients[node], {Key.CIPHERTEXT_LIST: ciphertexts, Key.SOURCE_LIST: sources}, 500, parameters
        )
    last["masked"] = answer[Key.MASKED_PARAMETERS]
    return {**watch.times, "bytesPerValue": sum(map(len, last["masked"])) / VALUES}


def add(request):
    """The server's sum of the survivors' vectors; every survivor sends the same bytes, which takes the same time."""
    if last["masked"] is None:
        mask({})
    last["dropouts"] = request["dropouts"]
    with Stopwatch() as watch:
        total = None
        for _ in range(PARTIES - last["dropouts"]):
            vector = [bytes_to_ndarray(part) for part in last["masked"]]
            total = vector if total is None else arithmetic.parameters_addition(total, vector)
        last["sum"] = arithmetic.parameters_mod(total, MODULUS)
    return watch.times


seed_shares = {node: create_shares(clients[node].rd_seed, THRESHOLD, PARTIES)[:THRESHOLD] for node in IDS}
key_shares = {node: create_shares(clients[node].sk1, THRESHOLD, PARTIES)[:THRESHOLD] for node in IDS}


def unmask(_request):
    """The server's unmasking, as its workflow does it: survivors' own masks, dropped clients' masks with every neighbour."""
    with Stopwatch() as watch:
        total = last["sum"]
        shapes = arithmetic.get_parameters_shape(total)
        for rank, node in enumerate(IDS):
            if rank >= last["dropouts"]:
                seed = combine_shares(seed_shares[node])
                total = arithmetic.parameters_subtraction(total, pseudo_rand_gen(seed, MODULUS, shapes))
                continue
            secret = bytes_to_private_key(combine_shares(key_shares[node]))
            for other in IDS:
                if other == node:
                    continue
                shared = generate_shared_key(secret, bytes_to_public_key(public_keys[other][0]))
                pairwise = pseudo_rand_gen(shared, MODULUS, shapes)
                change = arithmetic.parameters_addition if node > other else arithmetic.parameters_subtraction
                total = change(total, pairwise)
        total = arithmetic.parameters_mod(total, MODULUS)
        _factor, received = arithmetic.factor_extract(total)
        opened = dequantize(received, CLIP, TARGET)
        for vector in opened:
            vector += -(PARTIES - last["dropouts"] - 1) * CLIP
    return watch.times


operations = {"mask": mask, "sum": add, "unmask": unmask}
serve(lambda request: operations[request["operation"]](request), flwr.__version__)
