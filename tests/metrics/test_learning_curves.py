from __future__ import annotations

import numpy as np
import pytest

from penchant.metrics.learning_curves import LearningCurves

NAN = float("nan")


def history(train: list[float], validation: list[float]) -> list[dict[str, float]]:
    return [
        {"train_loss": t**2} | ({} if np.isnan(v) else {"validation_rmse": v})
        for t, v in zip(train, validation, strict=True)
    ]


@pytest.mark.parametrize(
    ("train", "validation", "words"),
    [
        ([1.0, 0.8, 0.5], [1.0, 0.9, 0.95], "lowest at epoch 2"),
        ([1.0, 0.9, 0.8], [1.0, 0.95, 0.9], "still falling"),
        ([1.0, 0.7, 0.6], [1.0, 0.9, 0.9], "levelled off"),
        ([1.0, 0.9, 0.89], [1.0, 0.9, 0.9], "close"),
        ([1.0], [NAN], "cannot be judged"),
        ([], [], "cannot be judged"),
    ],
)
def test_the_summary_describes_the_curves(train: list[float], validation: list[float], words: str) -> None:
    curves = LearningCurves.of(history(train, validation))
    assert words in curves.overfitting_summary()
    assert curves.best_epoch == (0 if np.isnan(validation).all() else int(np.argmin(validation)) + 1)
    assert list(curves.plot().data[0].y) == pytest.approx(train)


@pytest.mark.parametrize(("train", "words"), [(0.795, "close"), (0.7, "normal"), (0.3, "more regularization")])
def test_without_a_validation_curve_the_summary_uses_the_gap(train: float, words: str) -> None:
    assert words in LearningCurves.of([]).overfitting_summary(train_rmse=train, test_rmse=0.8)


def test_the_curve_takes_precedence_over_the_gap() -> None:
    risen = LearningCurves.of(history([1.0, 0.8, 0.5], [1.0, 0.9, 0.95]))
    summary = risen.overfitting_summary(train_rmse=0.5, test_rmse=0.96)
    assert "0.500 on training rows and 0.960 on test rows" in summary and "overfits" in summary


def test_a_recorded_training_rmse_is_used_before_the_loss() -> None:
    curves = LearningCurves.of([{"train_rmse": 0.7, "train_loss": 0.25, "validation_rmse": 0.8}, {"sample": 2.0}])
    np.testing.assert_array_equal(curves.train, [0.7, NAN])
    np.testing.assert_array_equal(curves.validation, [0.8, NAN])
