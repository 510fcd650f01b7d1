"""All sections of the benchmark, in the order of docs/benchmarks.md."""

from __future__ import annotations

from bench.load import stress
from bench.pages import page_accuracy, real_pages, single_character, turned_pages
from bench.recognition import explain, nearest, old_kana, refusals, released_weights, wide_weights
from bench.section import Section
from bench.speed import archive_engines, engines, first_load, reading_and_startup, stroke_to_answer
from bench.training import ablation, architectures, final_accuracy, loop_speed, rate_finder

SECTIONS: dict[str, Section] = {
    module.SECTION.name: module.SECTION
    for module in (
        released_weights,
        wide_weights,
        nearest,
        explain,
        old_kana,
        refusals,
        page_accuracy,
        real_pages,
        turned_pages,
        single_character,
        stroke_to_answer,
        first_load,
        reading_and_startup,
        engines,
        archive_engines,
        final_accuracy,
        architectures,
        ablation,
        loop_speed,
        rate_finder,
        stress,
    )
}
QUICK = tuple(name for name, section in SECTIONS.items() if section.allowed_stale is None)  # minutes together
GROUPS = tuple(dict.fromkeys(section.group for section in SECTIONS.values()))
