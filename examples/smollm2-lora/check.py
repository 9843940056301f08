"""Checks what a run of the demo says, with PyTorch and none of the code that made it.

Recomputes the initial and the final loss that the trainers reported, compares the federated model with every participant alone
and with all text in one place on the same held-out passages, and follows the chain of the ledger. The model and the ledger are those
of the report unless they are named. Ends with 0 when everything holds, else with the sentences that do not.
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "reference"))

from arguments import folders_of, parser_of  # noqa: E402
from job import read_settings  # noqa: E402
from ledger import check_ledger  # noqa: E402
from runs import BASE, CENTRALISED, ReferenceRuns  # noqa: E402

AGREEMENT = 0.01
LEAST_GAIN = 0.03
LEAST_SHARE = 0.8
NORMAL_95 = 1.96


def reported_loss(losses, settings):
    """The loss as the workers report it: each evaluates the first passages of its share."""
    parts = []
    for name, values in losses.items():
        workers = settings["workers"][name]
        for worker in range(workers):
            share = values[worker::workers]
            parts.append(share[: settings["validationPassages"] or len(share)])
    return float(np.concatenate(parts).mean())


def paired_interval(a, b):
    """Mean of a - b over passages and its 95 % interval."""
    difference = a - b
    half = NORMAL_95 * difference.std(ddof=1) / math.sqrt(len(difference))
    return float(difference.mean()), float(difference.mean() - half), float(difference.mean() + half)


def print_table(runs, rows, base):
    """The table of all models over all held-out text, differences against the federated one."""
    print("model".ljust(24) + "".join(f"{name:>10}" for name in runs.folders) + f"{'all text':>10}{'change':>9}   minus federated (95 %)")
    everything = {label: np.concatenate(list(losses.values())) for label, losses in rows.items()}
    for label, losses in rows.items():
        mean = everything[label].mean()
        columns = "".join(f"{losses[name].mean():10.3f}" for name in runs.folders)
        tail = ""
        if label != "federated":
            middle, low, high = paired_interval(everything[label], everything["federated"])
            tail = f"   {middle:+.3f} ({low:+.3f} to {high:+.3f})"
        print(f"{label:24}{columns}{mean:10.3f}{mean / base - 1:9.1%}{tail}")
    return everything


def compare(runs, final, rounds):
    """The table's figures and what does not hold of them."""
    rows = {"pretrained": runs.losses(BASE, 0), "federated": final}
    for name in [*runs.folders, CENTRALISED]:
        made = runs.ensure(name)
        label = "all text in one place" if name == CENTRALISED else f"{name} alone"
        rows[label] = runs.losses(name, rounds)
        print(f"{label}: {rounds} rounds, made on {made['date']} in {made['seconds']} s")
    rows = {label: runs.table(losses) for label, losses in rows.items()}
    base = float(np.concatenate(list(rows["pretrained"].values())).mean())
    everything = print_table(runs, rows, base)
    federated = float(everything["federated"].mean())
    central = float(everything["all text in one place"].mean())
    share = (base - federated) / (base - central)
    problems = []
    if federated > (1 - LEAST_GAIN) * base:
        problems.append(f"the federated loss {federated:.3f} is not {LEAST_GAIN:.0%} below the pretrained model's {base:.3f}")
    for name in runs.folders:
        _, low, _ = paired_interval(everything[f"{name} alone"], everything["federated"])
        if low <= 0:
            problems.append(f"the federated model is not better than {name} alone: the interval starts at {low:+.3f}")
    if share < LEAST_SHARE:
        problems.append(f"the federated model has {share:.0%} of the gain of all text in one place, expected {LEAST_SHARE:.0%}")
    print(f"share of the gain of all text in one place: {share:.0%}")
    figures = {
        "pretrainedLoss": base,
        "federatedLoss": federated,
        "localOnlyValidationLoss": {name: float(everything[f"{name} alone"].mean()) for name in runs.folders},
        "centralisedValidationLoss": central,
        "shareOfCentralisedGain": share,
    }
    return figures, problems


def agrees(what, reported, recomputed):
    """A sentence when a reported loss is not the recomputed one within AGREEMENT."""
    print(f"{what} loss: reported {reported:.4f}, recomputed {recomputed:.4f}")
    if abs(reported / recomputed - 1) <= AGREEMENT:
        return []
    return [f"the {what} loss is reported as {reported:.4f}, recomputed as {recomputed:.4f}"]


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--report", required=True, type=Path, help="the demo's report.json")
    parser.add_argument("--adapter", type=Path, help="the trained adapter; the report's modelPath when left out")
    parser.add_argument("--ledger", type=Path, help="the ledger; the report's ledgerPath when left out")
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    given = parser.parse_args()
    report = json.loads(given.report.read_text())
    settings = read_settings(given.job)
    runs = ReferenceRuns(given.model, settings, folders_of(given.data, settings["workers"]))

    problems, lines = check_ledger(given.ledger or report["ledgerPath"])
    adapter_path = given.adapter or report["modelPath"]
    digest = hashlib.sha256(Path(adapter_path).read_bytes()).hexdigest()
    committed = [line["round"] for line in lines if line["objects"]["model"] == digest]
    if not committed:
        raise SystemExit(f"{adapter_path} has the digest {digest}, which no line of the ledger names")
    trained_rounds = min(committed) + 1
    print(f"ledger: {len(lines)} lines; the model is of round {min(committed)}")

    final = runs.evaluate(runs.adapter(adapter_path))
    problems += agrees("initial", report["initialValidationLoss"], reported_loss(runs.losses(BASE, 0), settings))
    problems += agrees("final", report["finalValidationLoss"], reported_loss(final, settings))
    figures, unmet = compare(runs, final, trained_rounds)
    if given.out:
        given.out.write_text(json.dumps({**figures, "problems": problems + unmet}, indent=2) + "\n")
    for problem in problems + unmet:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems + unmet else 0)


if __name__ == "__main__":
    main()
