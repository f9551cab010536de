"""The settings of every model that is trained by gradient descent. This module does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class GradientSettings(Settings):
    """The settings shared by all models trained by gradient descent."""

    factors: int = setting(64, "numbers in each user's and each item's vector (K)", low=1)
    epochs: int = setting(15, "passes over the training ratings, at most", low=0)
    batch_size: int = setting(1024, "ratings a step", low=1)
    learning_rate: float = setting(0.005, "the highest learning rate of the schedule", above=0.0)
    optimizer: str = setting("adam", "how a gradient becomes a step", choices=("adam", "sgd"))
    momentum: float = setting(0.9, "share of the last step kept by SGD; Adam's first beta", low=0.0, high=1.0)
    second_momentum: float = setting(0.99, "Adam's second beta, the memory of squared gradients", low=0.0, high=1.0)
    regularization: float = setting(
        9.0, "weight of each vector's squared length against the sum of squared errors over all ratings", low=0.0
    )
    weight_decay: float = setting(
        0.0, "further pull of the weights towards zero at every step, as in torch.optim", low=0.0
    )
    decoupled_weight_decay: bool = setting(
        False, "whether weight_decay shrinks the weights apart from the gradient (AdamW), and is not added to it (L2)"
    )
    decay_biases: bool = setting(False, "whether the pull also acts on biases")
    sparse_updates: bool = setting(
        False,
        "whether a step moves only the rows of its batch, so that the pull of a row towards zero grows with its number "
        "of ratings; otherwise all rows move, as in torch.optim",
    )
    schedule: str = setting(
        "cosine",
        "how the learning rate moves over the run",
        choices=("constant", "cosine", "one_cycle", "sgdr"),
    )
    cycle_epochs: int = setting(1, "epochs of the first cycle of sgdr", low=1)
    cycle_growth: int = setting(1, "each sgdr cycle is this many times as long as the last", low=1)
    snapshots: bool = setting(False, "keep the weights at the end of each sgdr cycle, each as one sample of the model")
    clip: float = setting(0.0, "longest gradient allowed, over all parameters; 0 for no limit", low=0.0)
    init_std: float = setting(0.02, "standard deviation of the first predictions, in rating units", above=0.0)
    validation_share: float = setting(0.1, "share of the training ratings held out to stop early", low=0.0, high=0.5)
    patience: int = setting(5, "epochs without a better validation error before training stops; 0 never stops", low=0)
    refit: bool = setting(True, "train again on all ratings for the number of epochs that was found best")
    checkpoint: str = setting("", "folder in which the run is saved after each epoch, and from which it goes on")
    backend: str = setting(
        "auto",
        "torch runs any module; kernels are compiled loops for the dot models; auto takes the fastest that can",
        choices=("auto", "torch", "numba"),
    )
    device: str = setting("cpu", "where the torch backend computes: cpu, cuda, cuda:1, mps")

    def pull(self, ratings: int) -> float:
        """The gradient of the L2 penalty for each unit of weight, in a loss that is a mean over ratings.

        A penalty λ w² in a sum over n ratings is λ / n w² in the mean, and its slope is 2 λ / n w.
        """
        return 2.0 * self.regularization / max(ratings, 1) + (0.0 if self.decoupled_weight_decay else self.weight_decay)

    @property
    def shrink(self) -> float:
        """The share of each weight, times the learning rate, that decoupled weight decay subtracts in a step."""
        return self.weight_decay if self.decoupled_weight_decay else 0.0


@dataclass(frozen=True)
class DotSettings(GradientSettings):
    """EmbeddingDot: vectors without biases. It overfits early, so it has few epochs and a low learning rate."""

    factors: int = setting(8, "numbers in each user's and each item's vector (K)", low=1)
    learning_rate: float = setting(0.001, "the highest learning rate of the schedule", above=0.0)
    regularization: float = setting(
        1.0, "weight of each vector's squared length against the sum of squared errors over all ratings", low=0.0
    )


@dataclass(frozen=True)
class DotBiasSettings(GradientSettings):
    """EmbeddingDotBias: vectors and biases, with an identity link or a sigmoid over the rating scale."""

    link: str = setting("identity", "what the score goes through", choices=("identity", "sigmoid"))
    widen: float = setting(0.5, "rating units by which the sigmoid's range exceeds the scale at either end", low=0.0)
    damping: float = setting(10.0, "pseudo-ratings at the mean in the biases that training starts from", low=0.0)
    use_features: bool = setting(True, "add embeddings of the user and item columns to the vectors and biases")


@dataclass(frozen=True)
class NetSettings(GradientSettings):
    """EmbeddingNet: a small network on the two vectors."""

    item_factors: int = setting(0, "numbers in an item's vector where it differs from a user's; 0 for the same", low=0)
    hidden: int = setting(64, "units of the hidden layer", low=3)
    dropout: float = setting(0.2, "share of the inputs and hidden units silenced in training", low=0.0, high=0.95)
    widen: float = setting(0.5, "rating units by which the sigmoid's range exceeds the scale at either end", low=0.0)
    damping: float = setting(5.0, "pseudo-ratings at the mean in the biases that training starts from", low=0.0)
    use_features: bool = setting(True, "answer for rows without ratings from their features")
    feature_factors: int = setting(
        0, "numbers in the vector of a side's features, next to its own; 0 leaves them out of the network", low=0
    )
