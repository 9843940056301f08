"""Checks a ledger without the code that wrote it: one JSON line a round, each naming the SHA-256 of the line before."""

import hashlib
import json
from pathlib import Path


VERSION = 2


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
        if line.get("version") != VERSION:
            return [f"line {number} is of version {line.get('version')}, this check reads version {VERSION}"], lines
        lines.append(line)
        if line["round"] != number:
            problems.append(f"line {number} is of round {line['round']}")
        if sha256 is not None and line["previous"] != sha256:
            problems.append(f"round {number} names {line['previous']} as the line before, whose digest is {sha256}")
        if before is not None and line["reads"]["model"] != before["objects"]["model"]:
            problems.append(f"round {number} starts from {line['reads']['model']}, round {number - 1} ended with {before['objects']['model']}")
        before, sha256 = line, hashlib.sha256(content).hexdigest()
    if not lines:
        problems.append(f"{path} holds no line")
    return problems, lines
