"""Numbers for src/statistics: scipy's own, and the percentile bootstrap on the draws of src/random.rs.

    python3 tests/parity/significance.py > tests/parity/significance.json    # scipy 1.17, numpy 2
"""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20)
MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def stream(seed, purpose):
    key = mix(seed ^ STEP)
    for b in purpose.encode():
        key = (mix(key ^ b) + STEP) & MASK
    return key


def fork(key, number):
    return mix(key ^ mix((number + STEP) & MASK))


def at(key, position):
    return mix((key + position * STEP) & MASK)


def resampled(d):
    n, base = len(d), fork(stream(0, "bootstrap"), len(d))
    means = []
    for r in range(10_000):
        key = fork(base, r)
        picks = [((at(key, i // 2) >> (32 * (i % 2))) & 0xFFFFFFFF) * n >> 32 for i in range(n)]
        means.append(sum(d[i] for i in picks) / n)
    return np.array(means)


def bootstrap(name, d):
    means = resampled(d)
    reach = min((means <= 0).sum(), (means >= 0).sum())
    low, high = np.quantile(means, [0.025, 0.975])
    theirs = stats.bootstrap((np.array(d),), np.mean, n_resamples=10_000, method="percentile", rng=1).confidence_interval
    return {"name": name, "differences": d, "p": min(1.0, 2 * (1 + int(reach)) / 10_001), "low": low, "high": high,
            "scipy-low": theirs.low, "scipy-high": theirs.high}


def wilcoxon(name, d):
    result = stats.wilcoxon(d)
    nonzero = np.array([v for v in d if v != 0])
    ranks = stats.rankdata(np.abs(nonzero))
    r = (ranks[nonzero > 0].sum() - ranks[nonzero < 0].sum()) / ranks.sum()
    return {"name": name, "differences": d, "statistic": float(result.statistic), "p": float(result.pvalue), "r": r}


def sample(values):
    m, s, n = np.mean(values), np.std(values, ddof=1), len(values)
    low, high = stats.t.interval(0.95, n - 1, loc=m, scale=s / np.sqrt(n))
    return {"values": values, "mean": m, "std": s, "low": low, "high": high, "t-p": stats.ttest_1samp(values, 0).pvalue}


def holm(raw):
    """p.adjust(raw, "holm") of R, by its definition."""
    order = np.argsort(raw, kind="stable")
    stepped = np.minimum(1, np.maximum.accumulate(np.array(raw)[order] * np.arange(len(raw), 0, -1)))
    adjusted = np.empty(len(raw))
    adjusted[order] = stepped
    return {"raw": raw, "adjusted": adjusted.tolist()}


def normal(n, shift, digits=4):
    return np.round(rng.normal(shift, 1, n), digits).tolist()


half = [float(v) for v in np.round(rng.normal(0.4, 1, 13) * 2) / 2]
many = [float(v) for v in np.round(rng.normal(0.2, 1, 40) * 2) / 2]
golden = {
    "normal": [[z, stats.norm.sf(z)] for z in [-3.0, -0.5, 0.0, 0.3, 1.0, 1.96, 2.7, 2.9, 5.0, 8.0, 20.0]],
    "student": [[t, df, 2 * stats.t.sf(abs(t), df)]
                for t, df in [(0.0, 2), (0.5, 2), (4.3, 2), (-4.3, 2), (1.0, 1), (12.7, 1), (2.0, 30), (6.5, 199), (30.0, 5)]],
    "critical": [[df, stats.t.ppf(0.975, df)] for df in [1, 2, 4, 9, 39, 199]],
    "samples": [sample(v) for v in [[0.31, 0.12, 0.27], normal(5, 0.5), normal(40, 0.1)]],
    "wilcoxon": [
        wilcoxon("three", [0.3, 0.1, 0.2]),
        wilcoxon("exact", normal(10, 0.5)),
        wilcoxon("exact, none", normal(11, 0.0)),
        wilcoxon("exact, fifty", normal(50, 0.3)),
        wilcoxon("exact, far out", normal(40, 3.0)),
        wilcoxon("normal", normal(51, 0.3)),
        wilcoxon("normal, far out", normal(200, 1.0)),
        wilcoxon("ties and zeros, exact", half),
        wilcoxon("one zero among ten", normal(9, 0.6) + [0.0]),
        wilcoxon("ties and zeros, normal", many),
        wilcoxon("signs only", [1.0] * 30 + [-1.0] * 14 + [0.0] * 9),
    ],
    "bootstrap": [bootstrap("clear", normal(12, 0.9)), bootstrap("none", normal(31, 0.05))],
    "holm": [holm(raw) for raw in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.2], [0.02, 0.02, 0.9, 1e-9, 0.02], [0.7]]],
}
lines = [f" {json.dumps(key)}: {json.dumps(value, default=float)}" for key, value in golden.items()]
print("{\n" + ",\n".join(lines) + "\n}")
