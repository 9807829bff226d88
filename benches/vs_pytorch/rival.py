"""PyTorch's side of the bench: answers lines of JSON about one case after another (protocol.rs beside this file).

The driver starts it: `python3 rival.py --threads 2 --layout channels_last [--compile]`.
"""
import argparse
import ctypes
import gc
import json
import os
import pathlib
import re
import sys
import time

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests/parity")]

import rival_ops  # noqa: E402
import rival_recognition  # noqa: E402
import rival_systems  # noqa: E402

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def status(key):
    """Bytes of a line of /proc/self/status."""
    return 1024 * int(re.search(rf"^{key}:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text(), re.M)[1])


def resident_from_now_on():
    """Lets the kernel forget the peak; bytes resident now."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


class Server:
    def __init__(self, layout, compiled):
        self.layout, self.compiled = layout, compiled
        self.work, self.before = None, 0

    def load(self, case):
        make = {"op": rival_ops.load, "system": rival_systems.load}[case["kind"]]
        if case.get("system") in rival_recognition.NETWORKS:
            make = rival_recognition.Recognition
        self.work = make(case, self.layout, self.compiled)
        self.before = resident_from_now_on()
        return {"learnt": self.work.learnt()}

    def check(self, file):
        tensors = [t.detach().contiguous().numpy() for t in self.work.check()]
        with open(file, "wb") as out:
            for t in tensors:
                out.write(t.astype("<f4").tobytes())
        return {"sizes": [int(t.size) for t in tensors], "losses": self.work.losses}

    def run(self, times, loading):
        seconds = []
        for _ in range(times):
            prepared = self.work.prepare()
            begun = time.perf_counter()
            self.work.run(prepared)
            seconds.append(time.perf_counter() - begun)
            del prepared
        return {"seconds": seconds, "losses": self.work.losses}

    def memory(self):
        return {"bytes": max(status("VmHWM") - self.before, 0)}

    def drop(self):
        self.work = None
        gc.collect()
        return {}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--layout", choices=LAYOUTS, required=True)
    parser.add_argument("--compile", action="store_true")
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    # What else prints must not come between the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    tell = lambda reply: print(json.dumps(reply), file=out, flush=True)
    tell({"about": f"PyTorch {torch.__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}"})
    server = Server(LAYOUTS[told.layout], told.compile)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            tell(getattr(server, request.pop("do"))(**request))
        except Exception as error:  # noqa: BLE001 - the driver goes on without this case
            server.work = None
            tell({"error": f"{type(error).__name__}: {str(error)[:300]}"})


if __name__ == "__main__":
    main()
