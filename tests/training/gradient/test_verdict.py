import numpy as np
import pytest

from penchant.training.gradient.learning_curves import LearningCurves


@pytest.mark.parametrize(
    ("train", "validation", "said"),
    [
        ([1.0, 0.8, 0.5], [1.0, 0.9, 0.95], "overfitting"),
        ([1.0, 0.9, 0.8], [1.0, 0.95, 0.9], "still falling"),
        ([1.0, 0.7, 0.6], [1.0, 0.9, 0.9], "harmless"),
        ([1.0, 0.9, 0.89], [1.0, 0.9, 0.9], "close together"),
        ([1.0], [float("nan")], "nothing can be said"),
    ],
)
def test_verdict_says_what_the_curves_show(train, validation, said):
    history = [
        {"train_loss": t**2} | ({} if np.isnan(v) else {"validation_rmse": v})
        for t, v in zip(train, validation, strict=True)
    ]
    curves = LearningCurves.of(history)
    assert said in curves.verdict()
    assert curves.best_epoch == (0 if np.isnan(validation).all() else int(np.argmin(validation)) + 1)
    assert list(curves.plot().data[0].y) == pytest.approx(train)
