from __future__ import annotations

import io

from PIL import Image

from kmnist_model import data_url
from ui.examples import examples


def test_each_example_has_its_picture_and_a_small_thumbnail() -> None:
    offered = examples()
    assert [example.key for example in offered] == ["example.letter", "example.scroll", "example.book"]
    for example in offered:
        assert data_url.to_bytes(example.picture) == example.path.read_bytes()
        with Image.open(io.BytesIO(data_url.to_bytes(example.thumbnail))) as thumbnail:
            assert max(thumbnail.size) <= 192
