"""All cases by name; one file per kind."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.cases import classics, conv_layers, methods, small_nets, start, vgg

CASES: dict[str, Case] = {
    case.name: case
    for kind in (vgg, methods, classics, small_nets, start, conv_layers)
    for case in kind.CASES
}
