"""Implicit alternating least squares: positive interactions, with a small weight of zero on every other pair.

minimise  Σ_positive w_ui (1 - p_u·q_i)² + α Σ_all (p_u·q_i)² + Σ_u λ_u |p_u|² + Σ_i λ_i |q_i|²

That is the form of Rendle et al. 2021 (Revisiting the performance of iALS, arXiv 2110.14037), equations 3 to 5, with
its equation 12 for the penalties, λ_u = λ (n_u + α I)^ν. In the form of Hu, Koren and Volinsky 2008 (Collaborative
filtering for implicit feedback datasets), equation 3, the second sum leaves the positive pairs out and their weight is
w + α. Long vectors are moved a block of numbers at a time, each exactly given the others (iALS++; Rendle et al. 2021,
arXiv 2110.14044, algorithm 2), or a few conjugate gradient steps a sweep; users are solved exactly at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.settings import setting
from penchant.foundations.threads import limit_blas
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.trained import Feedback, TrainedModel, assemble
from penchant.training.als.alternating import alternate, starting_vectors
from penchant.training.als.implicit_loss import ENDS, START, ImplicitLoss
from penchant.training.als.implicit_prior import penalty_prior, popularity_mean
from penchant.training.feature_maps import completed
from penchant.training.held_out import PenaltyChoice, climb, held_out_entries, held_out_ndcg
from penchant.training.positive_interactions import FeedbackSettings, entry_weights, positive_interactions
from penchant.training.resume import check_resume
from penchant.training.row_solver import Conditional, RowSolver, ThreadTeam

SHORT = 32
"""Vectors up to this long are solved exactly unless the settings say otherwise: conjugate gradients save nothing."""

TRIAL_FACTORS, TRIAL_EPOCHS = 24, 5
"""Vectors up to this long and this many epochs tell which λ is best."""


@dataclass(frozen=True)
class ImplicitALSSettings(FeedbackSettings):
    """Implicit alternating least squares."""

    factors: int | None = setting(
        None, "numbers in each user's and each item's vector (K); none: by the size of the table", low=1, high=4096
    )
    epochs: int = setting(16, "alternations between users and items", low=1)
    regularization: float | None = setting(
        None, "the penalty λ on a row's squares; none: chosen on held-out rows", above=0.0
    )
    regularization_power: float = setting(
        1.0, "the power ν of a row's weight that λ is multiplied by", low=0.0, high=1.0
    )
    unobserved_weight: float | None = setting(
        None,
        "the weight α of the penalty that draws the score of a pair to zero; none: by the density of the table",
        above=0.0,
    )
    confidence: str = setting("equal", "what a positive interaction weighs", choices=("equal", "values", "logarithm"))
    form: str = setting(
        "ials",
        "ials: the penalty of unobserved pairs is on all pairs; hu: not on positive ones",
        choices=("ials", "hu"),
    )
    solver: str = setting(
        "auto",
        "exact: a Cholesky factor for each row; blocks: the same for `block` numbers at a time; cg: a few conjugate"
        " gradient steps; auto: exact for short vectors, cg for long ones",
        choices=("auto", "exact", "blocks", "cg"),
    )
    block: int = setting(64, "numbers of a vector that one Cholesky factor solves for", low=1)
    cg_steps: int = setting(3, "conjugate gradient steps a sweep", low=1)
    init_std: float = setting(0.3, "length of the starting vectors", above=0.0)


def train(
    ratings: Ratings,
    settings: ImplicitALSSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Alternate for the asked number of epochs, from random vectors or from those of an earlier model.

    Rows that are not positive stay out of the loss and of the lists. validation is not used: an order has no RMSE.
    """
    feedback = settings.feedback(ratings, settings.confidence)  # type: ignore[arg-type]
    positive = positive_interactions(ratings, feedback)
    loss = _loss(settings, positive, resume)
    check_resume(resume, "implicit_als", loss.factors)
    with limit_blas(), ThreadTeam() as team:
        choice = PenaltyChoice(loss.regularization, ())
        if settings.regularization is None:
            choice = _choose_penalty(positive, _Fit(settings, _narrow(loss), feedback, team), rng)
        fit = _Fit(settings, replace(loss, regularization=choice.penalty), feedback, team)
        vectors = fit.start(positive, rng)
        if resume is not None:
            numbers = resume.items.vocabulary.numbers(ratings.items.ids)
            vectors[1][numbers >= 0] = resume.items.vectors[0][numbers[numbers >= 0]]
        history = fit.alternate(positive, vectors, settings.epochs, progress)
    return completed(_finished(ratings, positive, settings, fit, vectors, history, choice.facts()))


