"""The gallery: pictures of real brushed characters with their features, and the search for those that an ink is nearest to.

It is two files, made by `python -m train gallery`: `gallery.png` has every picture in one sprite, `gallery.safetensors` their vectors in int8.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from kmnist_model.errors import InkError, WeightsError
from kmnist_model.files import atomic_path

if TYPE_CHECKING:
    from kmnist_model.recognizer import Recognizer

FILE = Path(__file__).parent / "gallery.safetensors"  # the sprite lies beside it
WEIGHTS = "kuzushiji"  # the released weights that the released gallery is made with
LICENCE = "CC BY-SA 4.0"
ATTRIBUTION = "“KMNIST Dataset” (created by CODH), adapted from “Kuzushiji Dataset” (created by NIJL and others), doi:10.20676/00000341"
CELL = 40  # px, the side of a picture
LEVELS = 4  # of grey: two bits of a pixel
_FORMAT = "kmnist_model gallery/1"
_AGAIN = "make it again with python -m train gallery"

Vectors = NDArray[np.float32]  # (N, D), of length 1


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A real character of the gallery: its `similarity` to an ink, -1..1, its dataset as `source`, its `picture` (side, side) uint8, white ink."""

    character: str
    similarity: float
    source: str
    picture: NDArray[np.uint8] = field(repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Gallery:
    """Real characters: `vectors` (N, D) int8, their `codepoints` (N,), and the index of each one's dataset in `sources`.

    Features (D',) become vectors by (features - mean) @ projection, of length 1. `weights` is the fingerprint of the network that the features
    are of; `sprite` (rows * side, columns * side) uint8 holds the pictures as grey levels 0..3, in order, row by row.
    """

    vectors: NDArray[np.int8]
    codepoints: NDArray[np.uint32]
    source: NDArray[np.uint8]
    sources: tuple[str, ...]
    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    weights: str
    sprite: NDArray[np.uint8]
    metrics: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.codepoints)

    def save(self, path: Path) -> None:
        """Write the vectors to `path` and the sprite beside it, each whole or not at all, both with licence and attribution."""
        about = PngInfo()
        about.add_itxt("Copyright", f"{ATTRIBUTION}. {LICENCE}.")
        image = Image.fromarray(self.sprite).convert("P")
        image.putpalette([grey for level in range(LEVELS) for grey in [255 * level // (LEVELS - 1)] * 3])
        with atomic_path(path.with_suffix(".png")) as part:
            image.save(part, "png", optimize=True, bits=2, pnginfo=about)
            part.chmod(0o644)
            checksum = _checksum(part)
        described = {"sources": self.sources, "weights": self.weights, "sprite": checksum, "metrics": self.metrics}
        metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in described.items()}
        arrays: dict[str, NDArray[Any]] = {"vectors": self.vectors, "codepoints": self.codepoints, "source": self.source}
        halves = {name: getattr(self, name).astype(np.float16) for name in ("mean", "projection")}
        with atomic_path(path) as part:
            save_file(arrays | halves, part, {"format": _FORMAT, "licence": LICENCE, "attribution": ATTRIBUTION, **metadata})
            part.chmod(0o644)  # safetensors gives the file to its owner only

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read a gallery, by default the released one; raises `WeightsError` if it is missing or damaged."""
        picture = path.with_suffix(".png")
        if not path.is_file() or not picture.is_file():
            raise WeightsError(f"There is no gallery {path}: {_AGAIN}.")
        try:
            with safe_open(path, framework="np") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != _FORMAT:
                    raise ValueError("another format")
                arrays = {name: file.get_tensor(name) for name in ("vectors", "codepoints", "source", "mean", "projection")}
            sources, weights, checksum, metrics = (json.loads(metadata[name]) for name in ("sources", "weights", "sprite", "metrics"))
            if checksum != _checksum(picture):
                raise ValueError(f"{picture.name} is another one's")
            with Image.open(picture, formats=["PNG"]) as image:
                sprite = np.asarray(image)
            mean, projection = (arrays[name].astype(np.float32) for name in ("mean", "projection"))
            found = cls(
                arrays["vectors"], arrays["codepoints"], arrays["source"], tuple(sources), mean, projection, weights, sprite, metrics
            )
            found._check()
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, Image.DecompressionBombError) as error:
            raise WeightsError(f"{path.name} holds no usable gallery ({error}): {_AGAIN}.") from None
        return found

    def _check(self) -> None:
        count, dimensions = self.vectors.shape
        if self.vectors.dtype != np.int8 or {self.codepoints.shape, self.source.shape} != {(count,)}:
            raise ValueError("arrays that do not fit together")
        if self.projection.shape != (*self.mean.shape, dimensions) or self.source.max(initial=0) >= len(self.sources):
            raise ValueError("arrays that do not fit together")
        if self.sprite.ndim != 2 or self.sprite.shape[1] % CELL or self.sprite.size < count * CELL * CELL or not count:
            raise ValueError("a sprite of another size")

    @property
    def fingerprint(self) -> str:
        """A checksum of what lies where, for files that name places of the gallery."""
        return hashlib.sha256(self.codepoints.tobytes() + self.vectors.tobytes()).hexdigest()[:16]

    def belongs_to(self, recognizer: Recognizer) -> bool:
        """Whether it was made with the network of `recognizer`."""
        return bool(self.weights) and self.weights == recognizer.fingerprint

    def check_weights(self, recognizer: Recognizer) -> None:
        """Raise `WeightsError` if it was made with another network than that of `recognizer`."""
        if not self.belongs_to(recognizer):
            raise WeightsError(f"The gallery was not made with these weights: choose {WEIGHTS}, or {_AGAIN}.")

    def project(self, features: NDArray[np.float32]) -> Vectors:
        """Features (N, D') of the network as vectors of length 1."""
        return project(features, self.mean, self.projection)

    @cached_property
    def _units(self) -> Vectors:
        """The vectors as numbers of the processor, transposed (D, N): a product with them takes a millisecond."""
        vectors = self.vectors.astype(np.float32)
        return np.ascontiguousarray((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T)

    @cached_property
    def _rows_of(self) -> dict[str, NDArray[np.bool_] | None]:
        """What `_known` found, by characters."""
        return {}

    def _known(self, characters: str) -> NDArray[np.bool_] | None:
        """`rows` of the characters, kept for the next time; None where that is all of them."""
        if characters not in self._rows_of:
            rows = self.rows(characters)
            self._rows_of[characters] = None if rows.all() else rows
        return self._rows_of[characters]

    def rows(self, characters: str) -> NDArray[np.bool_]:
        """Which pictures (N,) are of these characters."""
        return np.isin(self.codepoints, [ord(character) for character in characters])

    def search(
        self, features: NDArray[np.float32], k: int, among: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The places and cosine similarities of the `k` nearest to features (D',), the nearest first; of the pictures `among` (N,) only."""
        similarities = self.project(features[None])[0] @ self._units
        if among is not None:
            similarities[~among] = -np.inf
            k = min(k, int(among.sum()))
        best = np.argpartition(-similarities, min(k, len(self)) - 1)[:k]
        best = best[np.argsort(-similarities[best], kind="stable")]
        return best, similarities[best]

    def picture(self, place: int) -> NDArray[np.uint8]:
        """The picture at `place`, (side, side) uint8, white ink."""
        row, column = divmod(place, self.sprite.shape[1] // CELL)
        return self.sprite[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] * np.uint8(255 // (LEVELS - 1))

    def nearest(self, ink: NDArray[np.uint8], recognizer: Recognizer, k: int = 8, among: str | None = None) -> list[Neighbour]:
        """The `k` real characters nearest to an ink (size, size) uint8 of `recognizer`, the nearest first; of the characters `among` only.

        Without `among` they are of the characters that the recogniser knows: a `Recognizer` of kana alone has kana alone for neighbours.
        Raises `WeightsError` if the gallery was made with other weights, `InkError` for another shape or a `k` below 1.
        """
        self.check_weights(recognizer)
        if ink.shape != (recognizer.size, recognizer.size) or ink.dtype != np.uint8 or k < 1:
            raise InkError(f"An ink is an array ({recognizer.size}, {recognizer.size}) of uint8, and k at least 1.")
        known = self._known(recognizer.alphabet.characters if among is None else among)
        places, similarities = self.search(recognizer.features(ink[None])[0], k, known)
        return [
            Neighbour(chr(self.codepoints[place]), similarity, self.sources[self.source[place]], self.picture(place))
            for place, similarity in zip(places.tolist(), similarities.tolist(), strict=True)
        ]


def project(features: NDArray[np.float32], mean: NDArray[np.float32], projection: NDArray[np.float32]) -> Vectors:
    """Features (N, D') as vectors (N, D) of length 1."""
    vectors = (features - mean) @ projection
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fits(recognizer: Recognizer, path: Path = FILE) -> bool:
    """Whether there is a gallery at `path`, by default the released one, that was made with these weights; only its head is read."""
    try:
        with safe_open(path, framework="np") as file:
            return bool(recognizer.fingerprint) and json.loads((file.metadata() or {}).get("weights", '""')) == recognizer.fingerprint
    except (SafetensorError, OSError, ValueError):
        return False


@cache
def released() -> Gallery:
    """The gallery in the package, loaded once. Raises `WeightsError` if it is missing or damaged."""
    return Gallery.load()
