# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One map, four names: gradient x input, LRP, integrated gradients, DeepLIFT
#
# Four methods give every pixel a share of the answer. They come from four papers, and are often compared with each
# other in tables. When are they different at all? In many networks some of them are *the same numbers*. Then a
# table that compares them compares their implementations.
#
# After this notebook you can
#
# 1. say what each of the four adds up to, and check it;
# 2. prove that all four agree in a network without biases, and say what biases change;
# 3. predict how fast the error of integrated gradients falls, and why no rule of quadrature helps;
# 4. say what "complete" does not promise.
#
# You need notebooks 01 and 05. Everything runs offline, in less than a minute.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.layers import flat
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.maps import signed

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80
FOUR = ["gradient-x-input", "lrp-0", "ig(steps=100)", "deeplift"]

trained = tc.zoo.digits("digits").astype(np.float64)
biases = {
    f"{layer.name}.{key}": array
    for layer in flat(trained.layers)
    for key, array in layer.parameters()
    if key == "bias"
}
bare = trained.with_weights({name: np.zeros_like(b) for name, b in biases.items()}, "trained, without biases")
pictures, labels = digit_pictures(40, seed=3)
x = np.concatenate([trained.preprocess(picture) for picture in pictures]).astype(np.float64)


def apart(map, other):
    """How far two maps are apart, as a share of the second."""
    return np.linalg.norm(map - other) / np.linalg.norm(other)


