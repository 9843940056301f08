"""Reference accountant: reads one JSON request on standard input, writes one JSON answer on standard output.

accountants: epsilon by dp-accounting's PLD accountant for each setting, by its RDP accountant for each rdpEvery-th.
divergences: exact Renyi divergences of the subsampled Gaussian by mpmath, 30 digits.
samples: chi-square p-values of samples against scipy's chances.
"""

import json
import logging
import multiprocessing
import sys

import dp_accounting
import mpmath
import numpy
from dp_accounting import pld, rdp
from scipy import stats

logging.disable(logging.WARNING)
mpmath.mp.dps = 30


def event_of(setting):
    gaussian = dp_accounting.GaussianDpEvent(setting["noiseMultiplier"])
    if setting["samplingRate"] < 1:
        gaussian = dp_accounting.PoissonSampledDpEvent(setting["samplingRate"], gaussian)
    return dp_accounting.SelfComposedDpEvent(gaussian, setting["steps"])


def account(setting, orders, also_by_rdp):
    by_rdp = rdp.RdpAccountant(orders)
    if also_by_rdp:
        by_rdp.compose(event_of(setting))
    by_pld = pld.PLDAccountant(value_discretization_interval=setting["gridStep"])
    by_pld.compose(event_of(setting))
    delta = setting["deltaDp"]
    return {"rdp": float(by_rdp.get_epsilon(delta)), "pld": float(by_pld.get_epsilon(delta))}


def accountants(request):
    settings, orders = request["settings"], request["orders"]
    with multiprocessing.Pool() as pool:
        asked = [(setting, orders, index % request["rdpEvery"] == 0) for index, setting in enumerate(settings)]
        return pool.starmap(account, asked, chunksize=1)


def divergence(setting, order):
    rate, noise = mpmath.mpf(repr(setting["samplingRate"])), mpmath.mpf(repr(setting["noiseMultiplier"]))
    if rate == 1:
        return mpmath.mpf(repr(order)) / (2 * noise**2)
    if order == int(order):
        return mpmath.log1p(excess_by_sum(rate, noise, int(order))) / (order - 1)
    order = mpmath.mpf(repr(order))
    return mpmath.log1p(excess_by_quadrature(rate, noise, order)) / (order - 1)


def excess_by_sum(rate, noise, order):
    return mpmath.fsum(
        mpmath.binomial(order, k) * (1 - rate) ** (order - k) * rate**k * mpmath.expm1(k * (k - 1) / (2 * noise**2))
        for k in range(2, order + 1)
    )


def excess_by_quadrature(rate, noise, order):
    def integrand(z):
        excess = rate * mpmath.expm1(z / noise - 1 / (2 * noise**2))
        return (mpmath.expm1(order * mpmath.log1p(excess)) - order * excess) * mpmath.exp(-z * z / 2)

    edges = {-40, -13, -8, -4, -2, -1, 0, 1, 2, 4, 8}
    edges |= {float(edge) for edge in mpmath.linspace(0, order / noise, 8)}
    edges |= {float(order / noise + edge) for edge in (2, 4, 8, 13, 40)}
    turn = float(noise * mpmath.log((1 - rate) / rate) + 1 / (2 * noise))
    if abs(turn) < float(order / noise) + 30:
        edges.add(turn)
    return mpmath.quad(integrand, sorted(edges), maxdegree=10) / mpmath.sqrt(2 * mpmath.pi)


def divergences_of(setting):
    return [mpmath.nstr(divergence(setting, order), 25) for order in setting["orders"]]


def divergences(request):
    with multiprocessing.Pool() as pool:
        return pool.map(divergences_of, request["settings"], chunksize=1)


def chances_of(name, parameter, values):
    if name == "poisson":
        return stats.poisson.pmf(values, parameter)
    if name == "skellam":
        return stats.skellam.pmf(values, parameter / 2, parameter / 2)
    if name == "laplace":
        return stats.dlaplace.pmf(values, 1 / parameter)
    wide = numpy.arange(-20000, 20001)
    weights = numpy.exp(-wide.astype(float) ** 2 / (2 * parameter))
    return numpy.exp(-values.astype(float) ** 2 / (2 * parameter)) / weights.sum()


def p_value(batch):
    samples = numpy.array(batch["samples"])
    values = numpy.arange(samples.min() - 100, samples.max() + 101)
    expected = chances_of(batch["name"], batch["parameter"], values) * len(samples)
    observed = numpy.bincount(samples - values[0], minlength=len(values))
    cells = [[0.0, 0]]
    for chance, count in zip(expected, observed):
        if cells[-1][0] >= 10:
            cells.append([0.0, 0])
        cells[-1][0] += chance
        cells[-1][1] += int(count)
    last = cells.pop()
    cells[-1][0] += last[0]
    cells[-1][1] += last[1]
    wanted, seen = numpy.array(cells).T
    return float(stats.chisquare(seen, wanted * seen.sum() / wanted.sum()).pvalue)


def main():
    request = json.load(sys.stdin)
    answer = {
        "accountants": accountants,
        "divergences": divergences,
        "samples": lambda each: [p_value(batch) for batch in each["batches"]],
    }[request["kind"]](request)
    json.dump(answer, sys.stdout)


main()
