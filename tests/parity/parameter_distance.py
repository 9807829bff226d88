"""Numbers of `src/components/loss/weighted_parameter_distance_tests.rs`: weights by brute force and by scipy's bounded
least squares, gradients by PyTorch. Prints them."""

import numpy as np
import torch
from scipy.optimize import lsq_linear


def res(count, seed):
    i = np.arange(count, dtype=np.int64)
    return (((i * i * 31 + i * 7919 + seed * 104729) % 2003) / 1001.0 - 1.0).astype("f4").astype("f8")


POINTS, MODES, SAMPLES, PENALTY = 5, 5, 2, 0.1
COUNT = 12 + MODES
base = torch.tensor(3 * res(3 * POINTS, 1)).reshape(POINTS, 3)
modes = torch.tensor(res(3 * POINTS * MODES, 2)).reshape(MODES, POINTS, 3)
mean = torch.tensor(res(COUNT, 3))
mean[[0, 5, 10]] += 4
deviation = torch.tensor(1 + 0.5 * res(COUNT, 4))
found = res(SAMPLES * COUNT, 5).reshape(SAMPLES, COUNT)
truth = res(SAMPLES * COUNT, 6).reshape(SAMPLES, COUNT)


def points(normalised):
    p = normalised * deviation + mean
    pose = p[:12].reshape(3, 4)
    shape = base + torch.tensordot(p[12:], modes, 1)
    return (shape @ pose[:, :3].T + pose[:, 3] * torch.tensor([1.0, 1.0, 0.0])).ravel()


def importance(f, t):
    lengths = []
    for i in range(COUNT):
        one = t.copy()
        one[i] = f[i]
        lengths.append(torch.linalg.norm(points(torch.tensor(one)) - points(torch.tensor(t))).item())
    return np.array(lengths) / sum(lengths)


def optimised(f, t):
    d = t - f
    steps = torch.autograd.functional.jacobian(points, torch.tensor(t)).numpy() * d
    whole = steps.sum(1)
    share = PENALTY * (whole**2).sum() / (d @ d)
    matrix = np.vstack([steps, np.diag(np.sqrt(share) * d)])
    return lsq_linear(matrix, np.concatenate([whole, np.zeros(COUNT)]), (0, 1), tol=1e-14, method="bvls").x


for weigh in (importance, optimised):
    weights = np.stack([weigh(found[n], truth[n]) for n in range(SAMPLES)])
    x = torch.tensor(found, requires_grad=True)
    loss = (torch.tensor(weights) * (x - torch.tensor(truth)) ** 2).sum(1).mean()
    loss.backward()
    print(weigh.__name__, loss.item(), x.grad[1].numpy().round(6).tolist())
