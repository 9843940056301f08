"""One process of a benchmark: answers each JSON line on standard input with one on standard output."""

import json
import sys
import time


def peak_resident_bytes():
    """Most memory this process ever held, in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


class Stopwatch:
    """Times a `with` block by the clock and in processor time of all threads."""

    def __enter__(self):
        self.start, self.cpu_start = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_failure):
        self.times = {
            "seconds": time.perf_counter() - self.start,
            "cpuSeconds": time.process_time() - self.cpu_start,
        }


def serve(answer, version):
    """Answers requests until standard input ends. `answer` takes a request and returns a dict of results."""
    print(json.dumps({"ready": True, "version": version}), flush=True)
    for line in sys.stdin:
        result = answer(json.loads(line))
        print(json.dumps({**result, "peakBytes": peak_resident_bytes()}), flush=True)
