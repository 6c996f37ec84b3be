"""Faults that change nothing that anybody could see, each with its reason."""

from __future__ import annotations

_METHOD = "another method is chosen, whose numbers are the same up to rounding; only the speed differs"

_PANELS = "how many panels are multiplied at once is a matter of caches"

_ONES = "0 and 1 are exact in every precision, and what is taken from them decides that of the difference"

_ZERO = "0 becomes 0 either way, but for the sign of a negative zero"

_OPEN = "every negative length is the one that is left open"

_SIZES = "how large the networks may be on which a law is tried is a matter of time"

EQUIVALENT: dict[str, str] = {
    "ops/softmax _one_hot: "
    "(np.arange(logits.shape[1]) == np.asarray(labels)[:, None]).astype(logits.dtype) -> "
    "(np.arange(logits.shape[1]) == np.asarray(labels)[:, None]).astype(np.float32)": _ONES,
    "ops/kernels/planes/im2col _run: depth * width * x.itemsize -> (depth * width + x.itemsize)": _PANELS,
    "ops/kernels/planes/im2col _run: "
    "x.shape[1] * math.prod(geometry[0]) -> (x.shape[1] + math.prod(geometry[0]))": _PANELS,
    "ops/kernels/planes/im2col conv2d_vjp_input: groups * rows * w -> (groups * rows + w)": (
        "how many rows go back at once is a matter of caches"
    ),
    "ops/kernels/planes/im2col _product: np.zeros -> np.ones": (
        "what is not set goes into sums that are dropped"
    ),
    "ops/activation relu: x <= 0 -> (x < 0)": _ZERO,
    "ops/kernels/conv conv2d: weight.shape[1] >= _WIDE -> (weight.shape[1] > _WIDE)": _METHOD,
    "ops/kernels/conv conv2d_vjp_input: weight.shape[1] >= _WIDE -> (weight.shape[1] > _WIDE)": _METHOD,
    "ops/kernels/conv conv2d: 1 -> 2": _METHOD,
    "ops/kernels/planes/im2col _run: 1 -> 2 #2": _PANELS,
    "ops/kernels/planes/im2col _run: "
    "4 * threads.get_num_threads() -> (4 + threads.get_num_threads())": _PANELS,
    "ops/kernels/planes/im2col conv2d_vjp_input: 1 -> 2 #2": _OPEN,
    "ops/kernels/planes/dense _inner: 4 -> 5": "fewer products are summed in registers, the rest one by one",
    "ops/kernels/conv conv2d_vjp_input: 1 -> 2": _METHOD,
    "ops/kernels/conv conv2d: groups <= few.CHANNELS -> (groups < few.CHANNELS)": _METHOD,
    "ops/kernels/conv conv2d: groups <= few.CHANNELS or not fast -> "
    "(groups <= few.CHANNELS and not fast)": _METHOD,
    "ops/kernels/conv conv2d: not fast -> (fast)": _METHOD,
    "ops/kernels/conv conv2d_vjp_input: groups <= few.CHANNELS -> (groups < few.CHANNELS)": _METHOD,
    "ops/kernels/conv conv2d_vjp_input: groups <= few.CHANNELS or not fast -> "
    "(groups <= few.CHANNELS and not fast)": _METHOD,
    "ops/kernels/conv conv2d_vjp_input: not fast -> (fast)": _METHOD,
    "ops/kernels/planes/dense dense_vjp_input: len(signal) > _SOME -> (len(signal) >= _SOME)": _METHOD,
    "ops/kernels/planes/activation _relu: x[i] <= zero -> (x[i] < zero)": _ZERO,
    "rules/others rescaled_pool: np.maximum(y, rest) -> np.maximum(rest, y)": "the larger one is the same",
    "ops/activation sigmoid: x >= 0 -> (x > 0)": "at 0 both formulas are one half",
    "ops/kernels/planes/shape add: 1 -> 2 #3": _OPEN,
    "testing/laws/rewriting dummy: 1 -> 2 #4": _OPEN,
    "rules/stack _is_blind: step.layer.linear or one -> (step.layer.linear and one)": (
        "each rule is passed alone where all could be together; the numbers are the same"
    ),
    "rules/tape _inner: False -> True": "a copy has the same numbers",
    "testing/laws/symmetry _classifiers: 3 -> 4": _SIZES,
    "testing/laws/algebra _mask: step.input -> step.output": "the mask is open where it was",
    "testing/laws/rewriting _neighbour: -1 -> (1)": "steps are halved until no mask changes",
    "testing/laws/symmetry: 3 -> 4 #2": _SIZES,
    "testing/laws/contract locality: 0 -> 1": "a step is at least 1 in any case",
    "testing/laws/contract: 3 -> 4": _SIZES,
    "testing/laws/rewriting: 3 -> 4": _SIZES,
    "testing/laws/rewriting: 1 -> 2 #3": _SIZES,
    "rules/composites: type[Layer], Row -> (Row, type[Layer])": "nothing reads annotations",
    "testing/laws/symmetry: 3 -> 4 #3": _SIZES,
    "testing/laws/symmetry unused_class: 0 -> 1 #2": "one drawn number is as good a seed as another",
    "rules/fold pairs: defaultdict(set), defaultdict(set) -> (defaultdict(set), defaultdict(set))": (
        "both are empty"
    ),
    "rules/lrp _signed: 1 -> 2 #3": "only its sign is looked at",
    "rules/lrp ZBox.__call__: (Term(step.input, _without_bias(layer)), *terms) -> "
    "(*terms, Term(step.input, _without_bias(layer)))": "terms are summed, in whatever order",
}
"""From the name of a fault to why the faulty program is as good as the right one."""
