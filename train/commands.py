"""The commands of `python -m train`: each opens what its arguments name, calls one use case, and prints the result."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn

import torch

from kmnist_model import weights_file
from kmnist_model.characters import historical_forms
from kmnist_model.engines.onnx_engine import onnx_path
from kmnist_model.hub.address import is_address
from kmnist_model.page.detector import FILE as DETECTOR
from kmnist_model.recognizer import RELEASED, Recognizer, weights_path
from kmnist_model.weights_file import load_card
from train import forms, gallery, learn
from train.arguments import recipe_of
from train.data import catalogue, contact_sheets, folders, kuzushiji
from train.data.data_folder import DataFolder, data_folder
from train.data.download import fetch
from train.data.splits import KANJI_CACHE, Split
from train.data.task import Task, open_dataset, open_task
from train.detector.fit import DetectorRecipe
from train.detector.make import make_detector
from train.errors import DataError
from train.evaluation import compare, sets
from train.evaluation.calibrate import with_left_out_thresholds, with_thresholds_of
from train.evaluation.diagnosis import diagnose
from train.evaluation.evaluate import evaluate
from train.evaluation.neighbours import find
from train.fitting import batch_size, distributed
from train.fitting.finder import FINDER_STEPS, find_rate, train_steps
from train.fitting.learner import make_learner
from train.pipeline import run_fit, start
from train.publishing import export, hub, mistakes, model_card, plots, report, repository, run_record
from train.recipe import Recipe


def _data_folder(arguments: argparse.Namespace) -> DataFolder:
    return data_folder(arguments.data, not getattr(arguments, "no_verify", False))


def _data(arguments: argparse.Namespace) -> None:
    data = _data_folder(arguments)
    if arguments.action == "show":
        split = open_dataset(arguments.name, None, data)
        paths = contact_sheets.contact_sheets(split, arguments.out)
        print(f"{len(paths)} sheets\t{arguments.out}")
        return
    datasets = list(catalogue.DATASETS.values()) if arguments.action == "list" else [catalogue.find(arguments.name)]
    for dataset in datasets:
        if arguments.action == "list":
            here = [file.name for file in dataset.files if (dataset.folder(data) / file.name).exists()]
            cached = dataset.name == "kkanji" and (dataset.folder(data) / KANJI_CACHE).exists()
            state = "here, at 28x28" if cached else f"{len(here)} of {len(dataset.files)} files here"
            print(f"{dataset.name}\t{dataset.title}: {dataset.about}; {dataset.classes:,} classes; scored by {dataset.score}; {state}")
            continue
        for file in dataset.files:
            path = dataset.folder(data) / file.name
            if arguments.action == "fetch" and not path.exists():
                fetch(file.urls, path, file.md5)
            _verify(path, file.md5)
    if arguments.action == "list":
        print(f"All three: {catalogue.CITATION}. {catalogue.PAPER}.")


def _verify(path: Path, md5: str | None) -> None:
    if not path.exists():
        print(f"{path}\tmissing")
        return
    if md5:
        catalogue.check(path, md5)
    print(f"{path}\t{'official' if md5 else 'whole; no sum is published'}")


def _split(arguments: argparse.Namespace) -> Split:
    if arguments.dataset == kuzushiji.NAME:
        return kuzushiji.held_out(_data_folder(arguments))
    return open_dataset(arguments.dataset, arguments.protocol, _data_folder(arguments))


def _task(arguments: argparse.Namespace, recipe: Recipe) -> Task:
    return open_task(arguments.dataset, arguments.protocol, _data_folder(arguments), recipe, arguments.extra)


def _fit(arguments: argparse.Namespace) -> None:
    recipe = recipe_of(arguments)
    with distributed.writer_first():
        task = _task(arguments, recipe)
    run = run_fit(recipe, task, arguments.out, init=arguments.init, resume=arguments.resume, track=arguments.track)
    if run is None:
        return
    if run.fit.stopped:
        print(f"Stopped: these are the weights of epoch {run.fit.kept}, the best so far; continue with --resume.", file=sys.stderr)
    print(run.weights)
    for name, metrics in run.card.metrics["validation"].items():
        print("\t".join([name, *(f"{metric} {value:.4g}" for metric, value in metrics.items())]))


def _init(arguments: argparse.Namespace, task: Task) -> dict[str, torch.Tensor] | None:
    return start(arguments.init, task.split.alphabet) if arguments.init else None


def _find_rate(arguments: argparse.Namespace) -> None:
    recipe = recipe_of(arguments)
    task, picks = _task(arguments, recipe), []
    for seed in range(recipe.seed, recipe.seed + max(1, arguments.seeds)):
        result = find_rate(
            make_learner(recipe.changed({"seed": seed}), task.split, task.outliers, _init(arguments, task)), seed, FINDER_STEPS
        )
        picks.append(result.suggestions["minimum"])
        if arguments.seeds > 1:
            print(f"seed {seed}\t{picks[-1]:.3g}")
    if arguments.seeds > 1:
        print(f"largest / smallest\t{max(picks) / min(picks):.2f}")
    plots.save_finder_curve(result, arguments.out / "finder.png")
    (arguments.out / run_record.FINDER).write_text(json.dumps(asdict(result)) + "\n", "utf-8")
    print("\n".join(f"{name}\t{rate:.3g}" for name, rate in result.suggestions.items()))
    print(f"curve\t{arguments.out / 'finder.png'}")


def _find_batch_size(arguments: argparse.Namespace) -> None:
    recipe = recipe_of(arguments)
    task = _task(arguments, recipe)

    def train(trial: Recipe, steps: int) -> list[float]:
        return train_steps(make_learner(trial, task.split, task.outliers, _init(arguments, task)), trial, steps)

    trials = batch_size.find_batch_size(recipe, train, arguments.samples, len(task.split.train))
    batch_size.save_picture(trials, arguments.out / "batch_size.png")
    print(batch_size.table(trials))
    print(f"picture\t{arguments.out / 'batch_size.png'}")
    print(f"pick\t{trials[-1].size}" if trials[-1].learns else "pick\tnone: give more --samples, or another rate")


def _evaluate(arguments: argparse.Namespace) -> None:
    recognizer = Recognizer.load(weights_path(arguments.weights))
    measured = evaluate(recognizer, _split(arguments), _data_folder(arguments))
    if arguments.json:
        print(json.dumps(measured))
    else:
        print("\n".join(f"{what}\t{n}\t{value}" for what, n, value in model_card.rows(recognizer.alphabet.name, measured)))


def _export(arguments: argparse.Namespace) -> None:
    if arguments.push:
        hub.check_token()  # before the measurements, which take minutes
    path, split, data = weights_path(arguments.weights), _split(arguments), _data_folder(arguments)
    public = not folders.is_folder(arguments.dataset)  # the user's own pictures are not published
    with tempfile.TemporaryDirectory() as folder:  # a second weights file beside the first would make the fit's folder ambiguous
        changed = _with_other_thresholds(path, Path(folder), arguments, data)
        recognizer = Recognizer.load(changed)
        measured = evaluate(recognizer, split, data)
        found = find(recognizer, diagnose(recognizer, split.test), split.train, mistakes.ON_CARD) if public else []
        picture = mistakes.path_of(arguments.out / f"{arguments.name}.safetensors")
        if found:
            measured["mistakes"] = mistakes.described(found, split.source, picture)
        released = export.release(changed, arguments.name, measured, split.test, arguments.out)
    print(released)
    if found:
        mistakes.save(found, split.source, picture)
    card = released.path.with_suffix(".md")
    card.write_text(model_card.model_card(arguments.name, load_card(released.path), measured), "utf-8")
    beside = onnx_path(released.path)
    onnx_files = [path for path in (arguments.onnx, beside if beside.exists() and beside != arguments.onnx else None) if path]
    for file in onnx_files:  # one beside the weights would be of the old ones
        from train.publishing import int8_file, onnx_file  # 2 s to import

        print(onnx_file.write(released.path, file, split.test))
        if file == beside:
            print(int8_file.write_beside(released.path, data))
    if arguments.push:
        with tempfile.TemporaryDirectory() as report_folder, tempfile.TemporaryDirectory() as folder:
            fit = run_record.read(path.parent) if (path.parent / run_record.FILE).exists() else run_record.of_weights(path)
            page = report.write(fit, released.path, split, data, Path(report_folder), public)[0]
            files = repository.lay_out(Path(folder), arguments.push, released.path, page, arguments.onnx)
            print(hub.push(arguments.push, files, arguments.name))


def _with_other_thresholds(path: Path, folder: Path, arguments: argparse.Namespace, data: DataFolder) -> Path:
    """A copy of the weights in `folder` with the thresholds that are asked for, or `path` where none are."""
    if not (arguments.left_out or arguments.thresholds_of) and arguments.threshold is None:
        return path
    card, network = weights_file.load(path)
    if arguments.left_out:  # by the book of old kana that those weights did not learn from
        examples = kuzushiji.book_kana(data, card.alphabet, kuzushiji.SECOND_BOOK)
        card = with_left_out_thresholds(card, Recognizer.load(weights_path(arguments.left_out)), examples)
    if arguments.thresholds_of:
        card = with_thresholds_of(card, load_card(weights_path(arguments.thresholds_of)))
    if arguments.threshold is not None:
        sure = card.threshold if card.sure is None else card.sure
        if not arguments.threshold <= sure:
            raise DataError(f"These weights are sure from {sure:.2f}: give a --threshold below it.")
        card = replace(card, threshold=arguments.threshold, sure=sure)
    copy = folder / path.name
    weights_file.save(copy, network, card)
    return copy


def _report(arguments: argparse.Namespace) -> None:
    run = Path(arguments.run)
    path = run_record.weights(run) if run.is_dir() else weights_path(arguments.run)
    fit = run_record.read(run) if run.is_dir() else run_record.of_weights(path)
    if arguments.finder:
        fit = replace(fit, finder=run_record.finder(arguments.finder) or _missing(arguments.finder))
    out = arguments.out or (Path() if is_address(arguments.run) else path.parent)  # not the cache of the Hub
    arguments.dataset, arguments.protocol = arguments.dataset or fit.dataset, arguments.protocol or fit.protocol or None
    for path_written in report.write(fit, path, _split(arguments), _data_folder(arguments), out, not arguments.no_pictures):
        print(path_written)


def _missing(folder: Path) -> NoReturn:
    raise DataError(f"{folder} holds no {run_record.FINDER}: give the --out of python -m train find-lr.")


def _compare(arguments: argparse.Namespace) -> None:
    contenders = compare.measure([weights_path(name) for name in arguments.weights], _split(arguments))
    compare.save_picture(contenders, arguments.out)
    print(compare.table(contenders))
    print(f"picture\t{arguments.out}")


def _forms(arguments: argparse.Namespace) -> None:
    made = forms.make_and_measure(Recognizer.load(arguments.weights), _data_folder(arguments))
    made.save(arguments.out)
    print(arguments.out)
    for name, figures in made.metrics.items():
        print(f"{name}\t{figures['n']}\ttop-1 {figures['top1']:.2%}\ttop-3 {figures['top3']:.2%}")


def _gallery(arguments: argparse.Namespace) -> None:
    made = gallery.make_and_measure(Recognizer.load(arguments.weights), _data_folder(arguments))
    made.save(arguments.out)
    size = sum(path.stat().st_size for path in (arguments.out, arguments.out.with_suffix(".png")))
    print(f"{arguments.out}\t{len(made):,} pictures, {size / 1e6:.2f} MB")
    for name, figures in made.metrics.items():
        print(f"{name}\t{figures['n']}\tof the right class among the {gallery.SHOWN} nearest {figures['share']:.2%}")


def _learn(arguments: argparse.Namespace) -> None:
    recognizer, data = Recognizer.load(arguments.weights), _data_folder(arguments)
    made = learn.write(arguments.out, recognizer, data)
    count = sum(map(len, made["examples"].values()))
    print(f"{arguments.out}\t{arguments.out.stat().st_size / 1e3:.0f} kB")
    print(f"{len(made['kana'])} kana\t{len(made['letters'])} historical letters\t{count} real kana of {len(made['examples'])} letters")
    for name, graded in learn.grades(recognizer, historical_forms.for_recognizer(recognizer), data).items():
        shares = "\t".join(f"{grade} {count / graded.total():.1%}" for grade, count in graded.most_common())
        print(f"pencil drawings against a {name} letter\t{graded.total()}\t{shares}")


def _sets(arguments: argparse.Namespace) -> None:
    recognizer, data = Recognizer.load(arguments.weights), _data_folder(arguments)
    calibration, test = sets.halves(kuzushiji.old_kanji(data, recognizer.alphabet)[2])
    margin = sets.fit(recognizer, calibration)
    margin.save(arguments.out)
    found = sets.measure(recognizer, margin, test)
    print(f"{arguments.out}\t{margin.nats:.3f} nats\tby {margin.calibrated_on:,}")
    print(f"test\t{found['n']:,}\tcoverage {found['coverage']:.2%}\tmean size {found['size']:.2f}\tmore than one {found['unsure']:.1%}")


def _detector(arguments: argparse.Namespace) -> None:
    recipe = DetectorRecipe(steps=arguments.steps, bf16=arguments.bf16)
    made = make_detector(_data_folder(arguments).path, arguments.work, arguments.scans, recipe)
    made.save(arguments.out)
    print(arguments.out)
    print("\t".join(f"{name} {value:.4g}" for name, value in made.about["made scans"].items()))


def _onnx(arguments: argparse.Namespace) -> None:
    from train.publishing import int8_file, onnx_file  # 2 s to import

    for weights in map(weights_path, arguments.weights or RELEASED):
        print(onnx_file.write(weights, onnx_path(weights), onnx_file.drawn(load_card(weights))), flush=True)
        print(int8_file.write_beside(weights, _data_folder(arguments)), flush=True)
    if not arguments.weights:
        print(onnx_file.write_detector(DETECTOR, onnx_path(DETECTOR)))


COMMANDS = {
    "data": _data,
    "fit": _fit,
    "find-lr": _find_rate,
    "find-batch-size": _find_batch_size,
    "evaluate": _evaluate,
    "report": _report,
    "export": _export,
    "compare": _compare,
    "forms": _forms,
    "gallery": _gallery,
    "learn": _learn,
    "sets": _sets,
    "detector": _detector,
    "onnx": _onnx,
}
