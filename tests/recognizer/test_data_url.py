from __future__ import annotations

import io

import pytest
from PIL import Image

from kmnist_model import data_url


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_picture_comes_back(kind: str) -> None:
    url = data_url.from_image(Image.new("L", (3, 2), 255), kind)
    assert url.startswith(f"data:image/{kind};base64,")
    assert Image.open(io.BytesIO(data_url.to_bytes(url))).size == (3, 2)


def test_what_is_not_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        data_url.to_bytes("data:image/png;base64,#")
