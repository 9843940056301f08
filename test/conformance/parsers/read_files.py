"""Reads model files with the reference readers: one verdict a path, the names of its tensors or why it was refused.

Input on stdin: {"safetensors": [path], "gguf": [path]}. Output: {"safetensors": [{"names": [...]} | {"error": "..."}], "gguf": ...}.
"""

import json
import sys

from gguf import GGUFReader
from safetensors import safe_open


def read_safetensors(path):
    with safe_open(path, framework="numpy") as file:
        return sorted(file.keys())


def read_gguf(path):
    reader = GGUFReader(path)
    for field in reader.fields.values():
        field.contents()
    for tensor in reader.tensors:
        tensor.data.tobytes()
    return sorted(tensor.name for tensor in reader.tensors)


def judge(read, path):
    try:
        return {"names": read(path)}
    except BaseException as error:  # the Rust reader panics on some input, which is no Exception
        return {"error": f"{type(error).__name__}: {error}"}


request = json.load(sys.stdin)
readers = {"safetensors": read_safetensors, "gguf": read_gguf}
json.dump({kind: [judge(readers[kind], path) for path in paths] for kind, paths in request.items()}, sys.stdout)
