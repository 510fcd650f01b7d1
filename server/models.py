"""The page's recognisers by name: everything, kana and KMNIST's ten, or the operator's own weights."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from kmnist_model import KmnistError, Recognizer, WeightsError
from kmnist_model.hub.address import Address, is_address
from kmnist_model.hub.download import download
from kmnist_model.recognizer import weights_path
from server import zerogpu
from server.languages.catalogue import english

_LOG = logging.getLogger(__name__)

_WIDE = "kuzushiji"  # the weights of "everything", "kana" and pages; a small package may lack them
_TEN = "kmnist"  # the weights of the ten
_PROBE = [[[0, 0], [1, 1]]]  # strokes


class UnknownModel(KmnistError):
    """A request names a model that this page does not have."""


@dataclass(frozen=True)
class Models:
    """The recognisers by name, the default first, each with the file of its weights; `pages` reads the pages of the Scan tab."""

    recognizers: Mapping[str, Recognizer]
    weights: Mapping[str, Path]
    pages: Recognizer

    @classmethod
    def only(cls, recognizer: Recognizer, weights: str = _TEN) -> Self:
        """One recogniser for all, called by the name of its `weights`: a name, a path or an address on the Hub. Raises `WeightsError`."""
        name = Address.parse(weights).name if is_address(weights) else Path(weights).stem
        return cls({name: recognizer}, {name: weights_path(weights)}, recognizer)

    @property
    def names(self) -> list[str]:
        """All names, the default first."""
        return list(self.recognizers)

    @property
    def page_weights(self) -> Path:
        """The file of the weights of `pages`."""
        return self.weights[next(name for name, recognizer in self.recognizers.items() if recognizer is self.pages)]

    def name(self, asked: str | None = None) -> str:
        """The name that a request asks for, without one the default. Raises `UnknownModel`."""
        if not asked:
            return self.names[0]
        if not isinstance(asked, str) or asked not in self.recognizers:
            raise UnknownModel(english("error.no_model", names=", ".join(self.names)))
        return asked

    def recognizer(self, asked: str | None = None) -> Recognizer:
        """The recogniser that a request asks for, without a name the default. Raises `UnknownModel`."""
        return self.recognizers[self.name(asked)]

    def warm_up(self) -> None:
        """Read once with each, so that the first visitor does not wait."""
        for recognizer in self.recognizers.values():
            recognizer.read_strokes(_PROBE)


def load(weights: str, device: str, engine: str = "auto") -> Models:
    """The models of the page, or only `weights`, a name, a path or an address on the Hub, if given. Raises `WeightsError` or `DeviceError`."""
    if is_address(weights):
        weights = str(download(weights).address)  # one commit for all that follows
        _LOG.info("The weights are %s", weights)
    if weights:
        return Models.only(zerogpu.load(weights, device, engine), weights)
    try:
        wide = weights_path(_WIDE)
    except WeightsError:
        return Models.only(zerogpu.load(_TEN, device, engine))
    everything = zerogpu.load(_WIDE, device, engine)
    here = zerogpu.device_of_strokes(device)
    kana, ten = Recognizer.load(wide, here, "kana", engine), Recognizer.load(_TEN, here, engine=engine)
    recognizers = {"everything": everything, "kana": kana, _TEN: ten}
    return Models(recognizers, {"everything": wide, "kana": wide, _TEN: weights_path(_TEN)}, everything)
