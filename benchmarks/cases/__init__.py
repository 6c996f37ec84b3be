"""All cases by name; one file per kind."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.cases import classics, conv_layers, small_nets, start, vgg

CASES: dict[str, Case] = {
    case.name: case for kind in (vgg, classics, small_nets, start, conv_layers) for case in kind.CASES
}
