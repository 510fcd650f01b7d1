"""Behind a real nginx, under a path of its own: the page, drawing, a scan and the endpoints all work."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from bench.server_process import Server
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.browser.conftest import Visit
from tests.browser.hosting.test_endpoints import call
from train.data.drawing.strokes import load

CONFIGURATION = """
{user}pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 45m;
    server {{
        listen 127.0.0.1:{port};
        location /demo/ {{
            proxy_pass http://127.0.0.1:{behind}/;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 1h;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page behind nginx."""
    nginx = os.environ.get("NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not nginx:
        pytest.skip("no nginx can be had: install one, or set NGINX to its path")
    folder = tmp_path_factory.mktemp("nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server("app.py", "--root-path", "/demo")
    server.start()
    configuration = folder / "nginx.conf"
    user = "user root;\n" if os.getuid() == 0 else ""  # pytest's folder is its owner's alone
    configuration.write_text(CONFIGURATION.format(user=user, folder=folder, port=port, behind=server.port))
    proxy = subprocess.Popen([nginx, "-c", str(configuration), "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/demo"
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.05)
    yield address
    proxy.terminate()
    proxy.wait(10)
    server.stop()


def test_a_drawing_is_read(visit: Visit, site: str, device: str) -> None:
    hand = visit(f"{site}/", device)
    failed: list[str] = []
    hand.page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    hand.draw("お")
    hand.expect_character("お")
    assert failed == []


def test_a_scan_is_read(visit: Visit, site: str) -> None:
    page = visit(f"{site}/").page
    made = make_page(22, glyphs.drawn(), hard=False, characters=24, direction="vertical")
    buffer = io.BytesIO()
    made.picture.save(buffer, "PNG")
    page.get_by_role("tab", name="Scan").click()
    page.locator(".desk .file").set_input_files({"name": "page.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    expect(page.locator(".desk")).to_have_attribute("data-state", "found", timeout=60_000)
    assert "\n".join(page.locator(".desk .line").all_text_contents()) == made.text


def test_the_endpoints_are_there(site: str) -> None:
    class Behind:
        url = site

    event, (reading,) = call(Behind, "read_strokes", [stroke.tolist() for stroke in load("を")], "kmnist")  # type: ignore[arg-type]
    assert event == "complete"
    assert reading["candidates"][0]["character"] == "を"
    assert httpx.get(f"{site}/healthz").text == "ok\n"


def test_every_address_of_the_page_is_below_the_path(visit: Visit, site: str) -> None:
    hand = visit(f"{site}/")
    asked: list[str] = []
    hand.page.on("request", lambda request: asked.append(request.url))
    hand.page.reload()
    expect(hand.page.get_by_role("tab", name="Scan")).to_be_visible()
    strays = [url for url in asked if not url.startswith((f"{site}/", "data:", "blob:"))]
    assert strays == []
