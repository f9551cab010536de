"""Both backends take the same steps."""

import itertools

import numpy as np
import pytest

from made_ratings import low_rank
from penchant.foundations.errors import SettingsError
from penchant.training.gradient import epoch_sampler
from penchant.training.gradient.backend_choice import dot_backend, dot_bias_backend, runs_on_numba
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.initial_parameters import bare_start, biased_start
from penchant.training.gradient.numba_backend import BARE, BIASED, NumbaBackend
from penchant.training.gradient.settings import DotBiasSettings, DotSettings

WORLD = low_rank(users=30, items=20, n=400)


def both(settings, bounds=None):
    """Both backends at the same initial parameters."""
    start = biased_start(WORLD, settings.factors, 0.3, 5.0, np.random.default_rng(0), bounds)
    torch_settings = DotBiasSettings.from_json(settings.to_json() | {"backend": "torch"})
    return (
        NumbaBackend(start, WORLD, settings, BIASED, bounds),
        dot_bias_backend(start, WORLD, torch_settings, bounds, FeatureEmbeddings()),
    )


def run_epochs(backend, epochs=3, rate=0.02):
    losses = []
    for epoch in range(epochs):
        backend.begin(5, epoch)
        steps = -(-backend.rows // backend.batch_size)
        losses.append(backend.advance(0, rate * np.linspace(1.0, 0.5, steps)))
    return np.concatenate(losses)


def agree(one, two, tolerance):
    states = one.state(), two.state()
    names = [name for name in states[1] if not name.startswith("optimizer.")]
    for name in names:
        assert states[0][name] == pytest.approx(states[1][name], abs=tolerance), name
    assert names


@pytest.mark.parametrize(
    ("optimizer", "decoupled", "sparse", "batch_size"),
    [*itertools.product(["adam", "sgd"], [False, True], [False, True], [64]), ("sgd", False, False, 1)],
)
def test_steps_agree(optimizer, decoupled, sparse, batch_size):
    settings = DotBiasSettings(
        factors=5,
        optimizer=optimizer,
        decoupled_weight_decay=decoupled,
        sparse_updates=sparse,
        batch_size=batch_size,
        weight_decay=0.05,
        regularization=1.0,
    )
    kernels, through_torch = both(settings)
    found, expected = run_epochs(kernels), run_epochs(through_torch)
    assert found == pytest.approx(expected, abs=2e-4)
    agree(kernels, through_torch, 1e-3)


def test_steps_agree_in_the_order_of_a_large_table(monkeypatch):
    settings = DotBiasSettings(factors=4, batch_size=64, sparse_updates=True)
    usual = run_epochs(both(settings)[0])
    for name, small in {"LARGE": 0, "NUMBERS_TOGETHER": 100, "RATINGS_TOGETHER": 50}.items():
        monkeypatch.setattr(epoch_sampler, name, small)
    kernels, through_torch = both(settings)
    found = run_epochs(kernels)
    assert found == pytest.approx(run_epochs(through_torch), abs=2e-4)
    assert found != pytest.approx(usual, abs=2e-4)
    agree(kernels, through_torch, 1e-3)


@pytest.mark.parametrize("decay_biases", [False, True])
def test_steps_agree_through_a_sigmoid(decay_biases):
    kernels, through_torch = both(DotBiasSettings(factors=3, batch_size=50, decay_biases=decay_biases), (0.5, 5.5))
    assert run_epochs(kernels) == pytest.approx(run_epochs(through_torch), abs=2e-4)
    agree(kernels, through_torch, 1e-3)


def test_steps_of_bare_vectors_agree():
    settings = DotSettings(factors=3, batch_size=50)
    start = bare_start(WORLD, 3, 0.3, np.random.default_rng(0))
    kernels = NumbaBackend(start, WORLD, settings, BARE)
    through_torch = dot_backend(start, WORLD, DotSettings(factors=3, batch_size=50, backend="torch"))
    assert run_epochs(kernels) == pytest.approx(run_epochs(through_torch), abs=2e-4)
    agree(kernels, through_torch, 1e-3)
    assert not kernels.state()["optimizer.users.bias"].any()


@pytest.mark.parametrize("sparse", [False, True])
def test_bits_do_not_depend_on_the_number_of_threads(sparse):
    settings = DotBiasSettings(factors=7, batch_size=64, sparse_updates=sparse)
    start = biased_start(WORLD, 7, 0.3, 5.0, np.random.default_rng(0))
    backends = [NumbaBackend(start, WORLD, settings, BIASED, threads=threads) for threads in (1, 2, 3)]
    for backend in backends:
        run_epochs(backend)
    first = backends[0].state()
    assert all(np.array_equal(first[name], backend.state()[name]) for backend in backends[1:] for name in first)


def test_an_epoch_in_parts_equals_a_whole_epoch():
    settings = DotBiasSettings(factors=4, batch_size=32)
    whole, parts = both(settings)[0], both(settings)[0]
    rates = np.full(13, 0.02)
    for backend in (whole, parts):
        backend.begin(1, 0)
    losses = np.concatenate([parts.advance(0, rates[:5]), parts.advance(5, rates[5:])])
    assert np.array_equal(whole.advance(0, rates), losses)
    assert np.array_equal(whole.state()["users.vectors.weight"], parts.state()["users.vectors.weight"])


@pytest.mark.parametrize("which", [0, 1], ids=["kernels", "torch"])
def test_a_restored_state_continues_with_the_same_bits(which):
    settings = DotBiasSettings(factors=4, batch_size=32)
    backend, other = both(settings)[which], both(settings)[which]
    run_epochs(backend, epochs=2)
    other.restore(backend.state())
    for one in (backend, other):
        one.begin(5, 2)
    assert np.array_equal(backend.advance(0, np.full(13, 0.02)), other.advance(0, np.full(13, 0.02)))
    for name, value in backend.state().items():
        assert np.array_equal(value, other.state()[name]), name


@pytest.mark.parametrize("sparse", [False, True])
def test_a_restored_backend_repeats_its_step(sparse):
    backend = both(DotBiasSettings(factors=4, batch_size=32, sparse_updates=sparse))[0]
    backend.begin(5, 0)
    start = backend.state()
    backend.advance(0, np.array([0.02]))
    once = backend.state()
    backend.restore(start)
    backend.advance(0, np.array([0.02]))
    assert all(np.array_equal(value, once[name]) for name, value in backend.state().items())


def test_both_backends_predict_the_same():
    kernels, through_torch = both(DotBiasSettings(factors=4), (0.5, 5.5))
    pairs = WORLD.user_numbers[:50], WORLD.item_numbers[:50]
    assert kernels.predict(*pairs) == pytest.approx(through_torch.predict(*pairs), abs=1e-5)


def test_auto_selects_numba_where_it_can_run():
    assert runs_on_numba(DotBiasSettings(), FeatureEmbeddings())
    assert not runs_on_numba(DotBiasSettings(clip=1.0), FeatureEmbeddings())
    assert not runs_on_numba(DotBiasSettings(backend="torch"), FeatureEmbeddings())
    with pytest.raises(SettingsError, match="no gradient clipping"):
        runs_on_numba(DotBiasSettings(backend="numba", clip=1.0), FeatureEmbeddings())
