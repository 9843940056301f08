"""One process of a benchmark: answers each JSON line on standard input with one on standard output."""

import json
import sys


def peak_resident_bytes():
    """Most memory this process ever held, in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def serve(answer, version):
    """Answers requests until standard input ends. `answer` takes a request and returns a dict of results."""
    print(json.dumps({"ready": True, "version": version}), flush=True)
    for line in sys.stdin:
        result = answer(json.loads(line))
        print(json.dumps({**result, "peakBytes": peak_resident_bytes()}), flush=True)
