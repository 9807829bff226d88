"""Values that a test in Rust makes again by the same formulas: `residues` in `src/run/step_rig.rs`."""
import math

import numpy as np
import torch

f32 = np.float32


def residues(count, seed):
    i = np.arange(count, dtype=np.int64)
    return (((i * i * 31 + i * 7919 + seed * 104729) % 2003).astype(f32) / f32(1001.0)) - f32(1.0)


def numbers(*shape, seed):
    return torch.from_numpy(residues(math.prod(shape), seed)).view(*shape)


def fill(module):
    """Values of parameters and buffers by their names."""
    for name, tensor in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        r = residues(tensor.numel(), sum(name.encode()) % 1009)
        last = name.rsplit(".", 1)[-1]
        if last == "weight" and tensor.dim() == 4:
            r = r * f32(2.4 / math.sqrt(math.prod(tensor.shape[1:])))
        elif last in ("weight", "running_var"):
            r = f32(1.0) + f32(0.2) * r
        else:
            r = f32(0.2) * r
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(r).view(tensor.shape))
    return module
