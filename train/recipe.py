"""Every hyper-parameter of a fit, its default and why; `RECIPE.md` beside this file holds the measured effects."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Recipe:
    """How weights are made; it travels with them in their metadata."""

    architecture: str = "preact_resnet20"
    width: int | None = 32  # channels of the first stage; None where the architecture fixes it
    epochs: int = 10
    batch_size: int = 128  # the tutorial's
    learning_rate: float | None = None  # None: the learning-rate finder's, a tenth of the rate at the lowest smoothed loss
    optimizer: str = "sgd"  # "sgd" with Nesterov's momentum, or fastai's "adam"
    momentum: float = 0.9  # the one-cycle schedule moves it from 0.95 to 0.85 and back
    weight_decay: float = 5e-4  # off norms and biases
    label_smoothing: float = 0.1
    rotation: float = 10.0  # degrees, either way
    scale: float = 0.12  # either way
    aspect: float = 0.08  # the sides' ratio, either way
    shear: float = 0.15  # either way
    shift: float = 2.0  # px, either way
    elastic: float = 0.4  # px, standard deviation of a smooth displacement
    pen: float = 0.3  # how often strokes are made a little thicker or thinner
    cutout: int = 8  # px, the side of a square hole
    augment: bool = True
    mix: bool = True  # modern handwriting, KanjiVG strokes and outliers beside the dataset
    outliers: int = 3000  # of the pool, drawn afresh for each epoch
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2:
            raise ValueError("A fit needs at least 1 epoch and a batch of at least 2: raise them.")
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise ValueError("The learning rate must be above 0: raise it, or leave it to the finder.")
        if self.optimizer not in ("sgd", "adam"):
            raise ValueError(f"No optimiser is called {self.optimizer!r}: choose sgd or adam.")

    def as_dict(self) -> dict[str, object]:
        """All fields by name, as they stand in a weights file's metadata."""
        return asdict(self)


# The original tutorial's: ResNet-34 and fastai's defaults as they come, batch 128, ten epochs, no augmentation, KMNIST alone.
TUTORIAL = Recipe(
    architecture="resnet34_stock",
    width=None,
    optimizer="adam",
    weight_decay=1e-2,
    label_smoothing=0.0,
    augment=False,
    mix=False,
)
