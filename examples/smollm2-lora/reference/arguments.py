"""Command line that the three programs share."""

import argparse
from pathlib import Path


def parser_of(description):
    """A parser for model, job and data."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the base model, a GGUF file")
    parser.add_argument("--job", default=Path(__file__).parents[1] / "job.yaml", help="the job's manifest")
    help_text = "a participant and the folder of its data set; repeated"
    parser.add_argument("--data", action="append", required=True, metavar="PARTICIPANT=FOLDER", help=help_text)
    return parser


def folders_of(pairs, workers):
    """Folders by participant, in the job's order. Exits when they are not the job's participants."""
    folders = dict(pair.split("=", 1) for pair in pairs)
    if set(folders) != set(workers):
        raise SystemExit(f"--data names {', '.join(sorted(folders))}; the job's participants are {', '.join(workers)}")
    return {name: folders[name] for name in workers}
