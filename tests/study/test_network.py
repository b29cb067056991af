"""The network has the published number of weights, learns, repeats itself, and says where it cannot be had."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.metrics import log_loss

from cosmic.study import network
from cosmic.study.network import Network, build, parameters
from cosmic.study.published import NetworkSetting

RELU = NetworkSetting("relu", 0.1)
installed = pytest.mark.skipif(network.missing() is not None, reason="extra neural is not installed")


def test_parameters_are_the_published_ones() -> None:
    assert parameters(5, 3) == 69_123
    assert parameters(8, 5) == 70_917
    assert parameters(5, 10) == 70_026


@pytest.mark.skipif(network.missing() is None, reason="extra neural is installed")
def test_without_tensorflow_it_says_which_extra_is_missing() -> None:
    assert network.missing() == "extra neural is not installed"


@installed
def test_keras_counts_the_published_number_of_weights() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's own imports
        assert build(RELU, features=5, classes=3, seed=0).count_params() == 69_123
        assert build(RELU, features=8, classes=5, seed=0).count_params() == 70_917


@installed
def test_a_network_learns_what_can_be_learnt_and_a_seed_decides_its_answers() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 12_000)
    X = rng.normal(size=(12_000, 5)) + y[:, None] * 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, same = (Network(NetworkSetting("tanh", 0.01), seed=1, balanced=True) for _ in range(2))
        one.watched = X[:5_000], y[:5_000]
        one.fit(X, y, classes=3)
        same.fit(X, y, classes=3)
        np.testing.assert_array_equal(one.predict(X), same.predict(X))
        assert (one.predict(X) == y).mean() > 0.9
        assert one.weights == parameters(5, 3)
        assert len(one.epochs_) == network.EPOCHS
        last = one.epochs_[-1]
        assert last.validation_accuracy == pytest.approx((one.predict(X[:5_000]) == y[:5_000]).mean())
        assert last.validation_loss == pytest.approx(log_loss(y[:5_000], one.predict_proba(X[:5_000])), rel=1e-4)
        assert last.loss is not None
        assert one.epochs_[0].loss is not None
        assert last.loss < one.epochs_[0].loss
        assert [seen.validation_loss for seen in same.epochs_] == [None] * network.EPOCHS, "it watches nothing"