@dataclass(frozen=True)
class _Fit:
    """The alternation on any interactions, with one loss."""

    settings: ImplicitALSSettings
    loss: ImplicitLoss
    feedback: Feedback
    team: ThreadTeam

    @property
    def read(self) -> Feedback:
        """How entries are read, the form of the loss included."""
        apart = self.loss.unobserved_weight if self.settings.form == "hu" else 0.0
        return replace(self.feedback, unobserved_weight=apart)

    def start(self, positive: Ratings, rng: np.random.Generator) -> list[Floats]:
        """Random vectors of users and of items."""
        sizes, std = (positive.n_users, positive.n_items), self.settings.init_std
        return [starting_vectors(rng, n, self.loss.factors, std) for n in sizes]

    def alternate(
        self, positive: Ratings, vectors: list[Floats], epochs: int, progress: Progress
    ) -> list[dict[str, float]]:
        """Move the vectors, and solve the users' once more at the end."""
        weights = entry_weights(self.feedback, positive)
        halves = [_Half(side, self, weights[side.rows], len(other)) for side, other in _sides(positive, vectors)]

        def sweep() -> Mapping[str, float]:
            halves[0].solve(vectors[1], vectors[0])
            halves[1].solve(vectors[0], vectors[1])
            return {}

        history = alternate(sweep, epochs, progress, "implicit least squares")
        halves[0].settle(vectors[1], vectors[0])
        return history


def _narrow(loss: ImplicitLoss) -> ImplicitLoss:
    return replace(loss, factors=min(loss.factors, TRIAL_FACTORS))


def _choose_penalty(positive: Ratings, fit: _Fit, rng: np.random.Generator) -> PenaltyChoice:
    """The λ whose lists find held-out interactions best, with short vectors and few epochs."""
    from scipy.sparse import csr_array

    by_user = positive.by_user()
    out = held_out_entries(by_user.starts, rng)
    users = np.unique(positive.user_numbers[by_user.rows[out]])
    if not len(users):
        return PenaltyChoice(fit.loss.regularization, ())
    kept, start = positive.take(by_user.rows[~out]), fit.start(positive, rng)
    shape = (positive.n_users, positive.n_items)
    numbers = np.repeat(np.arange(positive.n_users), by_user.counts)
    given, held = (
        csr_array((np.ones(at.sum()), (numbers[at], by_user.numbers[at])), shape=shape)[users] for at in (~out, out)
    )

    def score(penalty: float) -> float:
        vectors = [side.copy() for side in start]
        trial = replace(fit, loss=replace(fit.loss, regularization=penalty))
        trial.alternate(kept, vectors, TRIAL_EPOCHS, Silent())
        return held_out_ndcg(vectors[0][users] @ vectors[1].T, given, held)

    return climb(score, START, ENDS)


def _loss(settings: ImplicitALSSettings, positive: Ratings, resume: TrainedModel | None) -> ImplicitLoss:
    """What is left open follows from the table; the width of a model to continue stays as it is."""
    users, items = (int(np.count_nonzero(side.counts)) for side in (positive.by_user(), positive.by_item()))
    loss = ImplicitLoss.of(settings, users, items, len(positive))
    return loss if resume is None or settings.factors else replace(loss, factors=resume.items.factors)


