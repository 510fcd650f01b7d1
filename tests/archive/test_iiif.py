"""IIIF manifests of both versions, the sizes that are asked for, polite downloads, and pages read from a server over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from archive import arguments
from archive.errors import ArchiveError, DownloadError
from archive.iiif.download import Downloads
from archive.iiif.image_api import RemoteImage
from archive.iiif.manifest import Canvas, canvases
from archive.run import Summary
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.archive.conftest import Read, hashes
from tests.archive.iiif_server import IIIFServer, serve
from tests.formats.official import validate_iiif


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IIIFServer]:
    """A server of two small pages."""
    (tmp_path / "served").mkdir()
    for seed in range(2):
        page = make_page(seed, glyphs.drawn(), False, characters=8, megapixels=0.4, direction="vertical")
        page.picture.save(tmp_path / "served" / f"{seed}.png")
    with serve(tmp_path / "served") as running:
        yield running


def nothing(url: str) -> bytes:
    raise AssertionError(f"{url} is loaded")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("2-manifest.json", ["http://iiif.io/api/presentation/2.0/example/fixtures/resources/page1-full.png"]),
        (
            "3-full_example.json",
            [
                "https://example.org/iiif/book1/page1/full/1200,/0/default.jpg",
                "https://example.org/iiif/book1/page2/full/1200,/0/default.jpg",
            ],
        ),
        ("3-choice.json", [None]),  # of videos
        (
            "3-range_range.json",
            [
                "https://example.org/iiif/book1/page1/full/1200,/0/default.jpg",
                "https://example.org/iiif/book1/page2/full/1200,/0/default.jpg",
            ],
        ),
        ("3-version2image.json", ["https://example.org/iiif2/image1/identifier/full/1200,/0/default.jpg"]),
    ],
)
def test_the_manifests_of_the_official_validator(
    data_folder: Path, name: str, pictures: list[str | None], caplog: pytest.LogCaptureFixture
) -> None:
    found = list(canvases((data_folder / "schemas" / "iiif" / name).read_bytes()))
    assert all(each.id.startswith("http") for each in found)
    assert [each.image and each.image.url(1600, nothing) for each in found] == pictures
    assert caplog.records == []


@pytest.mark.data
def test_an_annotation_page_is_no_manifest(data_folder: Path) -> None:
    with pytest.raises(ArchiveError, match="not a IIIF manifest"):
        list(canvases((data_folder / "schemas" / "iiif" / "3-annoPage.json").read_bytes()))


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{", b'{"type": "Manifest", "items": 3}', b'{"type": "Manifest", "items": [{"type": "Canvas", "items": [4]}]}']
)
def test_what_is_no_manifest_is_an_error(said: bytes) -> None:
    with pytest.raises(ArchiveError):
        list(canvases(said))


def test_both_versions_say_the_same(server: IIIFServer) -> None:
    found = [list(canvases(json.dumps(server.manifest(version)).encode())) for version in (2, 3)]
    old, new = ([(each.id, each.size) for each in one] for one in found)
    assert old == new
    for one in found:
        assert isinstance(one[0], Canvas)
        width = Image.open(server.folder / "0.png").width
        assert one[0].image is not None
        assert one[0].image.url(10_000, nothing) == f"{server.url}/iiif/0.png/full/{width},/0/default.jpg"


def info(**said: object) -> bytes:
    return json.dumps({"width": 4000, "height": 6000, **said}).encode()


@pytest.mark.parametrize(
    ("said", "side", "size"),
    [
        (info(profile="level1"), 3000, "2000,"),
        (info(profile=["http://iiif.io/api/image/2/level2.json", {"maxWidth": 1000}]), 3000, "667,"),
        (info(profile="level2", maxWidth=1000, maxHeight=6000), 3000, "1000,"),
        (info(profile="level2", maxArea=6_000_000), 3000, "2000,"),
        (info(profile="level0", sizes=[{"width": 400, "height": 600}, {"width": 1000, "height": 1500}]), 2000, "1000,"),
        (info(profile="level0", sizes=[{"width": 400, "height": 600}]), 300, "400,"),
        (
            info(profile="level0", sizes=[{"width": 400, "height": 600}], **{"@context": "http://iiif.io/api/image/3/context.json"}),
            3000,
            "400,600",
        ),
    ],
)
def test_the_size_that_a_service_is_asked_for(said: bytes, side: int, size: str) -> None:
    image = RemoteImage("https://example.org/a.jpg", (40, 60), "https://example.org/iiif/a")
    assert image.url(side, lambda _: said) == f"https://example.org/iiif/a/full/{size}/0/default.jpg"


def test_a_service_without_sizes_gives_the_picture_of_the_manifest() -> None:
    image = RemoteImage("https://example.org/a.jpg", (40, 60), "https://example.org/iiif/a")
    assert image.url(300, lambda _: info(profile="level0")) == "https://example.org/a.jpg"
    with pytest.raises(ArchiveError, match=r"info\.json"):
        image.url(300, lambda _: b"{}")


def test_a_busy_server_is_asked_again_and_a_file_once(server: IIIFServer, tmp_path: Path) -> None:
    url = f"{server.url}/3.json"
    server.busy["/3.json"] = 2
    downloads = Downloads(tmp_path, 1000.0, pause=0.01)
    assert json.loads(downloads.load(url))["type"] == "Manifest"
    assert len(server.asked) == 3
    assert downloads.load(url) == Downloads(tmp_path).load(url)
    assert len(server.asked) == 3
    said = json.loads(Path(f"{downloads.place(url)}.json").read_text())
    assert said["etag"] == f'"{downloads.place(url).stat().st_size}"'
    downloads.place(url).write_bytes(b"half")
    assert json.loads(downloads.load(url))["type"] == "Manifest"
    assert len(server.asked) == 4


def test_a_server_that_stays_busy_or_says_no_is_an_error(server: IIIFServer, tmp_path: Path) -> None:
    server.busy["/3.json"] = 9
    with pytest.raises(DownloadError, match="status 503, 3 times"):
        Downloads(tmp_path, 1000.0, 3, 0.01).load(f"{server.url}/3.json")
    with pytest.raises(DownloadError, match="404"):
        Downloads(tmp_path, 1000.0, 3, 0.01).load(f"{server.url}/none")
    assert len(server.asked) == 4  # what does not exist is not asked for again
    with pytest.raises(DownloadError, match="cannot be downloaded"):
        Downloads(tmp_path, 1000.0, 2, 0.01).load("http://127.0.0.1:9/3.json")


def test_a_pause_that_a_server_asks_for_is_kept(server: IIIFServer, tmp_path: Path) -> None:
    server.busy["/3.json"], server.retry_after = 1, "1"
    Downloads(tmp_path, 1000.0, 2, 0.01).load(f"{server.url}/3.json")
    assert server.asked[1][0] - server.asked[0][0] > 0.99


def test_a_host_is_asked_at_the_rate(server: IIIFServer, tmp_path: Path) -> None:
    for number in range(5):  # by another process each time
        Downloads(tmp_path, 5.0).load(f"{server.url}/iiif/0.png/full/{10 + number},/0/default.jpg")
    gaps = [after - before for (before, _), (after, _) in pairwise(server.asked)]
    assert len(gaps) == 4
    assert sum(gaps) > 0.75
    assert min(gaps) > 0.15  # the way to the server takes a little more or less on a busy machine
    assert arguments.parser().parse_args(["read", "x", "--out", "y"]).rate == 1.0


@pytest.mark.parametrize("version", [2, 3])
def test_a_book_is_read_from_a_server(server: IIIFServer, tmp_path: Path, read: Read, version: int) -> None:
    out, manifest = tmp_path / "out", f"{server.url}/{version}.json"
    server.busy[f"/{version}.json"] = 1
    assert read([manifest], out) == Summary(2, 0, 0)
    rows = pq.read_table(out / "parquet" / "pages").to_pylist()
    assert [row["canvas"] for row in rows] == [f"{server.url}/canvas/{name}.png" for name in (0, 1)]
    assert all(row["etag"] and row["sha256"] and row["url"].startswith(f"{server.url}/iiif/") for row in rows)
    characters = [row for row in pq.read_table(out / "parquet" / "characters").to_pylist() if row["page"] == rows[0]["canvas"]]
    said = validate_iiif(next((out / "iiif").rglob("0.png.iiif.json")).read_bytes())
    targets = [each["target"] for each in said["items"] if each["textGranularity"] == "glyph"]
    first = characters[0]
    x, y = (int(part) for part in targets[0].split("#xywh=")[1].split(",")[:2])
    assert targets[0].startswith(f"{server.url}/canvas/0.png#")
    assert abs(x - first["x"] / 2) <= 1  # the canvas has half the picture's size
    assert abs(y - first["y"] / 2) <= 1
    asked, before = len(server.asked), hashes(out)
    assert read([manifest], out, resume=True) == Summary(0, 2, 0)
    assert len(server.asked) == asked
    assert hashes(out) == before


def test_a_picture_that_cannot_be_had_is_a_row(server: IIIFServer, tmp_path: Path, read: Read) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(server.manifest(3)))
    (server.folder / "1.png").unlink()
    assert read([str(manifest), f"{server.url}/none.json"], tmp_path / "out") == Summary(1, 0, 2)
    errors = [row["error"] for row in pq.read_table(tmp_path / "out" / "parquet" / "pages").to_pylist()]
    assert [error and "404" in error for error in errors] == [None, True, True]


def test_level_0_gives_the_sizes_that_it_has(server: IIIFServer, tmp_path: Path, read: Read) -> None:
    server.level = 0
    assert read([f"{server.url}/3.json"], tmp_path / "out") == Summary(2, 0, 0)
    width = Image.open(server.folder / "0.png").width
    assert pq.read_table(tmp_path / "out" / "parquet" / "pages").to_pylist()[0]["width"] == width // 2
