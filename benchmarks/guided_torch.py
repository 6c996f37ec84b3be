"""Guided backprop in torch: an autograd function in the place of every ReLU, however it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Guided(torch.autograd.Function):
    """A ReLU whose backward pass lets through what is positive, where the input was."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, signal: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return signal.clamp(min=0) * (x > 0)


class EveryReLU(TorchFunctionMode):
    """Puts a function in the place of every ReLU, however it is called."""

    NAMES = ("relu", "relu_")

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def __torch_function__(self, called: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(called, "__name__", "") in self.NAMES:
            return self.function(args[0])
        return called(*args, **(kwargs or {}))
