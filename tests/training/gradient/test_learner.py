"""The training loop: its callbacks, their order, and its metrics."""

import numpy as np
import pytest

from made_ratings import low_rank
from penchant.training.gradient import learner, rate_finder
from penchant.training.gradient.backend_choice import dot_bias_backend
from penchant.training.gradient.callbacks.early_stopping import BestWeights, StopAfter
from penchant.training.gradient.callbacks.reporting import Reporting
from penchant.training.gradient.callbacks.validation import Held, Validation
from penchant.training.gradient.events import Callback, TrainingPlan
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.initial_parameters import biased_start
from penchant.training.gradient.rate_finder import find_rate
from penchant.training.gradient.schedules import cosine
from penchant.training.gradient.settings import DotBiasSettings

WORLD = low_rank(n=205)


def backend(batch_size=50, **settings):
    chosen = DotBiasSettings(factors=3, batch_size=batch_size, **settings)
    return dot_bias_backend(
        biased_start(WORLD, 3, 0.3, 5.0, np.random.default_rng(0)), WORLD, chosen, None, FeatureEmbeddings()
    )


class Recorder(Callback):
    def __init__(self):
        self.lines = []

    def fit_begins(self, run):
        self.lines.append("fit begins")

    def epoch_begins(self, run, epoch):
        self.lines.append(f"epoch {epoch} begins")

    def steps_end(self, run, first, losses):
        self.lines.append(f"steps {first} to {first + len(losses) - 1}")

    def epoch_ends(self, run, epoch, metrics):
        self.lines.append(f"epoch {epoch} ends")

    def fit_ends(self, run):
        self.lines.append("fit ends")


def test_callbacks_are_called_in_order():
    diary = Recorder()
    learner.fit(backend(), TrainingPlan(2, 0.01, stride=3), seed=0, callbacks=[diary])
    assert diary.lines == [
        "fit begins", "epoch 0 begins", "steps 0 to 2", "steps 3 to 4", "epoch 0 ends",
        "epoch 1 begins", "steps 5 to 7", "steps 8 to 9", "epoch 1 ends", "fit ends",
    ]  # fmt: skip


def test_the_stride_changes_only_the_events():
    whole = learner.fit(backend(), TrainingPlan(2, 0.01, cosine), seed=0)
    single = learner.fit(backend(), TrainingPlan(2, 0.01, cosine, stride=1), seed=0)
    assert whole.losses == single.losses
    assert whole.rates == single.rates == [0.01 * cosine(step / 10) for step in range(10)]


def test_an_incomplete_last_batch_has_the_weight_of_its_size():
    run = learner.fit(backend(), TrainingPlan(1, 0.01), seed=0)
    assert run.history[0]["train_loss"] == pytest.approx(np.average(run.losses, weights=[50] * 4 + [5]))


def test_after_a_stop_all_callbacks_get_the_end_of_the_epoch():
    diary = Recorder()
    run = learner.fit(backend(), TrainingPlan(9, 0.01), seed=0, callbacks=[StopAfter(2), diary])
    assert diary.lines[-2:] == ["epoch 1 ends", "fit ends"]
    assert (len(run.history), run.stopped) == (2, "2 epochs were asked for")


def test_a_run_with_a_history_continues_and_a_stopped_one_does_not():
    first = backend()
    learner.fit(first, TrainingPlan(2, 0.01), seed=0)
    run = learner.fit(first, TrainingPlan(3, 0.01), seed=0, history=[{"train_loss": 1.0}] * 2)
    assert len(run.history) == 3
    assert len(run.losses) == 5
    assert not learner.fit(first, TrainingPlan(3, 0.01), seed=0, stopped="enough").losses


def test_metrics_are_reported_and_the_best_weights_are_restored():
    class RecordedProgress:
        def __init__(self):
            self.metrics, self.notes = [], []

        def start(self, task, total=None):
            self.task, self.total = task, total

        def step(self, metrics=None, advance=1):
            self.metrics.append(metrics)

        def note(self, text):
            self.notes.append(text)

    heard, best = RecordedProgress(), BestWeights(patience=1)
    held = Held.of(WORLD.take(np.arange(50)), WORLD)
    wild = TrainingPlan(30, 0.05, curve=lambda position: 0.2 if position < 0.2 else 20.0)
    travelled = backend()
    run = learner.fit(travelled, wild, seed=0, callbacks=[Validation(held), best, Reporting(heard, "training")])
    assert (heard.task, heard.total) == ("training", 30)
    assert [set(metrics) for metrics in heard.metrics] == [{"train_loss", "validation_rmse"}] * len(run.history)
    assert heard.notes[0].startswith(f"training: stopped after {len(run.history)} epochs, no better validation_rmse")
    assert held.rmse(travelled) == pytest.approx(min(f["validation_rmse"] for f in run.history), abs=1e-6)


def test_the_rate_finder_finds_a_rate_between_too_slow_and_too_fast():
    travelled = backend(batch_size=205, regularization=0.1)
    before = travelled.state()
    found = find_rate(travelled, seed=0, low=1e-5, high=100.0, steps=80)
    assert all(np.array_equal(before[name], value) for name, value in travelled.state().items())
    assert 1e-4 < found.suggestion < 5.0
    assert (np.diff(found.rates) > 0).all()
    assert np.isfinite(found.losses).all()
    best = learner.fit(backend(205), TrainingPlan(9, found.suggestion), seed=0).history[-1]["train_loss"]
    slow = learner.fit(backend(205), TrainingPlan(9, found.suggestion / 300), seed=0).history[-1]["train_loss"]
    assert best < slow


@pytest.mark.parametrize(
    ("losses", "suggestion"),
    [
        ([2.0, 1.95, 1.5, 1.3, 3.0], 1e-2),  # falls fastest towards 1.5
        ([2.0, 1.999, 2.0, 2.01, 2.5], 1e-2),  # flat up to a rate of 0.1
        ([2.0, 2.001, 2.002, 2.001, 2.002], 0.1),  # never rises: a tenth of the last rate
        ([2.0, 2.5, 3.0, 4.0, 5.0], 1e-4),  # rises at once: the lowest rate
    ],
)
def test_the_suggested_rate_is_that_of_the_steepest_fall_or_below_the_rise(losses, suggestion):
    rates = np.geomspace(1e-4, 1.0, 5)
    assert rate_finder._suggestion(rates, np.array(losses)) == pytest.approx(suggestion)


def test_validation_uses_known_ids_only():
    more = low_rank(users=70, items=50, n=300, seed=2)
    held = Held.of(more, WORLD)
    known = (more.user_numbers < 60) & (more.item_numbers < 40)
    assert len(held.values) == known.sum()
    assert (held.values == more.values[known]).all()
