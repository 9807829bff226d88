"""Golden numbers of verification: scikit-learn's curves, insightface's folds.

    pip install scikit-learn && python3 tests/parity/verification.py > tests/parity/verification.json

`calculate` repeats insightface's `calculate_roc` (recognition/arcface_torch/eval/verification.py): thresholds
np.arange(0, 4, 0.01) on squared distances, the first best of the other folds judges a fold, strictly below is accepted.
EER by the usual recipe on `roc_curve`: the root of 1 - x - interp(x). TAR at a FAR: the highest of `roc_curve` whose FAR
does not go past it, none where less than one impostor pair may be accepted.
"""

import json

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import KFold


def crossing(fpr, tpr):
    """Where the curve, points joined by straight lines, meets the line TAR = 1 - FAR."""
    for (x0, y0), (x1, y1) in zip(zip(fpr, tpr), zip(fpr[1:], tpr[1:])):
        if x1 >= 1 - y1:
            return x0 + (x1 - x0) * (1 - y0 - x0) / ((1 - y0 - x0) - (1 - y1 - x1))


def calculate(distances, same, folds):
    thresholds = np.arange(0, 4, 0.01)
    chosen, accuracies, right = [], [], 0
    for fold in range(folds.max() + 1):
        train, test = folds != fold, folds == fold
        accuracy = [np.mean((distances[train] < t) == same[train]) for t in thresholds]
        best = thresholds[np.argmax(accuracy)]
        verdict = (distances[test] < best) == same[test]
        chosen.append(float(best))
        accuracies.append(float(np.mean(verdict)))
        right += int(verdict.sum())
    return chosen, accuracies, right


def case(scores, same, folds):
    scores = np.round(scores, 6)
    distances = 2 - 2 * scores
    fpr, tpr, _ = roc_curve(same, scores, drop_intermediate=False)
    chosen, accuracies, right = calculate(distances, same, folds)
    impostors = int((~same).sum())
    tar = [float(tpr[fpr <= 10.0**-k].max()) if impostors * 10.0**-k >= 1 - 1e-9 else None for k in range(1, 7)]
    return {
        "number": int(folds.max()) + 1,
        "scores": scores.tolist(),
        "same": same.astype(int).tolist(),
        "folds": folds.tolist(),
        "distances": distances.tolist(),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "auc": float(roc_auc_score(same, scores)),
        "eer": float(crossing(fpr, tpr)),
        "tar": tar,
        "thresholds": chosen,
        "accuracies": accuracies,
        "accuracy": float(np.mean(accuracies)),
        "deviation": float(np.std(accuracies, ddof=1)),
        "right": right,
    }


def main():
    random = np.random.default_rng(0)
    cases = []
    for pairs, folds, apart, decimals in [(240, 10, 1.6, 6), (47, 3, 0.7, 6), (120, 4, 1.0, 1)]:
        same = random.random(pairs) < 0.5
        scores = np.tanh((random.normal(size=pairs) + apart * same - apart / 2) / 3)
        numbers = np.concatenate([np.full(len(test), i) for i, (_, test) in enumerate(KFold(folds).split(same))])
        # One decimal: many equal scores.
        cases.append(case(np.round(scores, decimals), same, numbers))
    print(json.dumps({"cases": cases}))


main()