def _sides(positive: Ratings, vectors: list[Floats]) -> tuple[tuple[Grouped, Floats], tuple[Grouped, Floats]]:
    return (positive.by_user(), vectors[1]), (positive.by_item(), vectors[0])


class _Half:
    """One side's half of the alternation."""

    def __init__(self, entries: Grouped, fit: _Fit, weights: Floats, others: int) -> None:
        self.entries, self.settings, self.team = entries, fit.settings, fit.team
        self.alpha, self.weights = np.float32(fit.loss.unobserved_weight), weights
        self.ridge = fit.loss.penalty(entries.counts, others)
        self.targets = fit.read.targets(weights)

    def solve(self, other: Floats, own: Floats) -> None:
        """Move every own row (N, K), given the other side (M, K)."""
        gram = self.alpha * (other.T @ other)  # (K, K)
        solver = self.settings.solver
        if solver == "auto":
            solver = "exact" if own.shape[1] <= SHORT else "cg"
        if solver == "cg":
            self._descend(other, gram, own)
        elif solver == "blocks":
            self._solve_blocks(other, gram, own)
        else:
            self._solve(other, gram, np.zeros((1, own.shape[1])), self.targets, own)

    def settle(self, other: Floats, own: Floats) -> None:
        """Solve every own row exactly, so that it equals the fold-in of its interactions."""
        gram = self.alpha * (other.T @ other)
        self._solve(other, gram, np.zeros((1, own.shape[1])), self.targets, own)

    def _solve(self, other: Floats, gram: Floats, pull: NDArray[Any], targets: Floats, out: Floats) -> None:
        given = Conditional(gram, pull, np.ones(1), self.weights, self.ridge)
        self._rows(other.shape[1]).solve(other, given, out, targets=targets)

    def _solve_blocks(self, other: Floats, gram: Floats, own: Floats) -> None:
        """Each block of numbers exactly, given the others' last values."""
        K, width = own.shape[1], self.settings.block
        for start in range(0, K, width):
            at = slice(start, min(start + width, K))
            theirs, mine = np.ascontiguousarray(other[:, at]), np.ascontiguousarray(own[:, at])
            left = self._rows(K).residuals(own, other, self.targets)
            targets = self._rows(mine.shape[1]).residuals(mine, -theirs, left)  # what the other blocks leave for this
            self._solve(theirs, gram[at, at], mine @ gram[at, at] - own @ gram[:, at], targets, mine)
            own[:, at] = mine

    def _descend(self, other: Floats, gram: Floats, own: Floats) -> None:
        """Conjugate gradients from where each row is (Takács, Pilászy and Tikk 2011, algorithm 1)."""
        from penchant.training.kernels.conjugate_gradient import descend_rows

        e, steps = self.entries, self.settings.cg_steps
        self.team.run(
            lambda rows: descend_rows(
                rows, e.starts, e.numbers, self.targets, self.weights, other, gram, self.ridge, steps, own
            ),
            self._rows(own.shape[1]).chunks,
        )

    def _rows(self, width: int) -> RowSolver:
        return RowSolver(self.entries, width, self.team, biased=False)


def _finished(
    ratings: Ratings,
    positive: Ratings,
    settings: ImplicitALSSettings,
    fit: _Fit,
    vectors: list[Floats],
    history: list[dict[str, float]],
    facts: Mapping[str, Any],
) -> TrainedModel:
    """The trained model; it remembers every rating, so that what was rated low is not recommended either."""
    (users, items), loss = vectors, fit.loss
    return assemble(
        positive,
        kind="implicit_als",
        settings=settings.to_json(),
        scorer=DotScorer(np.zeros(1, np.float32)),
        user_rows=(np.zeros((1, len(users)), np.float32), users[None]),
        item_rows=(np.zeros((1, len(items)), np.float32), items[None]),
        priors=(penalty_prior(items, loss).with_effect(popularity_mean(items, positive)), penalty_prior(users, loss)),
        noise=np.ones(1, np.float32),
        feedback=fit.read,
        facts={**facts, **loss.facts()},
        history=history,
        interactions=Interactions.of(ratings),
    )
