"""Three steps of a small GAN by PyTorch 2.15: `python3 tests/parity/gan_steps.py > tests/parity/gan_steps.json`.

Read by `src/run/step_parity.rs`, whose players (`src/run/step_rig.rs`) have the same weights and batches by the same
formulas: a generator of two convolutions and a PatchGAN, both with batch norm, the non-saturating loss with weight 0.5
and L1 with weight 3, Adam. A step is first the discriminator's, then the generator's.
"""
import json
import math

import numpy as np
import torch
from torch.nn import functional as F

from values import residues

torch.set_num_threads(1)
f32 = np.float32

SHAPES = {
    "body/conv/weight": (4, 3, 3, 3),
    "body/norm/weight": (4,),
    "body/norm/bias": (4,),
    "body/norm/running-mean": (4,),
    "body/norm/running-variance": (4,),
    "picture/conv/weight": (3, 4, 3, 3),
    "picture/conv/bias": (3,),
    "discriminator/first/conv/weight": (4, 3, 4, 4),
    "discriminator/first/conv/bias": (4,),
    "discriminator/middle[0]/conv/weight": (5, 4, 4, 4),
    "discriminator/middle[0]/norm/weight": (5,),
    "discriminator/middle[0]/norm/bias": (5,),
    "discriminator/middle[0]/norm/running-mean": (5,),
    "discriminator/middle[0]/norm/running-variance": (5,),
    "discriminator/last/weight": (1, 5, 4, 4),
    "discriminator/last/bias": (1,),
}


def fill(name, shape):
    r = residues(math.prod(shape), sum(name.encode()) % 1009)
    last = name.rsplit("/", 1)[-1]
    if len(shape) == 4:
        r = r * f32(2.4 / math.sqrt(math.prod(shape[1:])))
    elif last in ("weight", "running-variance"):
        r = f32(1.0) + f32(0.2) * r
    else:
        r = f32(0.2) * r
    return torch.from_numpy(r).view(shape).requires_grad_(not last.startswith("running"))


def batch(number, seed):
    return torch.from_numpy(residues(3 * 3 * 8 * 8, 10 * number + seed)).view(3, 3, 8, 8)


P = {name: fill(name, shape) for name, shape in SHAPES.items()}


def norm(x, name, moves):
    running = [P[f"{name}/running-mean"], P[f"{name}/running-variance"]] if moves else [None, None]
    return F.batch_norm(x, *running, P[f"{name}/weight"], P[f"{name}/bias"], training=True, momentum=0.1, eps=1e-5)


def generator(x, moves):
    x = norm(F.conv2d(x, P["body/conv/weight"], padding=1), "body/norm", moves)
    return torch.tanh(F.conv2d(F.relu(x), P["picture/conv/weight"], P["picture/conv/bias"], padding=1))


def discriminator(x, moves):
    p = "discriminator"
    x = F.conv2d(x, P[f"{p}/first/conv/weight"], P[f"{p}/first/conv/bias"], stride=2, padding=1)
    x = F.conv2d(F.leaky_relu(x, 0.2), P[f"{p}/middle[0]/conv/weight"], padding=1)
    x = F.leaky_relu(norm(x, f"{p}/middle[0]/norm", moves), 0.2)
    return F.conv2d(x, P[f"{p}/last/weight"], P[f"{p}/last/bias"], padding=1)


def adam(of):
    learnt = [t for name, t in P.items() if name.startswith("discriminator/") == of and t.requires_grad]
    return torch.optim.Adam(learnt, lr=0.002, betas=(0.5, 0.999), eps=1e-8)


players = {"discriminator": adam(True), "generator": adam(False)}
steps = []
for number in range(3):
    incomplete, complete = batch(number, 1), batch(number, 2)
    players["discriminator"].zero_grad()
    fake = generator(incomplete, moves=False).detach()
    real = F.softplus(-discriminator(complete, moves=True)).mean()
    shown = real + F.softplus(discriminator(fake, moves=True)).mean()
    shown.backward()
    players["discriminator"].step()

    players["generator"].zero_grad()
    fake = generator(incomplete, moves=True)
    fooled = F.softplus(-discriminator(fake, moves=False)).mean()
    distance = (fake - complete).abs().mean()
    (0.5 * fooled + 3.0 * distance).backward()
    players["generator"].step()
    steps.append([shown.item(), fooled.item(), distance.item()])

final = {name: [round(v, 7) for v in t.detach().flatten().tolist()] for name, t in P.items()}
print(json.dumps({"steps": steps, "final": final}, separators=(",", ":")).replace('],"', '],\n"'))
