"""Scores by which a network may say "not a character I know", compared: area under the ROC curve, and false positives at 95 % kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples

KEPT = 0.95
_NEIGHBOURS = 50  # Sun et al. 2022 take 50 for ten classes
_GAMMA = 0.1  # GEN's, as its authors recommend

OURS = "log-odds of the last output (ours)"
NAMES = (
    OURS,
    "maximum softmax (Hendrycks 2017)",
    "maximum logit (Hendrycks 2022)",
    "energy (Liu 2020)",
    "GEN (Liu 2023)",
    "k-nearest features (Sun 2022)",
    "ViM (Wang 2022)",
)

Score = Callable[["Outputs"], NDArray[np.float64]]  # higher for characters


@dataclass(frozen=True)
class Outputs:
    """The `logits` (N, characters + 1) of a network and the `features` (N, D) under its head."""

    logits: NDArray[np.float32]
    features: NDArray[np.float32]

    @property
    def known(self) -> NDArray[np.float64]:
        """The logits of the characters (N, characters)."""
        return self.logits[:, :-1].astype(np.float64)


def outputs(recognizer: Recognizer, inks: NDArray[np.uint8]) -> Outputs:
    """What the network makes of inks (N, size, size) uint8."""
    return Outputs(recognizer.logits(inks), recognizer.features(inks))


def scores(recognizer: Recognizer, train: Examples) -> dict[str, Score]:
    """Each score by its name, in the order of `NAMES`; those that need training characters take them from `train`."""
    learnt = outputs(recognizer, train.inks)
    by_name: tuple[Score, ...] = (
        lambda it: recognizer.known_logit(it.logits),
        lambda it: softmax(it.known, axis=1).max(1),
        lambda it: it.known.max(1),
        lambda it: logsumexp(it.known, axis=1),
        _gen,
        _nearest(learnt),
        _vim(recognizer, learnt),
    )
    return dict(zip(NAMES, by_name, strict=True))


def _gen(it: Outputs) -> NDArray[np.float64]:
    """Minus the generalised entropy of the ten likeliest characters."""
    best = np.sort(softmax(it.known, axis=1), axis=1)[:, -10:]
    return -(best**_GAMMA * (1 - best) ** _GAMMA).sum(1)


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)


def _nearest(learnt: Outputs) -> Score:
    """Minus the distance to the k-th nearest of the training features, all of length 1."""
    index = NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(learnt.features))).fit(_unit(learnt.features))
    return lambda it: -index.kneighbors(_unit(it.features))[0][:, -1]


def _vim(recognizer: Recognizer, learnt: Outputs) -> Score:
    """Minus the virtual logit: what of the features lies outside the training data's main directions, weighed against the energy."""
    head = recognizer.network.head
    weight, bias = head.weight.detach().cpu().numpy(), head.bias.detach().cpu().numpy()  # type: ignore[union-attr, operator]
    origin = -np.linalg.pinv(weight[:-1]) @ bias[:-1]
    centred = learnt.features - origin
    _, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    rest = vectors[:, : max(1, vectors.shape[1] // 2)]  # the lesser half
    alpha = learnt.known.max(1).mean() / np.linalg.norm(centred @ rest, axis=1).mean()
    return lambda it: logsumexp(it.known, axis=1) - alpha * np.linalg.norm((it.features - origin) @ rest, axis=1)


def compare(
    recognizer: Recognizer, train: Examples, known: dict[str, Examples], unknown: dict[str, Examples]
) -> dict[str, dict[str, dict[str, float]]]:
    """For each score and each kind of `unknown`: `auroc`, and `fpr95`, the share answered as a character where 95 % of the `known` are.

    Each kind of `known` weighs the same.
    """
    kept = [outputs(recognizer, examples.inks) for examples in known.values()]
    others = {kind: outputs(recognizer, examples.inks) for kind, examples in unknown.items()}
    weights = np.concatenate([np.full(len(it.logits), 1 / len(it.logits)) for it in kept])
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, score in scores(recognizer, train).items():
        inside = np.concatenate([score(it) for it in kept])
        order = np.argsort(inside)
        threshold = inside[order][np.searchsorted(np.cumsum(weights[order]), (1 - KEPT) * weights.sum())]
        found[name] = {}
        for kind, it in others.items():
            outside = score(it)
            area = roc_auc_score(
                np.r_[np.ones(len(inside)), np.zeros(len(outside))],
                np.r_[inside, outside],
                sample_weight=np.r_[weights / weights.sum(), np.full(len(outside), 1 / len(outside))],
            )
            found[name][kind] = {"auroc": float(area), "fpr95": float((outside >= threshold).mean())}
    return found
