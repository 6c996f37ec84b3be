"""Which architectures of others load, and whether their maps are autograd's: ``python -m benchmarks.models``.

Each network of pytorchcv gets random weights, goes through `tinycnn.from_torch` in double precision, and is
held against autograd on one image: the logits, the gradient of the largest, and guided backprop, which torch
gets by an autograd function in the place of every ReLU. Beside the differences stands how much torch's own
results change when the image changes in its last digit: in a deep network with random weights that may be
more than the last digit. With ``--markdown FILE`` a table is written; the command goes on where it stopped,
as its results are kept beside that file. It needs the extra [peers].
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

import numpy as np

import tinycnn as tc

ARCHITECTURES = [
    "vgg:vgg11",
    "vgg:bn_vgg11b",
    "bninception:bninception",
    "resnet:resnet18",
    "resnet:resnetbc26b",
    "preresnet:preresnet18",
    "resnext:resnext26_32x4d",
    "seresnet:seresnet18",
    "seresnext:seresnext50_32x4d",
    "sepreresnet:sepreresnet18",
    "senet:senet16",
    "ibnresnet:ibn_resnet50",
    "airnet:airnet50_1x64d_r2",
    "bamresnet:bam_resnet18",
    "wrn:wrn50_2",
    "drn:drnd22",
    "densenet:densenet121",
    "peleenet:peleenet",
    "squeezenet:squeezenet_v1_1",
    "squeezenet:squeezeresnet_v1_1",
    "squeezenext:sqnxt23_w1",
    "shufflenet:shufflenet_g3_wd4",
    "shufflenetv2:shufflenetv2_wd2",
    "menet:menet108_8x1_g3",
    "mobilenet:mobilenet_w1",
    "mobilenetb:mobilenetb_w1",
    "fdmobilenet:fdmobilenet_w1",
    "mobilenetv2:mobilenetv2_w1",
    "mobilenetv3:mobilenetv3_large_w1",
    "igcv3:igcv3_w1",
    "ghostnet:ghostnet",
    "mnasnet:mnasnet_b1",
    "fbnet:fbnet_cb",
    "proxylessnas:proxylessnas_cpu",
    "spnasnet:spnasnet",
    "efficientnet:efficientnet_b0",
    "efficientnet:efficientnet_b0b",
    "efficientnetedge:efficientnet_edge_small_b",
    "mixnet:mixnet_s",
    "darknet:darknet_ref",
    "darknet53:darknet53",
    "vovnet:vovnet27s",
    "regnet:regnetx002",
    "regnet:regnety002",
    "selecsls:selecsls42b",
    "xception:xception",
    "inceptionv3:inceptionv3",
    "inceptionresnetv1:inceptionresnetv1",
    "nin_cifar:nin_cifar10",
    "resnet_cifar:resnet20_cifar10",
    "preresnet_cifar:preresnet20_cifar10",
    "seresnet_cifar:seresnet20_cifar10",
    "densenet_cifar:densenet40_k12_cifar10",
    "wrn_cifar:wrn16_10_cifar10",
    "ror_cifar:ror3_56_cifar10",
    "xdensenet_cifar:xdensenet40_2_k24_bc_cifar10",
    "alexnet:alexnet",
    "cbamresnet:cbam_resnet18",
    "resattnet:resattnet56",
    "diaresnet:diaresnet18",
    "dla:dla34",
    "dpn:dpn68",
    "hardnet:hardnet39ds",
    "rir_cifar:rir_cifar10",
    "pyramidnet_cifar:pyramidnet110_a48_cifar10",
    "fractalnet_cifar:fractalnet_cifar10",
]
"""Module and function of each."""


def measured(place: str) -> dict[str, object]:
    """How one architecture fares."""
    import torch

    file, name = place.split(":")
    torch.manual_seed(0)
    net = getattr(importlib.import_module(f"pytorchcv.models.{file}"), name)().double().eval()
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    x = torch.randn(1, 3, *net.in_size, dtype=torch.float64)
    try:
        model = tc.from_torch(net, x)
    except tc.ModelFileError as error:
        return {"name": name, "refused": error.reason}
    logits, gradient, guided = _autograd(net, x)
    again = _autograd(net, x * (1 + 2**-52))
    trace = tc.forward(model, x.numpy())
    seed = tc.targets.max_logit()(trace)
    by_gradient, by_guided = (tc.backward(trace, seed, rule)[0] for rule in (tc.rules.GRADIENT, AT_RELUS))
    return {
        "name": name,
        "layers": sum(1 for _ in tc.layers.flat(model.layers)),
        "parameters": model.size,
        "logits": _apart(trace.output, logits),
        "gradient": _apart(by_gradient, gradient),
        "guided": _apart(by_guided, guided),
        "rounding": max(map(_apart, again, (logits, gradient, guided))),
    }


AT_RELUS = tc.rules.GRADIENT.replace("guided at ReLUs", {tc.ReLU: tc.rules.GUIDED[tc.ReLU()]})
"""As the autograd function: other activations pass the gradient."""


def _autograd(net, x):  # type: ignore[no-untyped-def]
    from benchmarks.guided_torch import EveryReLU, Guided

    x = x.clone().requires_grad_()
    y = net(x)
    gradient = _map(x, y)
    with EveryReLU(Guided.apply):
        again = net(x)
    return y.detach().numpy(), gradient, _map(x, again)


def _map(x, y):  # type: ignore[no-untyped-def]
    import torch

    return torch.autograd.grad(y[0, y[0].argmax()], x)[0].numpy()


def _apart(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def table(rows: list[dict[str, object]]) -> str:
    """Markdown: what loads, then what is refused."""
    lines = [
        "| architecture | layers | parameters | logits | gradient | guided | torch's own, one digit off |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "refused" not in row:
            numbers = " | ".join(f"{row[key]:.0e}" for key in ("logits", "gradient", "guided", "rounding"))
            lines.append(f"| {row['name']} | {row['layers']} | {row['parameters']:,} | {numbers} |")
    lines += ["", "| refused | why |", "|---|---|"]
    lines += [f"| {row['name']} | {row['refused']} |" for row in rows if "refused" in row]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what is not measured yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a table there")
    parser.add_argument("--only", metavar="TEXT", default="", help="architectures whose names contain this")
    arguments = parser.parse_args()
    kept = arguments.markdown.with_suffix(".jsonl") if arguments.markdown else None
    known = (
        [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept and kept.exists() else []
    )
    rows = {row["name"]: row for row in known}
    for place in ARCHITECTURES:
        name = place.split(":")[1]
        if arguments.only in name and name not in rows:
            rows[name] = measured(place)
            print(json.dumps(rows[name]), flush=True)
            if kept:
                with kept.open("a") as file:
                    file.write(json.dumps(rows[name]) + "\n")
    if arguments.markdown:
        order = [place.split(":")[1] for place in ARCHITECTURES]
        arguments.markdown.write_text(table([rows[name] for name in order if name in rows]), encoding="utf-8")


if __name__ == "__main__":
    main()
