"""Every hyper-parameter of a fit, its default and why.

`RECIPE.md` beside this file holds the measured effects.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from kmnist_model.errors import KmnistError
from kmnist_model.network import REGISTRY

OPTIMIZERS = ("sgd", "adam")
LEFT_OUT = ("strokes", "pages", "kana-even", "kana-odd")  # see train.data.sources
SCHEDULES = ("one_cycle", "flat_cosine", "constant")


class RecipeError(KmnistError, ValueError):
    """An unknown hyper-parameter, or a value that it cannot have."""


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]}?)" if near else ""


def _known(what: str, known: tuple[str, ...], value: str) -> str:
    if value not in known:
        raise ValueError(f"No {what} is called {value!r}{_nearest(value, known)}: choose one of {', '.join(known)}.")
    return value


class Recipe(BaseModel):
    """How weights are made; it is stored in their metadata.

    Raises `RecipeError` for an unknown field or an invalid value.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    architecture: Annotated[str, AfterValidator(partial(_known, "network", tuple(REGISTRY)))] = "preact_resnet20"
    width: int | None = None  # channels of the first stage, for architectures with a choice (preact_resnet20: 32)
    epochs: int = Field(10, ge=0)
    batch_size: int = Field(128, ge=2)  # the tutorial's
    # None: from the finder, a tenth of the rate at the lowest smoothed loss
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    optimizer: Annotated[str, AfterValidator(partial(_known, "optimiser", OPTIMIZERS))] = (
        "sgd"  # with Nesterov's momentum; or fastai's "adam"
    )
    # "flat_cosine" holds the rate for three quarters of the fit and then lowers it; "constant" holds it
    schedule: Annotated[str, AfterValidator(partial(_known, "schedule", SCHEDULES))] = "one_cycle"
    momentum: float = 0.9  # the one-cycle schedule moves it from 0.95 to 0.85 and back
    weight_decay: float = 5e-4  # not applied to norms and biases
    label_smoothing: float = 0.1
    samples: int | None = Field(None, ge=2)  # drawn for each epoch of a weighted dataset; None: as many as it has
    rotation: float = 10.0  # degrees, either way
    scale: float = 0.12  # either way
    aspect: float = 0.08  # the ratio of the sides, either way
    shear: float = 0.15  # either way
    shift: float = 2.0  # px at 28, either way
    elastic: float = 0.4  # px at 28, standard deviation of a smooth displacement
    pen: float = 0.3  # the share of a batch whose strokes are made a little thicker or thinner
    cutout: int = 8  # px at 28, the side of a square hole
    neighbours: float = 0.0  # the share of a batch that gets a bit of another ink at its upper or lower edge
    coarse: float = 0.0  # the share of a batch that is brought to 28 px and back, as small scans are
    early_size: int = Field(0, ge=0)  # px, the side of the inks for the first 70 % of the fit, which then runs faster; 0: their own
    mixup: float = 0.0  # alpha of Zhang et al. 2018; 0: off
    cutmix: float = 0.0  # alpha of Yun et al. 2019; 0: off
    ema: float = Field(0.0, ge=0, lt=1)  # decay of the moving average of the weights, which is then what is kept; 0: off
    augment: bool = True  # False turns the augmentations above off
    mix: bool = True  # learn from modern handwriting, KanjiVG strokes and outliers beside KMNIST
    # leave out of the mix: strokes, pages, kana-even or kana-odd, for figures that hold for people no one trained on
    without: Annotated[str, AfterValidator(lambda value: value and _known("source", LEFT_OUT, value))] = ""
    outliers: int = 3000  # drawn from the pool for each epoch
    seed: int = 0

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise RecipeError(_sentence(error.errors()[0])) from None

    @model_validator(mode="after")
    def _mixes_one_way(self) -> Self:
        if self.mixup and self.cutmix:
            raise ValueError("A fit mixes whole inks or patches, not both: set mixup or cutmix to 0.")
        return self

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, as they stand in the metadata of a weights file."""
        return self.model_dump()

    def changed(self, values: dict[str, Any]) -> Recipe:
        """The same recipe with other `values` by name; raises `RecipeError`."""
        if "architecture" in values and "width" not in values:  # a width is of one architecture
            values = values | {"width": None}
        return Recipe(**{**self.as_dict(), **values})

    def to_toml(self) -> str:
        """The recipe as TOML; a field that is None is left out, since TOML has no null."""
        return tomli_w.dumps({name: value for name, value in self.as_dict().items() if value is not None})


_KINDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a word",
    "bool_type": "true or false",
}
_LIMITS = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}


def _sentence(error: ErrorDetails) -> str:
    """What pydantic found wrong, as one sentence that ends in what to do."""
    context, value = error.get("ctx", {}), error["input"]
    if error["type"] == "value_error":
        return str(context["error"])
    name, fields = str(error["loc"][0]), Recipe.model_fields
    if error["type"] == "extra_forbidden":
        return f"A recipe has no {name!r}{_nearest(name, fields)}: its fields are {', '.join(fields)}."
    kind = _KINDS.get(error["type"], "a number")
    limits = "".join(f" {words} {context[limit]:g}" for limit, words in _LIMITS.items() if limit in context)
    return f"{name} cannot be {value!r}: give {kind}{limits}{' or none' if fields[name].default is None else ''}."


def read_toml(path: Path, base: Recipe) -> Recipe:
    """`base` with the fields of the TOML file at `path`.

    Raises `RecipeError` if it cannot be read or sets an unknown field.
    """
    try:
        return base.changed(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read ({error}): give a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not TOML ({error}): write lines as epochs = 10.") from None


def parse_setting(text: str) -> dict[str, Any]:
    """`name=value` of the command line.

    The value is as in TOML, but words need no quotes and `none` means no value.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"{text!r} sets no field: write name=value, as epochs=20.")
    value = value.strip()
    if value.lower() == "none":
        return {name.strip(): None}
    try:
        return {name.strip(): tomllib.loads(f"value = {value}")["value"]}
    except tomllib.TOMLDecodeError:
        return {name.strip(): value}


# The original tutorial's: ResNet-34 and fastai's defaults, batch 128, ten epochs, no augmentation, KMNIST alone.
TUTORIAL = Recipe(
    architecture="resnet34_stock",
    optimizer="adam",
    weight_decay=1e-2,
    label_smoothing=0.0,
    augment=False,
    mix=False,
)
