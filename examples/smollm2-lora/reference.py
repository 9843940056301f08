"""Makes the runs that federation is compared with, once per code, data and seed, and says when and how long each took."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "reference"))

from arguments import folders_of, parser_of  # noqa: E402
from job import read_settings  # noqa: E402
from runs import CENTRALISED, ReferenceRuns  # noqa: E402


def main():
    given = parser_of(__doc__).parse_args()
    settings = read_settings(given.job)
    runs = ReferenceRuns(given.model, settings, folders_of(given.data, settings["workers"]))
    for run in [*runs.folders, CENTRALISED]:
        made = runs.ensure(run)
        print(f"{run}: {settings['maxRounds']} rounds, made on {made['date']} in {made['seconds']} s, kept in {runs.folder / run}")


if __name__ == "__main__":
    main()
