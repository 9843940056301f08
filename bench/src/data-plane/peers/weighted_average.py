"""Weighted averages of float32 vectors in memory: NVFLARE's helper and plain numpy.

usage: weighted_average.py VALUES VECTORS
"""

import sys

import numpy as np
import nvflare
from actor import Stopwatch, serve
from nvflare.app_common.aggregators.weighted_aggregation_helper import WeightedAggregationHelper

VALUES, VECTORS = int(sys.argv[1]), int(sys.argv[2])
base = np.random.default_rng(0).standard_normal(VALUES, dtype=np.float32)
vectors = [base + np.float32(index) for index in range(VECTORS)]
del base
weights = [10.0 + index for index in range(VECTORS)]


def with_nvflare():
    """What its FedAvg controller does with the results of a round."""
    helper = WeightedAggregationHelper()
    for index, vector in enumerate(vectors):
        helper.add({"update": vector}, weights[index], f"site-{index}", 0)
    return helper.get_result()


def with_numpy():
    """The shortest numpy: one temporary vector a summand."""
    total = sum(weights)
    result = np.zeros(VALUES, np.float32)
    for weight, vector in zip(weights, vectors):
        result += np.float32(weight / total) * vector
    return result


operations = {"nvflare": with_nvflare, "numpy": with_numpy}
versions = {"nvflare": nvflare.__version__, "numpy": np.__version__}


def answer(request):
    """Runs one average and drops its result."""
    with Stopwatch() as watch:
        operations[request["operation"]]()
    return watch.times


serve(answer, versions)
