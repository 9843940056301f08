"""Checks a ledger without the code that wrote it: one JSON line a round, each naming the SHA-256 of the line before."""

import hashlib
import json
from pathlib import Path


def read_lines(path):
    """Lines of a ledger with their bytes, newline included: a file of lines, or a directory of rounds with a line each."""
    path = Path(path)
    if path.is_dir():
        return [file.read_bytes() for file in sorted(path.glob("*/line.json"))]
    return path.read_bytes().splitlines(keepends=True)


def check_ledger(path):
    """What is wrong with a ledger, as sentences, and its lines."""
    lines, problems, before, sha256 = [], [], None, None
    for number, content in enumerate(read_lines(path)):
        line = json.loads(content)
        lines.append(line)
        if line["round"] != number:
            problems.append(f"line {number} is of round {line['round']}")
        if sha256 is not None and line["previous"] != sha256:
            problems.append(f"round {number} names {line['previous']} as the line before, whose digest is {sha256}")
        if before is not None and line["baseSha256"] != before["modelSha256"]:
            problems.append(f"round {number} starts from {line['baseSha256']}, round {number - 1} ended with {before['modelSha256']}")
        before, sha256 = line, hashlib.sha256(content).hexdigest()
    if not lines:
        problems.append(f"{path} holds no line")
    return problems, lines
