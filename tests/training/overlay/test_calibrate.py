import numpy as np
import pytest

from training.overlay.calibrate import fit


def test_the_fitted_probabilities_are_those_that_the_labels_were_drawn_with() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(0, 1, (20_000, 2))
    odds = features @ np.array([1.5, -0.7]) - 0.4
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(float)
    weights, intercept = fit(features, labels, np.ones(len(labels)))
    assert weights == pytest.approx([1.5, -0.7], abs=0.15)
    assert intercept == pytest.approx(-0.4, abs=0.1)


def test_labels_that_one_figure_separates_give_finite_weights() -> None:
    features = np.linspace(-1, 1, 50)[:, None]
    weights, intercept = fit(features, (features[:, 0] > 0).astype(float), np.ones(50))
    assert np.isfinite(weights).all()
    assert np.isfinite(intercept)
    assert weights[0] > 1


def test_rows_that_weigh_nothing_do_not_count() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(0, 1, (2_000, 1))
    labels = (rng.random(2_000) < 1 / (1 + np.exp(-2 * features[:, 0]))).astype(float)
    spoilt = np.concatenate([labels, 1 - labels])
    weights, _ = fit(np.vstack([features, features]), spoilt, np.repeat([1.0, 0.0], 2_000))
    assert weights[0] == pytest.approx(2.0, abs=0.3)
