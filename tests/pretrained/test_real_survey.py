"""What the README says of the theory in trained nets."""

from __future__ import annotations

import numpy as np
import pytest
from pretrained.files import trained

import tinycnn as tc
from tinycnn import image, targets
from tinycnn.theory.survey import Stop, survey


def walk(model: str, weights: str) -> list[Stop]:
    trained(weights)
    net = tc.zoo.build(model, weights)
    return list(survey(net, net.preprocess(image.sample("chelsea")), targets.max_logit()))


def test_filters_of_vgg_are_not_centred() -> None:
    stops = walk("vgg16", "vgg16-features")
    assert len(stops) == 13
    assert min(stop.gaussian for stop in stops) > 0.955
    assert stops[0].bank == pytest.approx(0.92, abs=0.01)
    assert stops[-1].bank == pytest.approx(-0.76, abs=0.01)
    assert min(stop.open for stop in stops) == pytest.approx(0.11, abs=0.01)
    assert max(stop.open for stop in stops) == pytest.approx(0.49, abs=0.01)
    assert max(stop.overlap for stop in stops) == pytest.approx(5.5, abs=0.1)
    assert [round(stops[at].real_gaussian, 2) for at in (1, -1)] == [0.53, 0.91]
    isotropy = [stop.isotropy for stop in stops]
    assert min(isotropy) > 0.2
    assert max(isotropy) < 0.56


@pytest.mark.parametrize(
    ("model", "weights", "layers"),
    [("alexnet", "alexnet-features", 5), ("efficientnet_lite0", "efficientnet-lite0", 17)],
)
def test_every_convolution_of_other_nets_is_measured(model: str, weights: str, layers: int) -> None:
    stops = walk(model, weights)
    assert len(stops) == layers
    for stop in stops:
        numbers = [value for value in vars(stop).values() if isinstance(value, float)]
        assert np.isfinite(numbers).all()
        assert stop.whole == pytest.approx(stop.units + stop.shift, abs=1e-4)
        assert stop.gaussian > max(stop.isotropic, stop.bank)
