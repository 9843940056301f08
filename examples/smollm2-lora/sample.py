"""Writes text with the pretrained and with the trained model, token by token, always the likeliest."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent / "reference"))

from arguments import folders_of, parser_of  # noqa: E402
from job import read_settings  # noqa: E402
from runs import ReferenceRuns  # noqa: E402

PROMPTS = ("Mr. Speaker, members of Congress,", "Hi all, I have just installed")
TOKENS = 24


@torch.no_grad()
def continue_text(runs, prompt, b):
    """The prompt and the tokens that follow it."""
    ids = runs.decoder.tokenizer.encode(prompt).ids
    for _ in range(TOKENS):
        ids.append(int(runs.decoder.logits(torch.tensor([ids]), b)[0, -1].argmax()))
    return runs.decoder.tokenizer.decode(ids).replace("\n", " ")


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--adapter", required=True, type=Path, help="the trained adapter")
    given = parser.parse_args()
    settings = read_settings(given.job)
    runs = ReferenceRuns(given.model, settings, folders_of(given.data, settings["workers"]))
    trained = runs.adapter(given.adapter)
    for prompt in PROMPTS:
        print(f"before: {continue_text(runs, prompt, runs.decoder.zeros())}")
        print(f"after:  {continue_text(runs, prompt, trained)}")


if __name__ == "__main__":
    main()
