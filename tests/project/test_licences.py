"""The licence of everything that is installed is known, and none forbids what this project does."""

from __future__ import annotations

import re

from tools.licences import installed, listed

_COPYLEFT = re.compile(r"\bA?GPL|Affero|GNU General Public", re.IGNORECASE)  # the LGPL and the MPL bind their own files only


def test_every_installed_package_is_listed_with_its_licence() -> None:
    there = listed()
    assert len(there) > 100
    unlisted = {name: licence for name, licence in installed().items() if there.get(name) != licence}
    assert unlisted == {}, "look at them, then run python -m tools.licences --write"


def test_no_licence_is_unknown_or_would_bind_our_code() -> None:
    assert {name: licence for name, licence in listed().items() if licence == "UNKNOWN" or _COPYLEFT.search(licence)} == {}
