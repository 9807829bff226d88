"""Runs exported models in onnxruntime and compares them with what our own forward pass gave.

    python3 tests/parity/onnx_models.py FOLDER

FOLDER holds `cases.json` and the files that it names (written by `src/run/export_tests.rs`). Every model passes the
checker of the `onnx` package; every output is within 1e-4 of ours, relative to its largest value (at least 1).
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

LIMIT = 1e-4


def numbers(folder, value):
    return np.fromfile(folder / value["file"], dtype="<f4").reshape(value["shape"])


def main():
    folder = Path(sys.argv[1])
    sessions, worst, failed = {}, (0.0, ""), []
    for case in json.loads((folder / "cases.json").read_text()):
        name = case["model"]
        if name not in sessions:
            path = str(folder / f"{name}.onnx")
            onnx.checker.check_model(path, full_check=True)
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            sessions[name] = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        session = sessions[name]
        given = {port: numbers(folder, value) for port, value in case["inputs"].items()}
        declared = {i.name for i in session.get_inputs()}, {o.name for o in session.get_outputs()}
        if declared != (set(case["inputs"]), set(case["outputs"])):
            failed.append(f"{name}: ports {declared}")
            continue
        found = session.run(list(case["outputs"]), given)
        for (port, value), ours in zip(case["outputs"].items(), found):
            expected = numbers(folder, value)
            if expected.shape != ours.shape:
                failed.append(f"{name}.{port}: {ours.shape}, ours {expected.shape}")
                continue
            error = float(np.max(np.abs(ours - expected)) / max(1.0, np.max(np.abs(expected))))
            worst = max(worst, (error, f"{name}.{port}"))
            if not error < LIMIT:
                failed.append(f"{name}.{port}: {error:.2e}")
    print(f"{len(sessions)} models, largest relative difference {worst[0]:.2e} ({worst[1]})")
    if failed:
        sys.exit("\n".join(failed))


main()
