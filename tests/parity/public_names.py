"""Loads files that were exported under other programs' names into modules of these names, and compares what they give.

    python3 tests/parity/public_names.py FOLDER

FOLDER holds `cases.json` and the files that it names (written by `src/run/export_tests.rs`). The modules are those of
`encoders.py` and `embeddings.py`, strict about names and shapes; every output is within 1e-4 of ours, relative to its
largest value.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

import embeddings as e
import encoders as n
from layers import load

NETWORKS = {
    "resnet18": lambda: n.Resnet(n.Basic, [2, 2, 2, 2], 4),
    "resnet50": lambda: n.Resnet(n.Bottleneck, [3, 4, 6, 3], 4),
    "efficientnet-b0": lambda: n.EfficientNetB0(4),
    "inception-resnet-v1": lambda: e.InceptionResnetV1(4),
    "iresnet18": lambda: e.IResNet((2, 2, 2, 2), 8, 32),
    "ir-se-50": lambda: e.IrSe50(16, 16),
    "light-cnn-29-v2": lambda: e.LightCnn29V2(6, 32),
}


def numbers(folder, value):
    return torch.from_numpy(np.fromfile(folder / value["file"], dtype="<f4").reshape(value["shape"]))


def main():
    folder, failed = Path(sys.argv[1]), []
    for case in json.loads((folder / "cases.json").read_text()):
        net = NETWORKS[case["network"]]()
        net.load_state_dict(load(folder / case["weights"]), strict=True)
        net.eval()
        with torch.no_grad():
            found = net(numbers(folder, case["input"]))
        found = found if isinstance(found, list) else [found]
        for ours, theirs in zip(case["outputs"], found, strict=True):
            ours = numbers(folder, ours).reshape(theirs.shape)
            error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
            if not error < 1e-4:
                failed.append(f"{case['network']}: {error:.2e}")
    if failed:
        sys.exit("\n".join(failed))


main()
