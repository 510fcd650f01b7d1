"""Every hyper-parameter of a fit, its default and why; `RECIPE.md` beside this file holds the measured effects."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_type_hints

import tomli_w

from kmnist_model.errors import KmnistError
from kmnist_model.network import REGISTRY

OPTIMIZERS = ("sgd", "adam")
SCHEDULES = ("one_cycle", "flat_cosine", "constant")


class RecipeError(KmnistError, ValueError):
    """A hyper-parameter that there is not, or a value that it cannot have."""


@dataclass(frozen=True)
class Recipe:
    """How weights are made; it travels with them in their metadata."""

    architecture: str = "preact_resnet20"
    width: int | None = None  # channels of the first stage, where the architecture leaves it open (preact_resnet20: 32)
    epochs: int = 10
    batch_size: int = 128  # the tutorial's
    learning_rate: float | None = None  # None: the learning-rate finder's, a tenth of the rate at the lowest smoothed loss
    optimizer: str = "sgd"  # "sgd" with Nesterov's momentum, or fastai's "adam"
    schedule: str = "one_cycle"  # "flat_cosine" holds the rate for three quarters and then lets it fall; "constant" holds it
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
    mixup: float = 0.0  # alpha of Zhang et al. 2018; 0: none
    cutmix: float = 0.0  # alpha of Yun et al. 2019; 0: none
    ema: float = 0.0  # decay of an average of the weights over the steps, which is then what is kept; 0: none
    augment: bool = True  # False leaves the inks as they are, whatever the eight fields above say
    mix: bool = True  # modern handwriting, KanjiVG strokes and outliers beside KMNIST
    outliers: int = 3000  # of the pool, drawn afresh for each epoch
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 0 or self.batch_size < 2:
            raise RecipeError("A fit needs 0 epochs or more and a batch of at least 2: raise them.")
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise RecipeError("The learning rate must be above 0: raise it, or leave it to the finder.")
        for what, value, known in (
            ("network", self.architecture, tuple(REGISTRY)),
            ("optimiser", self.optimizer, OPTIMIZERS),
            ("schedule", self.schedule, SCHEDULES),
        ):
            if value not in known:
                raise RecipeError(f"No {what} is called {value!r}{_nearest(value, known)}: choose one of {', '.join(known)}.")
        if self.mixup and self.cutmix:
            raise RecipeError("A fit mixes whole inks or patches, not both: set mixup or cutmix to 0.")
        if not 0 <= self.ema < 1:
            raise RecipeError("The decay of the weights' average is 0 (none) or below 1, as 0.99: change ema.")

    def as_dict(self) -> dict[str, object]:
        """All fields by name, as they stand in a weights file's metadata."""
        return asdict(self)

    def changed(self, values: dict[str, Any]) -> Recipe:
        """The same recipe with other `values` by name; raises `RecipeError` for a name or a kind of value that it does not have."""
        kinds, names = get_type_hints(Recipe), [field.name for field in fields(Recipe)]
        for name, value in values.items():
            if name not in kinds:
                raise RecipeError(f"A recipe has no {name!r}{_nearest(name, names)}: its fields are {', '.join(names)}.")
            allowed = get_args(kinds[name]) or (kinds[name],)
            if not (isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed)) and not (
                float in allowed and isinstance(value, int) and not isinstance(value, bool)
            ):
                raise RecipeError(f"{name} cannot be {value!r}: give {' or '.join(_KINDS[kind] for kind in allowed)}.")
        if "architecture" in values and "width" not in values:  # a width is of one architecture
            values = values | {"width": None}
        return replace(self, **values)

    def to_toml(self) -> str:
        """The recipe as TOML; a field that is None, which TOML has no word for, is left out."""
        return tomli_w.dumps({name: value for name, value in self.as_dict().items() if value is not None})


_KINDS = {int: "a whole number", float: "a number", str: "a word", bool: "true or false", type(None): "none"}


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]}?)" if near else ""


def read_toml(path: Path, base: Recipe) -> Recipe:
    """`base` with what the TOML file at `path` says; raises `RecipeError` where it cannot be read or names what there is not."""
    try:
        return base.changed(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read ({error}): give a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not TOML ({error}): write lines as epochs = 10.") from None


def parse_setting(text: str) -> dict[str, Any]:
    """`name=value` of the command line; the value is as in TOML, but words need no quotes and `none` means no value."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"{text!r} sets nothing: write name=value, as epochs=20.")
    value = value.strip()
    if value.lower() == "none":
        return {name.strip(): None}
    try:
        return {name.strip(): tomllib.loads(f"value = {value}")["value"]}
    except tomllib.TOMLDecodeError:
        return {name.strip(): value}


# The original tutorial's: ResNet-34 and fastai's defaults as they come, batch 128, ten epochs, no augmentation, KMNIST alone.
TUTORIAL = Recipe(
    architecture="resnet34_stock",
    optimizer="adam",
    weight_decay=1e-2,
    label_smoothing=0.0,
    augment=False,
    mix=False,
)
