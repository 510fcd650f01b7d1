from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.pages.scoring import Tally, edits, match
from kmnist_model import Page, PictureError, Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import MadePage, make_page


@pytest.fixture(scope="module")
def letter() -> MadePage:
    return make_page(22, glyphs.drawn(), hard=False, characters=24, direction="vertical")


@pytest.fixture(scope="module")
def read_letter(letter: MadePage, recognizer: Recognizer) -> Page:
    return read_page(letter.picture, recognizer=recognizer)


def test_columns_are_read_from_right_to_left_and_top_to_bottom(letter: MadePage, read_letter: Page) -> None:
    assert read_letter.text == letter.text
    assert read_letter.direction == "vertical"
    assert read_letter.columns == len(letter.text.splitlines())
    assert read_letter.size == letter.picture.size
    across = [character.box[0] for character in read_letter.characters]
    columns = [character.column for character in read_letter.characters]
    assert columns == sorted(columns)
    assert np.corrcoef(columns, across)[0, 1] < -0.9


def test_the_shipped_recogniser_reads_where_none_is_given(letter: MadePage, read_letter: Page) -> None:
    assert read_page(letter.picture).text == read_letter.text


def test_a_character_carries_its_reading(read_letter: Page) -> None:
    for character in read_letter.characters:
        assert character.text == character.reading.candidates[0].character
        assert character.reading.ink.shape == (28, 28)
    plain = read_letter.as_dict(top=2)
    assert plain["text"] == read_letter.text
    assert len(plain["characters"]) == len(read_letter.characters)
    assert [len(character["candidates"]) for character in plain["characters"]] == [2] * len(read_letter.characters)


@pytest.mark.parametrize("direction", ["auto", "horizontal"])
def test_lines_are_read_from_left_to_right(recognizer: Recognizer, direction: str) -> None:
    made = make_page(5, glyphs.drawn(), hard=False, characters=24, direction="horizontal")
    page = read_page(made.picture, direction, recognizer)  # type: ignore[arg-type]
    assert page.direction == "horizontal"
    assert edits(made.text.replace("\n", ""), page.text.replace("\n", "")) <= 1


@pytest.mark.parametrize(("half", "f1", "error_rate"), [("easy", 0.98, 0.04), ("hard", 0.94, 0.12)])
def test_drawn_pages_are_read(recognizer: Recognizer, half: str, f1: float, error_rate: float) -> None:
    tally = Tally()
    for seed in range(100, 106):
        made = make_page(seed, glyphs.drawn(), half == "hard", characters=50)
        tally.add(made, read_page(made.picture, recognizer=recognizer))
    figures = tally.figures()
    assert figures["f1"] >= f1, figures
    assert figures["error_rate"] <= error_rate, figures
    assert figures["skew_p95"] <= 1, figures


@pytest.mark.data
def test_pages_of_old_writing_are_read(recognizer: Recognizer, data_folder: Path) -> None:
    tally, source = Tally(), glyphs.validation_split(data_folder)
    for seed in range(100, 104):
        made = make_page(seed, source, hard=False, characters=60)
        tally.add(made, read_page(made.picture, recognizer=recognizer))
    assert tally.figures()["f1"] >= 0.98
    assert tally.figures()["error_rate"] <= 0.06


def test_white_on_black_is_read_like_black_on_white(letter: MadePage, recognizer: Recognizer) -> None:
    rubbing = Image.fromarray(255 - np.asarray(letter.picture))
    assert edits(letter.text, read_page(rubbing, recognizer=recognizer).text) <= 1


def test_what_is_no_known_character_is_a_geta_with_its_box(recognizer: Recognizer) -> None:
    seen = []

    def out_of_alphabet(rng: np.random.Generator) -> glyphs.Glyph:
        character, ink = glyphs.drawn()(rng)
        if len(seen) == 5:
            wheel = np.zeros((28, 28), np.uint8)
            wheel[[0, 1, 2, 25, 26, 27]] = wheel[:, [0, 1, 2, 25, 26, 27]] = wheel[[13, 14]] = wheel[:, [13, 14]] = 255
            character, ink = glyphs.UNKNOWN, wheel
        seen.append(character)
        return character, ink

    made = make_page(22, out_of_alphabet, hard=False, characters=24, direction="vertical")
    page = read_page(made.picture, recognizer=recognizer)
    pairs = dict(match([truth.box for truth in made.characters], [character.box for character in page.characters]))
    assert page.characters[pairs[5]].text == "〓"
    assert page.characters[pairs[5]].reading.verdict == "unknown"


def test_progress_is_told_from_nothing_to_all(letter: MadePage, recognizer: Recognizer) -> None:
    shares: list[float] = []
    read_page(letter.picture, recognizer=recognizer, progress=lambda share, doing: shares.append(share) if doing else None)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_who_asks_for_progress_may_stop_the_work(letter: MadePage, recognizer: Recognizer) -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float, doing: str) -> None:
        if share > 0.2:
            raise StoppedError(doing)

    with pytest.raises(StoppedError):
        read_page(letter.picture, recognizer=recognizer, progress=stop)


def test_an_unknown_direction_is_refused(letter: MadePage, recognizer: Recognizer) -> None:
    with pytest.raises(PictureError, match="say auto, vertical or horizontal"):
        read_page(letter.picture, "sideways", recognizer)  # type: ignore[arg-type]


def test_a_made_page_is_the_same_again_from_its_seed() -> None:
    first, again = (make_page(3, glyphs.drawn(), hard=True, characters=20) for _ in range(2))
    assert first.picture.tobytes() == again.picture.tobytes()
    assert first.characters == again.characters


def test_true_boxes_hold_the_ink(letter: MadePage) -> None:
    gray = np.asarray(letter.picture.convert("L"))
    for truth in letter.characters:
        x, y, width, height = truth.box
        assert gray[y : y + height, x : x + width].min() < gray.mean() - 60


def test_boxes_are_matched_once_and_by_half_their_union() -> None:
    true = [(0, 0, 10, 10), (20, 0, 10, 10)]
    assert match(true, [(1, 0, 10, 10), (0, 0, 10, 10), (26, 0, 10, 10)]) == [(0, 1)]
    assert match(true, []) == []


@pytest.mark.parametrize(
    ("true", "read", "count"), [("", "", 0), ("あい", "あい", 0), ("あい", "い", 1), ("あい", "いあ", 2), ("", "あ", 1)]
)
def test_edits_are_counted(true: str, read: str, count: int) -> None:
    assert edits(true, read) == count


def test_a_page_written_in_red_is_read(recognizer: Recognizer) -> None:
    made = make_page(23, glyphs.drawn(), hard=False, characters=24, direction="vertical")
    picture = np.asarray(made.picture.convert("RGB"), np.float32) / 255
    paper = np.median(picture.reshape(-1, 3), 0)
    ink = np.clip((paper.min() - picture.min(2)) / (paper.min() - 0.2), 0, 1)[:, :, None]
    red = paper * (1 - ink * (1 - np.array([0.85, 0.2, 0.15])))
    assert read_page((red * 255).astype(np.uint8), recognizer=recognizer).text == made.text