def look(pictures):
    """Draw pictures (h, w) or (h, w, 3) side by side."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(1.9 * len(pictures), 2.2))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        panel.imshow(picture, cmap="gray")
        panel.set_title(title, fontsize=8)
        panel.set_axis_off()
    plt.show()


# %% [markdown]
# ## 1. Without biases
#
# The trained digits net has biases. We set them all to zero, and ask each method for the largest logit.

# %%
maps = tc.visualize(bare, x[:4], FOUR, "max")
logits = tc.predict(bare, x[:4]).max(axis=1)
for name, map in maps.items():
    gap = np.abs(map.sum(axis=(1, 2, 3)) - logits).max()
    print(f"{name:18} from gradient x input {apart(map, maps[FOUR[0]]):.1e}   sum less logit {gap:.1e}")
look({"input": x[0, 0]} | {name: signed(map[0]) for name, map in maps.items()})

# %% [markdown]
# Four names, one map, up to rounding. Why?
#
# A network of convolutions without biases, ReLUs and max-pools is **homogeneous**: $f(ax) = a f(x)$ for $a > 0$,
# because each layer is. Differentiate by $a$ at $a = 1$ (Euler):
#
# $$\langle x, \nabla f(x)\rangle = f(x).$$
#
# So gradient x input sums to the logit. Differentiate by $x$ instead: $\nabla f(ax) = \nabla f(x)$. The gradient
# is the same on the whole ray from 0 to $x$, so averaging it along the ray, as **integrated gradients** do, changes
# nothing, with any number of steps. **DeepLIFT** multiplies by $(\mathrm{relu}\,z - \mathrm{relu}\,z')/(z - z')$
# where $z'$ belongs to the baseline. Without biases $z' = 0$ for the baseline 0, and this is the mask $[z > 0]$.
#
# And **LRP-0**? A linear layer passes $R_j = a_j \sum_k w_{kj} R_k / z_k$. Write $R_k = a_k g_k$ for the relevance
# above, where $a_k = \mathrm{relu}(z_k)$. Then $R_k / z_k = [z_k > 0]\, g_k$: the denominator cancels the factor,
# and what remains is the mask of backpropagation. $R_j = a_j \sum_k w_{kj} [z_k > 0]\, g_k = a_j g_j$, with $g$ the
# gradient. Down to the image: $R = x \cdot \nabla f$. Nowhere did we ask for zero biases.
#
# ## 2. With biases
#
# So LRP-0 stays with gradient x input, and the other two leave. Here is the trained net as it is.

# %%
zero = tc.predict(trained, np.zeros_like(x[:1]))[0]
maps = tc.visualize(trained, x[:4], FOUR, "max")
logits = tc.predict(trained, x[:4])
best, top = logits.argmax(axis=1), logits.max(axis=1)
print(
    f"logits of the four images: {np.round(top, 3)}; less those of a black image: {np.round(top - zero[best], 3)}"
)
for name, map in maps.items():
    print(
        f"{name:18} from gradient x input {apart(map, maps[FOUR[0]]):.1e}   sums {map.sum(axis=(1, 2, 3)).round(3)}"
    )
look({"input": x[0, 0]} | {name: signed(map[0]) for name, map in maps.items()})

# %% [markdown]
# - **Gradient x input** and **LRP-0** are still the same map. It sums to $f(x) - \sum_l \langle b_l, \partial
#   f/\partial b_l\rangle$: what is missing is what the biases contribute.
# - **Integrated gradients** and **DeepLIFT** sum to $f(x) - f(0)$. Biases count as far as they act on a black image.
#
# A textbook sentence such as "LRP distributes the logit over the pixels" is thus true for a network without
# biases only. The missing part has a name for every layer: `tc.rules.tape` prints it as a ledger. We add it up by
# hand, with the derivative by each bias from a backward pass.

# %%
trace = tc.forward(trained, x[:1])
seed = tc.targets.parse("max")(trace)
contribution = 0.0
for index, step in enumerate(trace):
    if hasattr(step.layer, "bias"):
        above = tc.backward(trace[index + 1 :], seed, tc.rules.GRADIENT)[0]
        by_channel = above.sum(axis=(0, *range(2, above.ndim)))
        part = float(step.layer.bias @ by_channel)
        contribution += part
        print(f"{step.layer.name:8} its biases contribute {part:8.4f}")
total = maps["gradient-x-input"][0].sum()
print(
    f"gradient x input {total:.4f} + biases {contribution:.4f} = {total + contribution:.4f}; the logit is {top[0]:.4f}"
)

# %% [markdown]
# ## 3. How many steps?
#
# Integrated gradients are an integral, and programs take a sum of $m$ nodes. A user who asks for more accuracy
# usually tries a better rule of quadrature. But the gradient of a ReLU network along the line is a *step function*:
# it jumps where a unit switches. For a function that jumps, every rule has an error of order $1/m$.
#
# How large? Let one hidden unit switch at a place that is uniform between two nodes of the midpoint rule, which
# are $1/m$ apart. The share of the line that is counted on the wrong side is uniform in $\pm 1/(2m)$, with
# variance $1/(12 m^2)$. With $V_k$ the output weight of unit $k$ and $\Delta z_k$ its change on the line, the
# error of the sum has
#
# $$\mathrm{E}\,\mathrm{err}^2 = \frac{1}{12 m^2} \sum_{k\ \text{switches}} (V_k\, \Delta z_k)^2.$$
#
# We draw networks with one hidden layer and compare, for three rules of quadrature. Right ends count every switch
# up to a whole step wrong, always on the same side: $\mathrm{E}$ of the square of a uniform number in $0..1$ is $1/3$,
# four times as much. The nodes of Gauss and Legendre are closer at the ends and *wider in the middle*, by $\pi
# \sqrt{t(1-t)}/m$ at the place $t$. So a unit that switches there counts $\pi^2 t (1-t)$ times as much.

# %%


def legendre(m):
    """Nodes and weights of Gauss and Legendre on 0..1."""
    nodes, weights = np.polynomial.legendre.leggauss(m)
    return (nodes + 1) / 2, weights / 2


RULES = {
    "midpoint": (lambda m: ((np.arange(m) + 0.5) / m, np.full(m, 1 / m)), lambda t: 1),
    "right ends": (lambda m: ((np.arange(m) + 1) / m, np.full(m, 1 / m)), lambda t: 4),
    "Gauss-Legendre": (legendre, lambda t: np.pi**2 * t * (1 - t)),
}
STEPS, NETS, d, N = [5, 10, 20, 50, 100], 400, 20, 100
rng = np.random.default_rng(0)
W, V, b = rng.standard_normal((NETS, N, d)), rng.standard_normal((NETS, N)), rng.standard_normal((NETS, N))
start, end = rng.standard_normal((2, NETS, d))
z0, z1 = (np.einsum("nij,nj->ni", W, at) + b for at in (start, end))
switches = (z0 > 0) != (z1 > 0)
place = z0 / (z0 - z1)
exact = np.sum(V * (np.maximum(z1, 0) - np.maximum(z0, 0)), axis=1)
for (name, (rule, times)), mark in zip(RULES.items(), "os^", strict=True):
    squares = np.sum(switches * times(place) * (V * (z1 - z0)) ** 2, axis=1) / 12
    predicted = np.sqrt(squares.mean()) / np.array(STEPS)
    errors = []
    for m in STEPS:
        masks = sum(w * (z0 + t * (z1 - z0) > 0) for t, w in zip(*rule(m), strict=True))
        errors.append(np.sum(V * masks * (z1 - z0), axis=1) - exact)
    rms = np.sqrt(np.mean(np.square(errors), axis=1))
    spread = np.std(np.square(errors), axis=1, ddof=1) / np.sqrt(NETS) / (2 * rms)
    (line,) = plt.loglog(STEPS, rms, mark, ms=6, label=name)
    plt.loglog(STEPS, predicted, "-", lw=1, color=line.get_color())
    ratios = [f"{r:.2f} ± {s:.2f}" for r, s in zip(rms / predicted, spread / predicted, strict=True)]
    print(f"{name:15} measured over predicted, m = 5 to 100: " + ", ".join(ratios))
plt.xlabel("steps m")
plt.ylabel("error of the sum (rms)")
plt.legend(fontsize=8)
plt.gcf().set_size_inches(6, 3)
plt.show()

# %% [markdown]
# Marks are measured, lines predicted. All slopes are -1; the cleverest rule has *not* the smallest error. To be ten
# times as accurate, take ten times as many steps. How many are enough is said by the sum: `ig` prints it beside
# $f(x) - f(x')$. With more than one hidden layer the law stays $1/m$; its constant has no formula here.

# %%
reference = tc.visualize(trained, x[:3], ["ig(steps=1000)"], "max")["ig(steps=1000)"]
for steps in (5, 10, 20, 50, 100, 200):
    name = f"ig(steps={steps})"
    map = tc.visualize(trained, x[:3], [name], "max")[name]
    wrong = apart(map, reference)
    print(f"digits net, {steps:3} steps: {wrong:.4f} of the map is wrong; times steps {steps * wrong:.2f}")

# %% [markdown]
# ## 4. DeepLIFT is integrated gradients, once
#
# With **one** hidden layer the pre-activations are straight lines in $t$. A unit that goes from $z'$ to $z$ is on for a
# share of the line, and this share is exactly $(\mathrm{relu}\,z - \mathrm{relu}\,z')/(z - z')$, the multiplier of the
# rescale rule. So the two methods are equal for every baseline. With a second layer its pre-activations are bent
# lines, and the methods part.

# %%
seeds = range(10)
for hidden in (1, 2, 3):
    gaps = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        sizes = [12, *[30] * hidden, 1]
        layers = [tc.Flatten()]
        for below, above in pairwise(sizes):
            weight = rng.standard_normal((above, below)) / np.sqrt(below)
            layers += [tc.Dense(weight, rng.standard_normal(above)), tc.ReLU()]
        net = tc.Model(f"{hidden} hidden", tuple(layers[:-1]), (1, 3, 4))
        one = rng.standard_normal((1, 1, 3, 4))
        two = tc.visualize(net, one, ["ig(steps=2000)", "deeplift"], "0")
        gaps.append(apart(two["deeplift"], two["ig(steps=2000)"]))
    error = np.std(gaps, ddof=1) / np.sqrt(len(gaps))
    print(f"{hidden} hidden layers: DeepLIFT and IG are {np.mean(gaps):.4f} ± {error:.4f} apart")

# %% [markdown]
# (What remains with one layer is the error of IG's 2000 steps.)
#
# ## 5. Where LRP's rules part
#
# LRP-0 is noisy, so people use other rules. Each keeps or loses the sum in its own way.

# %%
NAMES = ["lrp-0", "lrp-epsilon(epsilon=0.1)", "lrp-gamma", "lrp-zplus", "lrp-alpha2-beta1"]
for net in (bare, trained):
    maps = tc.visualize(net, x, NAMES, "max")
    value = tc.predict(net, x).max(axis=1)
    print(net.weights)
    for name, map in maps.items():
        share = map.sum(axis=(1, 2, 3)) / value
        error = np.std(share, ddof=1) / np.sqrt(len(share))
        print(
            f"   {name:25} sum / logit {share.mean():7.4f} ± {error:.4f}   from lrp-0 {apart(map, maps['lrp-0']):.2f}"
        )
look({"input": x[0, 0]} | {name: signed(map[0]) for name, map in maps.items()})

# %% [markdown]
# - **Epsilon** moves denominators away from 0. Without biases each unit keeps only $|z|/(|z| + \varepsilon)$ of what
#   it gets.
# - **z+** and **gamma** are conservative where no bias takes part.
# - **alpha2-beta1** gives twice the positive share less once the negative one. A unit that has *no* negative
#   contribution passes on twice what it got. So conservation holds only where both signs occur.
#
# ## 6. What completeness does not promise
#
# A method is **complete** if its map sums to $f(x) - f(x')$. It sounds like a guarantee. Here are two networks of one
# input, with one and two hidden units. They agree at $x' = 0$ and at $x = 1$, and have *opposite slopes* at $x$.


# %%
def up(x):
    """Flat, then rises to 1 at x = 1 and goes on."""
    return 2 * np.maximum(x - 0.5, 0)


def down(x):
    """Rises to 1.5 at x = 3/4, and falls through 1 at x = 1."""
    return 2 * np.maximum(x, 0) - 4 * np.maximum(x - 0.75, 0)


t = (np.arange(100_000) + 0.5) / 100_000
line = np.linspace(0, 1.2, 200)
for f, style in ((up, "-"), (down, "--")):
    slope = (f(1 + 1e-6) - f(1 - 1e-6)) / 2e-6
    along = (f(t + 1e-6) - f(t - 1e-6)) / 2e-6
    print(
        f"{f.__name__:5} f(0) = {f(0.0):.0f}, f(1) = {f(1.0):.0f}, slope at 1 {slope:+.2f}, integrated gradients {along.mean():.4f}"
    )
    plt.plot(line, f(line), style, label=f.__name__)
plt.axvline(1, color="grey", lw=0.5)
plt.legend()
plt.gcf().set_size_inches(5, 2.2)
plt.show()

# %% [markdown]
# A map that must sum to $f(x) - f(x')$ is 1 for both, with one input it has no choice. But "a little more of this
# input" raises the first answer and lowers the second. No complete method can tell you which (Bilodeau and others
# 2024). Completeness is bookkeeping; it is not a statement of what happens when the input changes.
#
# ## 7. Exercises
#
# **Exercise 1** (15 minutes, medium). LRP-0 for one dense layer: `a` (j,) goes in, `w` (k, j) and `b` (k,) make `z =
# w a + b`, and relevance `R` (k,) comes from above. Give the relevance (j,) of the inputs. Where a denominator is 0,
# nothing passes.
#
# <details><summary>A first hint</summary>
#
# Divide what comes from above by `z` where `z` is not 0. Send the result back through `w`, and multiply by `a` at the
# very end.
#
# </details>


# %% tags=["exercise"]
def lrp_zero(a, w, b, R):
    """Relevance of the inputs of a dense layer."""
    ### BEGIN SOLUTION
    z = w @ a + b
    s = np.divide(R, z, out=np.zeros_like(z), where=z != 0)
    return a * (s @ w)
    ### END SOLUTION


# %% tags=["check"]
def check_lrp_zero(lrp):
    rng = np.random.default_rng()
    a, w, b, R = rng.random(5), rng.standard_normal((3, 5)), rng.standard_normal(3), rng.standard_normal(3)
    found = np.asarray(lrp(a, w, b, R), float)
    assert found.shape == (5,), f"one number for each of the 5 inputs, got shape {found.shape}"
    right = np.array([a[j] * sum(w[k, j] * R[k] / (w[k] @ a + b[k]) for k in range(3)) for j in range(5)])
    bare = np.array([a[j] * sum(w[k, j] * R[k] / (w[k] @ a) for k in range(3)) for j in range(5)])
    assert not np.allclose(found, bare), "the bias belongs into the denominator: it took part in making z"
    assert not np.allclose(found * a, right), (
        "each input counts by its contribution w a: the factor a is missing"
    )
    assert np.allclose(found, right), (
        f"for a = {a.round(2)} you have {found.round(3)}, the formula gives {right.round(3)}"
    )
    a, w = np.array([1.0, 2.0, 1.0]), np.array([[2.0, -1.0, 0.0], [1.0, 1.0, 1.0]])
    with np.errstate(all="ignore"):
        silent = np.asarray(lrp(a, w, np.zeros(2), np.array([1.0, 2.0])), float)
    assert np.isfinite(silent).all(), "unit 0 has z = 0: it is to pass nothing, you have NaN or infinity"
    assert np.allclose(silent, [0.5, 1, 0.5]), (
        f"unit 0 has z = 0 and passes nothing; unit 1 passes 0.5, 1 and 0.5, you have {silent}"
    )
    print("passed")


check_lrp_zero(lrp_zero)

# %% [markdown]
# **Exercise 2** (10 minutes, easy). Integrated gradients by the midpoint rule. You get the gradient as a function,
# the image, the baseline, and the number of steps.
#
# <details><summary>A first hint</summary>
#
# Cut 0..1 into `steps` equal pieces. Where is the middle of the first piece?
#
# </details>


# %% tags=["exercise"]
def integrated_gradients(gradient, x, start, steps):
    """(x - start) times the mean of the gradient at the midpoints of equal steps."""
    ### BEGIN SOLUTION
    along = (np.arange(steps) + 0.5) / steps
    return (x - start) * np.mean([gradient(start + t * (x - start)) for t in along], axis=0)
    ### END SOLUTION


# %% tags=["check"]
def check_integrated_gradients(ig):
    rng = np.random.default_rng()
    x, start = rng.standard_normal((2, 4))
    seen = []

    def gradient(at):  # of the sum of squares
        seen.append(np.array(at))
        return 2 * at

    found = np.asarray(ig(gradient, x, start, 7), float)
    assert len(seen) == 7, f"one gradient for each of the 7 steps, you asked for {len(seen)}"
    places = sorted(float((at - start) @ (x - start) / ((x - start) @ (x - start))) for at in seen)
    middle = (np.arange(7) + 0.5) / 7
    assert np.allclose(places, middle), (
        f"midpoints are at {middle.round(3)} of the way, you look at {np.round(places, 3)}"
    )
    wanted = x**2 - start**2
    assert not np.allclose(found, 7 * wanted), (
        "you have 7 times too much: the mean of the gradients, not their sum"
    )
    assert not np.allclose(found * (x - start), wanted), "the change x - start is missing"
    assert np.allclose(found, wanted), (
        f"for the sum of squares it must be x^2 - start^2 = {wanted.round(3)}, you have {found.round(3)}"
    )
    print("passed")


check_integrated_gradients(integrated_gradients)

# %% [markdown]
# **Exercise 3** (15 minutes, medium). The multiplier of DeepLIFT's rescale rule for ReLUs: from pre-activations `z`
# of the image and `z0` of the baseline, arrays of the same shape, to $(\mathrm{relu}\,z - \mathrm{relu}\,z_0)/(z -
# z_0)$. Where the two are equal, it is the derivative at $z$ (0 at 0).
#
# <details><summary>A first hint</summary>
#
# `np.divide` leaves `out` as it is where it does not divide. So let `out` hold what is right there.
#
# </details>


# %% tags=["exercise"]
def rescale(z, z0):
    """What a ReLU multiplies the signal by."""
    ### BEGIN SOLUTION
    change = z - z0
    ratio = np.maximum(z, 0) - np.maximum(z0, 0)
    return np.divide(ratio, change, out=(z > 0).astype(float), where=change != 0)
    ### END SOLUTION


# %% tags=["check"]
def check_rescale(multiplier):
    rng = np.random.default_rng()
    z, z0 = rng.standard_normal((2, 6))
    with np.errstate(all="ignore"):
        found = np.asarray(multiplier(z, z0), float)
        same = np.asarray(multiplier(np.array([2.0, -2.0, 0.0]), np.array([2.0, -2.0, 0.0])), float)
        across = float(np.asarray(multiplier(np.array([3.0]), np.array([-1.0])))[0])
    assert across != 1, (
        "from -1 to 3 a unit is on for three quarters of the way, not all of it; that would be the gradient"
    )
    assert np.isclose(across, 0.75), f"from -1 to 3 a ReLU rises by 3 of 4; you have {across:.3f}"
    right = np.array([(max(p, 0) - max(q, 0)) / (p - q) for p, q in zip(z, z0, strict=True)])
    assert np.allclose(found, right), (
        f"for z = {z.round(2)} and z0 = {z0.round(2)} you have {found.round(3)}, it is {right.round(3)}"
    )
    assert np.isfinite(same).all(), "where both are equal there is no quotient: take the derivative"
    assert np.allclose(same, [1, 0, 0]), f"at z = z0 = 2, -2, 0 the derivative is 1, 0, 0; you have {same}"
    print("passed")


check_rescale(rescale)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). A benchmark ranks gradient x input, LRP-0, integrated gradients (baseline 0) and
# DeepLIFT on ReLU networks without biases. Integrated gradients win by a little. What do you conclude?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Without biases the network is homogeneous, and all four are the same map: the difference is one of implementations
#   (steps, rounding, another baseline, a mistake).
# - With biases they would differ: the first two stay equal, the other two sum to f(x) - f(0).
#
# > **1 point.** All four are x times the gradient there: the gradient is constant on the ray from 0 to x, so the
# > average along it changes nothing, and the multipliers of the other two reduce to the mask. So the ranking measures
# > programs, not methods. With biases it would make sense, but then gradient x input and LRP-0 still have to tie.
#
# > **½ point.** The methods are very similar for such networks, so a small difference is not significant. One should
# > use more images.
#
# They are not similar but equal, and more images make a difference of programs more significant.
#
# > **0 points.** Integrated gradients are best because they average the gradient and so remove its noise.
#
# The gradient does not change along this path: there is nothing to average.

# %% [markdown]
# **Question 2** (5 minutes). "Our map is complete. So the pixel with the largest share is the one whose change would
# change the answer most." Judge the sentence.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - Completeness is one equation for the sum of the map: bookkeeping between two points, x' and x.
# - It does not fix what happens for a small change at x: two networks with the same complete map can have opposite
#   slopes there.
#
# > **1 point.** It does not follow. Complete means that the shares sum to f(x) - f(x'). Nothing is said of what f
# > does near x. Section 6 has two networks that agree at both ends, so that both get the same map, and if one
# > increases the input a little, one answer rises and the other one falls.
#
# > **½ point.** The sentence is too strong, because shares depend on the baseline that is chosen.
#
# True, but with the baseline fixed the sentence is still false.
#
# > **0 points.** Right: the shares are the contributions to the answer, so the largest share matters most.
#
# Contribution between two points is taken for sensitivity at one.

# %% [markdown]
# ## Further reading
#
# - S. Bach and others. *On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
#   propagation.* PLOS ONE 10 (2015), e0130140.
# - M. Sundararajan, A. Taly, Q. Yan. *Axiomatic attribution for deep networks.* ICML 2017, arXiv:1703.01365.
# - A. Shrikumar, P. Greenside, A. Kundaje. *Learning important features through propagating activation
#   differences.* ICML 2017, arXiv:1704.02685.
# - M. Ancona and others. *Towards better understanding of gradient-based attribution methods for deep neural
#   networks.* ICLR 2018, arXiv:1711.06104.
# - R. Hesse, S. Schaub-Meyer, S. Roth. *Fast axiomatic attribution for neural networks.* NeurIPS 2021,
#   arXiv:2111.07668. Networks without biases.
# - B. Bilodeau and others. *Impossibility theorems for feature attribution.* PNAS 121 (2024), e2304406120.
