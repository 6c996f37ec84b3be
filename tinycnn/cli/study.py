"""``tinycnn study``: statistics of maps over any number of images."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tinycnn.cli.options import add_model, add_seed, chosen_weights, positive_number
from tinycnn.cli.progress import console, status
from tinycnn.cli.terminal import say, show, show_table
from tinycnn.experiments import studies
from tinycnn.experiments.studies import STUDIES, Results, Study, Tally, Workers
from tinycnn.visualize import DEFAULT_RULES

if TYPE_CHECKING:  # scipy takes a while to import
    from tinycnn.experiments.studies.summary import Line

SHOWN = 20
"""How many unreadable files are listed; the results file has all of them."""


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "study",
        help="statistics of maps over any number of images",
        description="Measure maps of every image in files and folders, and keep one row for each comparison "
        "in a results file. Kill it at any moment and start it again: it goes on where it was.",
    )
    kinds = parser.add_subparsers(title="studies", metavar="STUDY", required=True)
    for study in STUDIES.values():
        _add_study(kinds.add_parser(study.name, help=study.says, description=f"Measure {study.says}."), study)
    _add_summary(kinds.add_parser("summary", help="the table of a results file, as text, CSV or figure"))


def _add_study(parser: argparse.ArgumentParser, study: Study) -> None:
    parser.add_argument("images", nargs="+", metavar="IMAGES", help="files, and folders at any depth")
    parser.add_argument("--results", type=Path, required=True, metavar="FILE", help="made if need be")
    add_model(parser, "vgg16")
    parser.add_argument("--rules", default=",".join(DEFAULT_RULES), metavar="A,B", help="(%(default)s)")
    parser.add_argument(
        "--pairs",
        type=positive_number,
        default=1,
        metavar="K",
        help=f"{study.pairs} (%(default)s)",
    )
    add_seed(parser, "of random weights and of all draws")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=positive_number, metavar="N", help="processes on this machine (one per core)"
    )
    where.add_argument("--dask", metavar="ADDRESS", help="a cluster's scheduler, such as tcp://host:8786")
    parser.set_defaults(run=run, study=study.name)


def _add_summary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, metavar="FILE")
    parser.add_argument("--csv", action="store_true", help="all digits, for other programs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also draw it: FILE.png or FILE.pdf")
    parser.set_defaults(run=run_summary)


def run(arguments: argparse.Namespace) -> int:
    """Measure what is not measured yet, then print the table."""
    rules = [name.strip() for name in arguments.rules.split(",")]
    weights = chosen_weights(arguments.model, arguments.weights)
    with status(f"building {arguments.model}"):
        setting, model = studies.describe(
            arguments.study, arguments.model, weights, rules, arguments.pairs, arguments.seed
        )
        studies.check(setting, model)
        del model  # the workers build their own
        total = sum(1 for _ in studies.walk(arguments.images))
    with _workers(arguments) as workers, _bar(total) as watch:
        tally = studies.run(
            setting, arguments.images, arguments.results, workers.executor, 3 * workers.count, watch
        )
    gone = f", {tally.gone} gone" if tally.gone else ""
    done = f"{tally.measured} images measured, {tally.known} known before"
    show(f"{done}, {tally.unreadable} unreadable{gone}")
    with studies.read(arguments.results) as results:
        _print(results)
    return 0


def run_summary(arguments: argparse.Namespace) -> int:
    """Print or draw the table of a results file."""
    from tinycnn.experiments.studies.summary import summary, write_csv

    with studies.read(arguments.results) as results:
        if arguments.csv:
            write_csv(summary(results), sys.stdout)
        else:
            _print(results)
        if arguments.out is not None:
            from tinycnn.experiments.studies.figure import draw
            from tinycnn.pictures.plot import save

            save(draw(summary(results), results.setting), arguments.out)
    return 0


def _workers(arguments: argparse.Namespace) -> AbstractContextManager[Workers]:
    return studies.cluster(arguments.dask) if arguments.dask else studies.processes(arguments.workers)


@contextmanager
def _bar(total: int) -> Iterator[Any]:
    """A bar as downloads have it, with rate and remaining time; files that are known already do not count."""
    columns = (TextColumn("measuring"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    seen: AbstractContextManager[object] = progress if console.is_terminal else nullcontext()
    with seen:  # a bar that is disabled ends in an empty line, before rich 14.3
        task = progress.add_task("", total=total)

        def watch(tally: Tally) -> None:
            progress.update(task, completed=tally.measured + tally.unreadable, total=total - tally.known)

        yield watch


class _Rate(ProgressColumn):
    """Images per second, over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.3g} images/s")


def _print(results: Results) -> None:
    """The table, and what it leaves out."""
    from tinycnn.experiments.studies.summary import summary

    setting, study, lines = results.setting, studies.get(results.setting.study), summary(results)
    images = max((line.images for line in lines), default=0)
    show(f"{setting.study}, {study.says}")
    show(f"{setting.model}, weights {setting.weights} ({setting.weights_hash[:12]}), seed {setting.seed}")
    show(f"{images} images, {setting.pairs} {study.pairs}; mean over images ± 95 % interval")
    _show_table(lines, study.layers)
    for rule, group in groupby(sorted(lines, key=attrgetter("rule")), attrgetter("rule")):
        missing = [f"{line.measure} {line.undefined}" for line in group if line.undefined]
        if missing:
            show(f"undefined rows of {rule}, left out: {', '.join(missing)}")
    for at, (path, problem) in enumerate(results.unreadable()):
        if at == SHOWN:
            say("... more in the results file: SELECT path, problem FROM files")
            break
        say(f"unreadable: {path}: {problem}")


def _show_table(lines: Sequence[Line], below: str) -> None:
    """A row for each rule and number of random layers, a column for each measure."""
    measures = list(dict.fromkeys(line.measure for line in lines))
    layers = [below] if any(line.depth for line in lines) else []
    predicted = ["random net, predicted"] if any(line.predicted == line.predicted for line in lines) else []
    rows: dict[tuple[str, int, str], list[Line]] = {}
    for line in lines:
        rows.setdefault((line.rule, line.depth, line.layer), []).append(line)
    cells = []
    for (rule, _, layer), found in rows.items():
        means = [f"{line.mean:.4f} ± {line.high - line.mean:.4f}" if line.images else "-" for line in found]
        theory = "" if math.isnan(found[0].predicted) else f"{found[0].predicted:.4f}"
        cells.append((rule, *([layer] if layers else []), *means, *([theory] if predicted else [])))
    show_table(cells, ("rule", *layers, *measures, *predicted))
