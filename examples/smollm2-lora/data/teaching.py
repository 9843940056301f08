"""Shows that the kinds of text do not teach each other: trains on each kind alone and looks at all of them.

Ends with 0 when every kind improves itself by at least 4 % and no other by more than a third of that.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))

from arguments import folders_of, parser_of  # noqa: E402
from job import read_settings  # noqa: E402
from runs import BASE, ReferenceRuns  # noqa: E402

LEAST_OWN_GAIN = 0.04
MOST_SHARE = 1 / 3


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, help="rounds of training alone; the job's maxRounds when left out")
    given = parser.parse_args()
    settings = read_settings(given.job)
    rounds = given.rounds or settings["maxRounds"]
    runs = ReferenceRuns(given.model, settings, folders_of(given.data, settings["workers"]))
    before = {name: losses.mean() for name, losses in runs.table(runs.losses(BASE, 0)).items()}
    counts = ", ".join(f"{name} {len(losses)}" for name, losses in runs.table(runs.losses(BASE, 0)).items())
    print(f"held-out passages: {counts}; {rounds} rounds of {settings['localSteps']} steps a worker, alone")
    print("trained on".ljust(14) + "".join(f"{name + ' before':>18}{'after':>8}{'gain':>9}" for name in runs.folders))
    failures = []
    for name in runs.folders:
        runs.ensure(name)
        after = {other: losses.mean() for other, losses in runs.table(runs.losses(name, rounds)).items()}
        gains = {other: 1 - after[other] / before[other] for other in runs.folders}
        columns = (f"{before[other]:18.3f}{after[other]:8.3f}{gains[other]:9.1%}" for other in runs.folders)
        print(name.ljust(14) + "".join(columns))
        if gains[name] < LEAST_OWN_GAIN:
            failures.append(f"{name} improves itself by {gains[name]:.1%}, at least {LEAST_OWN_GAIN:.0%} was expected")
        for other in runs.folders:
            if other != name and gains[other] > MOST_SHARE * gains[name]:
                failures.append(f"{name} improves {other} by {gains[other]:.1%}, more than a third of its own {gains[name]:.1%}")
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
