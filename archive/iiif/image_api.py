"""The URL of a picture in the size to read, by the IIIF Image API 1.1, 2 or 3 where the picture has such a service.

https://iiif.io/api/image/3.0/, https://iiif.io/api/image/2.1/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from piffle.image import IIIFImageClient

from archive.errors import ArchiveError

_IMAGE_API_1 = re.compile(r"image-api/1|image/1")


@dataclass(frozen=True)
class RemoteImage:
    """A picture: the URL that the manifest gives (`id`), its `size` (width, height), its Image API `service` with its compliance `level`."""

    id: str
    size: tuple[int, int] | None = None
    service: str = ""
    level: int | None = None
    quality: str = "default"

    def url(self, side: int, load: Callable[[str], bytes]) -> str:
        """The URL of the picture with its longest side at most `side` px, where its service can make one.

        `info.json` is loaded only where the manifest does not say enough: a request for each picture less. Raises what `load` raises, and
        `ArchiveError` for an `info.json` that is none.
        """
        if not self.service:
            return self.id
        if self.level and self.size:  # level 1 and 2 scale to any width
            return self._scaled(*self.size, side)
        info = _information(load(f"{self.service}/info.json"))
        width, height = int(info["width"]), int(info["height"])
        if _level(info.get("profile")):
            return self._scaled(width, height, min(side, *_limits(info, width, height)))
        sizes = [(int(each["width"]), int(each["height"])) for each in info.get("sizes") or []]
        if not sizes:
            return self.id
        fitting = [each for each in sizes if max(each) <= side] or [min(sizes)]
        return self._request(*max(fitting), exact="image/3" in str(info.get("@context")))

    def _scaled(self, width: int, height: int, side: int) -> str:
        return self._request(max(1, round(width * min(1.0, side / max(width, height)))))

    def _request(self, width: int, height: int | None = None, exact: bool = False) -> str:
        """The service's URL for this width; level 0 of version 3 knows width and height only, the others know the width."""
        endpoint, _, name = self.service.rpartition("/")
        client = IIIFImageClient(api_endpoint=endpoint, image_id=name, quality=self.quality)
        return str(client.size(width=width, height=height, exact=False) if exact else client.size(width=width))


def remote_image(resource: dict[str, Any]) -> RemoteImage:
    """The picture that a manifest's `resource` (version 2) or `body` (version 3) describes."""
    service = resource.get("service")
    services = service if isinstance(service, list) else [service]
    size = (round(resource["width"]), round(resource["height"])) if resource.get("width") and resource.get("height") else None
    for each in services:
        if not isinstance(each, dict) or not each.get("id"):
            continue
        said = f"{each.get('type')} {each.get('context')} {each.get('profile')}"
        if re.search(r"ImageService|api/image|image-api", said):
            own = (int(each["width"]), int(each["height"])) if each.get("width") and each.get("height") else size
            quality = "native" if _IMAGE_API_1.search(said) else "default"
            return RemoteImage(str(resource["id"]), own, str(each["id"]).rstrip("/"), _level(each.get("profile")), quality)
    return RemoteImage(str(resource["id"]), size)


def _level(profile: Any) -> int | None:
    """The compliance level that a profile names: `level2`, a URL that ends so, or a list that begins with one."""
    found = re.search(r"level([012])", str(profile[0] if isinstance(profile, list) and profile else profile))
    return int(found[1]) if found else None


def _limits(info: dict[str, Any], width: int, height: int) -> list[int]:
    """The longest sides, in px, that a server's maxWidth, maxHeight and maxArea allow."""
    profile = info.get("profile")
    said = {**info, **next((each for each in profile if isinstance(each, dict)), {})} if isinstance(profile, list) else info
    longest, limits = max(width, height), []
    if most := said.get("maxWidth"):
        limits.append(int(most * longest / width))
    if most := said.get("maxHeight", said.get("maxWidth")):
        limits.append(int(most * longest / height))
    if most := said.get("maxArea"):
        limits.append(int(longest * (most / (width * height)) ** 0.5))
    return limits or [longest]


def _information(data: bytes) -> dict[str, Any]:
    try:
        info = json.loads(data)
        if info["width"] > 0 and info["height"] > 0:
            return dict(info)
    except (ValueError, KeyError, TypeError):
        pass
    raise ArchiveError("This picture's info.json is damaged: tell the library that publishes it.")
