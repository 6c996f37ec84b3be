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
# # Why saliency and DeconvNet do not
#
# In a random network guided backprop shows the image. Saliency and DeconvNet show noise. Nie, Zhang and Patel
# (2018) proved it: by their Theorem 2, both maps are close to independent normal numbers, $N(0, I)$. This
# notebook derives what holds exactly. For saliency that is the theorem, and more. For DeconvNet something is
# left over, and you will see it: a third of its variance is one flat colour.
#
# After this notebook you can
#
# 1. derive the mean, the variance and the correlations of a saliency map;
# 2. test whether one map is normal noise, and say why the obvious test rejects a true statement;
# 3. say what DeconvNet knows of the image without pooling, and what its flat colour is;
# 4. say what Theorem 2 leaves out;
# 5. say why the saliency map of the *largest* logit looks a little like the image.
#
# You need notebook 04 for its letters. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.ops.geometry import window
from tinycnn.pictures.slider import slide
from tinycnn.theory import extremes, noise, normality, patches

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:42}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


# %% [markdown]
# ## 1. Three maps, one formula
#
# The network is that of notebook 04: $N$ filters $w_i$ of 3x3 pixels, a ReLU, and a logit with weights
# $V_{ij}$. All weights are normal, with mean 0 and variance 1. A patch is $y_j = D_j x$, and $z_{ij} =
# \langle w_i, y_j\rangle$. The maps are
#
# $$s = \sum_j D_j^T \sum_i h(V_{ij})\,g(z_{ij})\,w_i,$$
#
# | rule | backward function $h(V)$ | forward mask $g(z)$ |
# |---|---|---|
# | saliency (the gradient) | $V$ | $[z > 0]$ |
# | DeconvNet | $\max(V, 0)$ | 1 |
# | guided backprop | $\max(V, 0)$ | $[z > 0]$ |


# %%
def relu(V):
    return np.maximum(V, 0)


RULES = {
    "saliency": (lambda V: V, lambda z: z > 0),
    "deconvnet": (relu, np.ones_like),
    "guided": (relu, lambda z: z > 0),
}
side, k, C = 32, 3, 3
p = C * k * k
at = window((side, side), (k, k), padding="same")
x = tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.default())[0].astype(float)
y = patches.cut(x, at)


def draw_net(N, net, J=len(y), p=p):
    """Filters and logit weights. N is in the seed, so that small nets are not parts of large ones."""
    rng = np.random.default_rng([N, net])
    return rng.standard_normal((N, p)), rng.standard_normal((J, N))


def explain(rule, y, w, V, at=at):
    """The map of one rule."""
    send, mask = RULES[rule]
    return patches.paste((send(V) * mask(y @ w.T)) @ w, at)


def look(pictures):
    """Draw pictures side by side, each stretched from its smallest to its largest value."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(2.4 * len(pictures), 2.7))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        panel.imshow(minmax(picture))
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    plt.show()


def draw(N):
    w, V = draw_net(N, 0)
    maps = {rule: explain(rule, y, w, V) for rule in RULES}
    look({"image": x} | {f"{rule}, N = {N}": map for rule, map in maps.items()})
    print("   ".join(f"{rule}: {centred_cosine(map, x):+.3f}" for rule, map in maps.items()))


slide(draw, "filters N", [1, 4, 16, 64, 256, 1024, 4096])

# %% [markdown]
# The numbers are cosines with the image, after each channel is centred. More filters make the guided map
# better. They do nothing for the others. (With the package ipywidgets there is a slider.)
#
# ## 2. Saliency: the mean
#
# $V$ is as often $-v$ as $v$, and it knows nothing of the filters. So every term of the sum is as often
# positive as negative, and E, the average over all networks, is
#
# $$\mathrm{E}\,s = 0.$$
#
# ## 3. Saliency: the variance, and the correlations
#
# Take two pixels $a$ and $b$ (each in one of the channels), and write out $s_a s_b$. It is a double sum over
# hidden units. Three things remove nearly all of it.
#
# 1. **Two different hidden units.** Their $V$ are independent, with mean 0. The average of the product is 0.
# 2. **One hidden unit, two different pixels.** What is left is $\mathrm{E}V^2 = 1$ times $\mathrm{E}\big[w_o
#    w_{o'}[z>0]\big]$; $o$ and $o'$ are the entries of the filter that lie on $a$ and $b$. Turn $w$ into
#    $-w$: the product $w_o w_{o'}$ stays, and the mask changes sides. So each side has half of
#    $\mathrm{E}[w_o w_{o'}] = 0$.
# 3. **One hidden unit, one pixel.** By the same argument, half of $\mathrm{E}\,w_o^2 = 1$.
#
# Only the last kind counts. There is one such term for each filter and each patch that covers $a$:
#
# $$\mathrm{Cov}(s_a, s_b) = \tfrac{N}{2}\,\mathrm{cover}(a) \text{ if } a = b, \text{ and } 0 \text{ if not.}$$
#
# Here $\mathrm{cover}(a)$ is the number of patches that contain pixel $a$: 9 inside, 6 at an edge, 4 in a
# corner.

# %%
cover = patches.cover(at)
print(cover[:4, :4])
N = 16
w_V = [draw_net(N, net) for net in range(300)]
saliency = np.array([explain("saliency", y, w, V) for w, V in w_V])

places = {"inside": np.s_[..., 1:-1, 1:-1], "top edge": np.s_[..., 0, 1:-1], "corner": np.s_[..., 0, 0]}
for name, place in places.items():
    variance = (saliency[place] ** 2).reshape(len(saliency), -1).mean(axis=1) / N
    compare(f"variance / N, {name}", noise.saliency_covariance(at, C)[place].mean(), variance)


# %%
def at_lag(maps, lag):
    """For each map: the mean product of pixels `lag` columns apart, over the mean square."""
    inner = maps[..., 1:-1, 1:-1]
    product = inner[..., :, lag:] * inner[..., :, : inner.shape[-1] - lag]
    return product.mean(axis=(1, 2, 3)) / np.mean(inner**2)


for lag in (1, 2, 3, 8):
    compare(f"correlation {lag} columns apart", 0, at_lag(saliency, lag))
across = (saliency[:, 0] * saliency[:, 1]).mean(axis=(1, 2)) / np.mean(saliency**2)
compare("correlation of red and green", 0, across)

# %% [markdown]
# Nothing depends on the image. The map is **white**: different pixels are not correlated, not even neighbours
# that share patches.
#
# Here is the whole covariance of a small case: an image of 6x6 pixels and one channel. Its map has 36
# entries, so the covariance is a table of 36 by 36. The left picture is the formula, the right one is
# measured.

# %%
tiny_at = window((6, 6), (k, k), padding="same")
tiny = patches.cut(x[:1, 10:16, 10:16], tiny_at)


def tiny_maps(rule, N=8, nets=6000):
    nets = (draw_net(N, net, len(tiny), k * k) for net in range(nets))
    return np.array([explain(rule, tiny, w, V, tiny_at).ravel() for w, V in nets]) / np.sqrt(N)


def compare_tables(predicted, maps, title):
    measured = maps.T @ maps / len(maps)
    spread = np.sqrt(((maps**2).T @ maps**2 / len(maps) - measured**2) / len(maps))
    figure, panels = plt.subplots(1, 2, figsize=(7, 3.1), layout="constrained")
    for panel, table, name in zip(panels, (predicted, measured), ("predicted", "measured"), strict=True):
        shown = panel.imshow(table, cmap="RdBu_r", vmin=-5, vmax=5)
        panel.set(title=f"{title}: {name}", xlabel="pixel b")
    panels[0].set_ylabel("pixel a")
    figure.colorbar(shown, ax=panels)
    plt.show()
    off = np.abs(measured - predicted) / spread
    print(
        f"{np.mean(off < 2):.1%} of {off.size} entries within two standard errors; largest difference "
        f"{off.max():.1f}"
    )


predicted = np.diag(noise.saliency_covariance(tiny_at, 1).ravel())
compare_tables(predicted, tiny_maps("saliency"), "saliency")

# %% [markdown]
# ## 4. Is it normal?
#
# Fix the filters. Then the map is a sum of *given* numbers times the $V_{ij}$, which are normal. So it is
# exactly normal, for any $N$. But two cautions are needed before a test.
#
# - Given the filters, pixels are not white any more: neighbours share patches. Pixels that are at least $k$
#   apart share none, and are independent.
# - Given the filters, pixels have different variances: $\mathrm{Var}(s \mid w) = \sum_j D_j^T \sum_i [z_{ij}
#   > 0]\,w_i^2$, with the squares taken entry by entry.
#
# An honest test takes one channel on a grid of spacing $k$, and divides each pixel by its own standard
# deviation. A careless test takes all pixels, and divides by one number. Then both compare the distribution
# of the values with the normal one (Kolmogorov and Smirnov's test). We let both test four hundred maps at the
# level of 5 %. Both should reject about twenty.


# %%
def rejected(N, honest, nets=400):
    count = 0
    for net in range(nets):
        w, V = draw_net(N, net)
        map = explain("saliency", y, w, V)[0]
        if honest:
            sd = normality.conditional_sd(x, w.reshape(N, C, k, k), at)[0]
            values = normality.standardised(map, sd, spacing=k)
        else:
            values = map.ravel() / np.sqrt(N * 9 / 2)
        count += normality.normality_p_value(values) < 0.05
    return count / nets


spread = np.sqrt(0.05 * 0.95 / 400)
for N in (2, 16):
    print(f"N = {N:2}: honest test rejects {rejected(N, True):.3f}, careless test {rejected(N, False):.3f}")
print(f"expected of a correct test: 0.050 ± {spread:.3f}")

# %% [markdown]
# The careless test rejects a true statement. It confuses "not of one variance, and not independent" with "not
# normal".
#
# ## 5. How much like the image is noise?
#
# The cosine of a white map with any fixed picture has mean 0. It has standard deviation $1/\sqrt{d}$, where
# $d$ is the number of pixels times channels. (At the border the cover is uneven; the library's formula
# knows.)

# %%
d = x.size
cosines = np.array([cosine(s, x) for s in saliency])
compare("cosine of saliency and image: mean", 0, cosines)
print(f"standard deviation: 1/sqrt(d) = {1 / np.sqrt(d):.4f}, with uneven cover ", end="")
print(
    f"{extremes.saliency_cosine_sd(x, at):.4f}, measured {cosines.std():.4f} ± "
    f"{cosines.std() / np.sqrt(600):.4f}"
)

# %% [markdown]
# This holds for a logit chosen *before* looking. People explain the *largest* logit. There are no biases, so
# $\langle s, x\rangle$ is the logit itself:
#
# $$\langle s, x\rangle = \sum_{ij} V_{ij}\,[z_{ij}>0]\,\langle w_i, D_j x\rangle
# = \sum_{ij} V_{ij}\max(z_{ij}, 0) = f.$$
#
# Who picks the largest of $K$ logits picks the largest $\langle s, x\rangle$ of $K$. The largest of $K$
# independent normal numbers has a known mean, $e_K$. So the cosine is $e_K/\sqrt{d}$ on average.

# %%
K = 100
largest = []
for net in range(60):
    rng = np.random.default_rng([N, K, net])
    w = rng.standard_normal((N, p))
    V = rng.standard_normal((K, len(y), N), dtype=np.float32)
    logits = np.einsum("kji,ji->k", V, relu(y @ w.T).astype(np.float32), optimize=True)
    largest.append(cosine(explain("saliency", y, w, V[logits.argmax()].astype(float)), x))
print(
    f"mean of the largest of {K}: {extremes.expected_maximum(K):.3f}; of 1000: "
    f"{extremes.expected_maximum(1000):.3f}"
)
compare(f"cosine, largest of {K} logits", extremes.max_logit_cosine(x, at, K), largest)

# %% [markdown]
# Small, but not 0: choosing the logit by the image brings a trace of the image in. For tests of noise, fix
# the logit.
#
# ## 6. DeconvNet: nothing of the image
#
# DeconvNet has no forward mask. The formula in section 1 then holds no $z$, and no $x$. The map is *the same*
# for every image, bit for bit.

# %%
other = tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.sample("coffee"))[0].astype(float)
w, V = draw_net(16, 0)
same = np.array_equal(explain("deconvnet", y, w, V), explain("deconvnet", patches.cut(other, at), w, V))
print("the same map for the cat and for a cup of coffee:", same)

# %% [markdown]
# So the theorem is right that it does not show the image. Is it white noise? Split the backward ReLU into its
# mean and the rest:
#
# $$\max(V, 0) = \tfrac{1}{\sqrt{2\pi}} + r, \qquad \mathrm{E}\,r = 0, \qquad
# \mathrm{E}\,r^2 = \tfrac12 - \tfrac{1}{2\pi}.$$
#
# The rest $r$ acts as $V$ did: white noise. The mean is *the same at all positions*. It sends every filter
# through the whole image:
#
# $$\tfrac{1}{\sqrt{2\pi}}\,A \sum_i w_i, \qquad A = \sum_j D_j^T.$$
#
# $A$ puts a copy of a filter at each position, and adds them up. Away from the border, every pixel receives
# every entry of the filter once. The sum is the same everywhere: one constant for each colour channel.

# %%
N = 64
w, V = draw_net(N, 1)
flat = patches.paste(np.full_like(V, 1 / np.sqrt(2 * np.pi)) @ w, at)
rest = patches.paste((relu(V) - 1 / np.sqrt(2 * np.pi)) @ w, at)
whole = explain("deconvnet", y, w, V)
print("whole = flat + rest:", np.allclose(whole, flat + rest))
print("flat, inside, red:  ", np.unique(flat[0, 1:-1, 1:-1].round(6)), "by hand:", end=" ")
print((w[:, :9].sum() / np.sqrt(2 * np.pi)).round(6))

figure, panels = plt.subplots(1, 3, figsize=(8, 2.7))
for panel, (title, map) in zip(
    panels, {"DeconvNet": whole, "flat part": flat, "rest": rest}.items(), strict=True
):
    panel.imshow(map[0], cmap="RdBu_r", vmin=-40, vmax=40)
    panel.set_title(f"{title}, red channel", fontsize=10)
    panel.set_axis_off()
plt.show()

# %% [markdown]
# White is 0, red is positive, blue is negative; all three pictures share one scale. The covariance follows as
# in section 3, for $N$ filters:
#
# $$\mathrm{Cov}(s) = N\,\Big[\big(\tfrac12 - \tfrac{1}{2\pi}\big)\,\mathrm{diag}(\mathrm{cover})
# + \tfrac{1}{2\pi}\,A A^T\Big].$$
#
# $\mathrm{diag}(\mathrm{cover})$ has the cover on its diagonal, and 0 elsewhere. Inside the image, the share
# of the second part in the variance is $\frac{1}{2\pi} / \frac12 = \frac1\pi$. Two pixels of one channel have
# this correlation *at any distance*.

# %%
compare_tables(noise.deconvnet_covariance(tiny_at, 1), tiny_maps("deconvnet"), "DeconvNet")

# %%
nets = 300
N = 16
deconvnet = np.array([explain("deconvnet", y, *draw_net(N, net)) for net in range(nets)])
centred = deconvnet - deconvnet.mean(axis=(2, 3), keepdims=True)
lags = np.array([1, 2, 3, 4, 6, 8, 12, 16])

figure, panel = plt.subplots(figsize=(6, 3.4))
kinds = {"DeconvNet": (deconvnet, "o"), "DeconvNet, centred": (centred, "^"), "saliency": (saliency, "s")}
for shift, (name, (maps, mark)) in zip((0, 0.15, -0.15), kinds.items(), strict=True):
    found = np.array([at_lag(maps, lag) for lag in lags])
    error = found.std(axis=1, ddof=1) / np.sqrt(nets)
    panel.errorbar(lags + shift, found.mean(axis=1), error, fmt=mark, capsize=3, label=name)
panel.axhline(noise.constant_share(), color="black", lw=1, label="predicted: 1/π and 0")
panel.axhline(0, color="black", lw=1)
panel.set(xlabel="columns apart", ylabel="correlation", ylim=(-0.1, 0.5))
panel.legend(loc="upper right", ncols=2, fontsize=8)
panel.grid(alpha=0.3)
plt.show()
for lag in (1, 8):
    compare(f"DeconvNet, {lag} columns apart", noise.constant_share(), at_lag(deconvnet, lag))
    compare(f"centred, {lag} columns apart", 0, at_lag(centred, lag))

# %% [markdown]
# (Points at one distance are drawn side by side.) Remove each channel's mean, and the map is white, up to a
# thin frame at the border. Why does nobody see the flat colour? Because a map is stretched from its smallest
# to its largest value before it is shown. That hides every constant.
#
# ## 7. Two logits
#
# Two logits of one network have filters in common, but not the $V$. Two saliency maps have nothing in common
# on average. Two DeconvNet maps share their flat colour. A comparison of raw maps finds them alike, and says
# nothing about the network.

# %%
found = {"saliency": [], "deconvnet": [], "deconvnet, centred": []}
for net in range(nets):
    w, V = draw_net(N, net)
    V2 = np.random.default_rng([N, net, 2]).standard_normal(V.shape)
    for rule in ("saliency", "deconvnet"):
        pair = explain(rule, y, w, V), explain(rule, y, w, V2)
        found[rule].append(cosine(*pair))
    found["deconvnet, centred"].append(centred_cosine(*pair))
compare("cosine, two logits: saliency", 0, found["saliency"])
compare("cosine, two logits: DeconvNet", noise.deconvnet_logit_cosine(C), found["deconvnet"])
expected = noise.deconvnet_centred_logit_cosine(at)
compare("cosine, two logits: DeconvNet, centred", expected, found["deconvnet, centred"])

# %% [markdown]
# ## 8. What Theorem 2 leaves out
#
# | the theorem says | what holds |
# |---|---|
# | both maps are noise, $N(0, I)$ | for saliency: white, exactly, for any $N$ (section 3) |
# | | its variance is the cover: it falls towards the border |
# | | normal *given the filters*, with a variance of its own at each pixel (section 4) |
# | | for a logit that was fixed in advance; not for the largest one (section 5) |
# | | for DeconvNet: not white; $1/\pi$ of the variance is one constant per channel (section 6) |
# | neither recovers the image | yes; without pooling DeconvNet does not contain it at all |
#
# With max-pooling, DeconvNet has switches that know the image, and the statement fails. Notebook 07 is about
# that.
#
# ## 9. Exercises
#
# **Exercise 1** (10 minutes, easy). Write the variance of a saliency map for $N$ filters of variance 1, pixel by
# pixel, from the cover.
#
# <details><summary>A first hint</summary>
#
# One term is left for each filter and each patch that covers the pixel. How many of the filters are on, on average?
#
# </details>


# %% tags=["exercise"]
def saliency_variance(cover, N):
    """The variance of each pixel (h, w), from how many patches cover it (h, w)."""
    ### BEGIN SOLUTION
    return N * cover / 2
    ### END SOLUTION


# %% tags=["check"]
def check_saliency_variance(variance):
    small = window((8, 8), (3, 3), padding="same")
    rows = patches.cut(x[:, 8:16, 8:16], small)
    for N in np.random.default_rng().choice(np.arange(3, 16), 2, replace=False):
        nets = (draw_net(N, net, len(rows)) for net in range(1500))
        squares = np.array([explain("saliency", rows, w, V, small) ** 2 for w, V in nets]).mean(axis=1)
        mean, error = squares.mean(axis=0), squares.std(axis=0) / np.sqrt(len(squares))
        yours = np.broadcast_to(variance(patches.cover(small), N), (8, 8))
        places = {
            "inside": ((4, 4), "how many of the filters are on?"),
            "in the corner": ((0, 0), "fewer patches cover it"),
            "at the edge": ((0, 4), "6 patches cover it"),
        }
        for name, (a, hint) in places.items():
            off = abs(yours[a] - mean[a]) / error[a]
            assert off < 5, (
                f"N = {N}, pixel {a} {name}: you say {yours[a]:.2f}, 1500 networks say {mean[a]:.2f} ± "
                f"{error[a]:.2f}; {hint}"
            )
    print("passed")


check_saliency_variance(saliency_variance)

# %% [markdown]
# **Exercise 2** (15 minutes, hard). A rule without a forward mask uses any backward function $h$ in the place of
# $\max(V, 0)$. What is the correlation of two pixels of one channel that are far apart? You get many values $h(V)$ of
# normal $V$.
#
# <details><summary>A first hint</summary>
#
# Split $h(V)$ into its mean and the rest, as section 6 does. Only one of the two reaches far pixels; which share of
# the energy $\mathrm{E}\,h^2$ is it?
#
# </details>


# %% tags=["exercise"]
def far_correlation(h):
    """The correlation, from values (n,) of h(V)."""
    ### BEGIN SOLUTION
    return np.mean(h) ** 2 / np.mean(h**2)
    ### END SOLUTION


# %% tags=["check"]
def check_far_correlation(far_correlation):
    V = np.random.default_rng(6).standard_normal(1_000_000)
    V -= V.mean()
    slope = np.random.default_rng().uniform(0.05, 0.6)
    plain = far_correlation(V)
    assert abs(plain) < 1e-3, f"h(V) = V has mean 0 and sends no flat colour, but you say {plain:.3f}"
    plus, minus = far_correlation(relu(V)), far_correlation(-relu(V))
    assert np.isclose(plus, minus), (
        f"-h makes the negative map: the same correlation, but you say {plus:.3f} and {minus:.3f}"
    )
    for name, send in {
        "max(V, 0)": relu,
        "|V|": np.abs,
        f"max(V, {slope:.2f} V)": lambda V: np.maximum(V, slope * V),
    }.items():
        values = []
        for net in range(300):
            w, U = draw_net(8, net)
            values.append(patches.paste(send(U) @ w, at))
        found = at_lag(np.array(values), 8)
        error = found.std() / np.sqrt(len(found))
        yours = far_correlation(send(V))
        assert abs(yours - found.mean()) < 5 * error, (
            f"for h(V) = {name} you say {yours:.3f}, but pixels 8 columns apart have correlation "
            f"{found.mean():.3f} ± {error:.3f}: "
            "which share of E h² does the mean have?"
        )
    print("passed")


check_far_correlation(far_correlation)

# %% [markdown]
# **Exercise 3** (5 minutes, easy). Remove from a map all that a flat colour can add to it, and nothing else.
#
# <details><summary>A first hint</summary>
#
# A flat colour is one number for each channel. Which statistic of a channel grows by just that number?
#
# </details>


# %% tags=["exercise"]
def without_flat_colour(map):
    """A map (c, h, w) to a map (c, h, w)."""
    ### BEGIN SOLUTION
    return map - map.mean(axis=(1, 2), keepdims=True)
    ### END SOLUTION


# %% tags=["check"]
def check_without_flat_colour(remove):
    map = explain("deconvnet", y, *draw_net(16, np.random.default_rng().integers(1 << 30)))
    orange = np.array([30.0, 15.0, 0.0])[:, None, None]
    detail = np.zeros((3, 2, 2))
    detail[0] = [[1, -1], [-1, 1]]
    found = np.asarray(remove(detail.copy()))
    assert np.shape(found) == detail.shape and np.allclose(found, detail), (
        f"a map whose channels have mean 0 must stay as it is, but {detail[0]} became {found}"
    )
    change = np.abs(remove(map + orange) - remove(map)).max()
    assert change < 1e-9, (
        f"orange {orange.ravel()} was added to a map, and the answer changed by {change:.3g}: each channel "
        "has a constant of its own"
    )
    left = np.mean(remove(map), axis=(1, 2))
    assert np.allclose(left, 0), (
        f"no flat colour is left where each channel has mean 0, but yours have {left.round(3)}"
    )
    assert np.allclose(remove(map) - map, (remove(map) - map)[:, :1, :1]), (
        "only a flat colour may be taken away: the same number at all places of a channel"
    )
    print("passed")


check_without_flat_colour(without_flat_colour)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (10 minutes). In section 4 a test of normality rejects a statement that is true. What did the test
# assume that does not hold, and how does the honest test repair it?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Given the filters, pixels have different variances, and neighbours share patches and are correlated; the careless
#   test takes them as independent with one variance.
# - The repair: pixels at least k apart, each over its own standard deviation given the filters. (A null distribution
#   by simulation would do as well.)
#
# > **1 point.** Kolmogorov and Smirnov's test wants independent draws of one distribution. A map of one network has
# > neither: pixels nearer than k share patches, and the variance given the filters differs from pixel to pixel. So we
# > take a grid with spacing k, and divide by the conditional deviation. Then it rejects 5 % of the maps, as it
# > should.
#
# > **½ point.** The pixels are not independent, because patches overlap. So one should use fewer pixels.
#
# One of two violations, and half of the repair: fewer pixels with one common deviation are still not of one
# distribution.
#
# > **0 points.** The sample was too large, and with many pixels every test rejects. One should take a lower level
# > than 5 %.
#
# A correct test keeps its level at any sample size.

# %% [markdown]
# **Question 2** (5 minutes). The DeconvNet maps of two logits have a cosine of 0.3. "So the network has similar
# evidence for both." What else can it be, and what would you measure?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - The flat colour: the backward ReLU has a mean, which sends the same filters through the whole image for every
#   logit.
# - Measure after removing each channel's mean, and in a random network of the same shape, whose logits are unrelated.
#
# > **1 point.** In a random network, whose logits have nothing in common, raw DeconvNet maps have such a cosine
# > already: each channel has a constant, from the mean of max(V, 0), and it is the same for all logits. I would
# > centre each channel and compare again, and give the value of a random network beside it.
#
# > **½ point.** It could be the mean of the maps. I would subtract the mean and look at whether the maps still look
# > alike.
#
# The right suspicion. By channel, and measured, not looked at; no baseline.
#
# > **0 points.** A cosine of 0.3 is low, so the evidence is rather different.
#
# Takes the number as evidence in the other direction, and has no baseline either.

# %% [markdown]
# ## Further reading
#
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039. Theorem 2 is the subject of this notebook.
# - K. Simonyan, A. Vedaldi, A. Zisserman. *Deep inside convolutional networks: visualising image
#   classification models and saliency maps.* ICLR workshop 2014, arXiv:1312.6034.
# - M. D. Zeiler, R. Fergus. *Visualizing and understanding convolutional networks.* ECCV 2014,
#   arXiv:1311.2901.
# - D. Balduzzi and others. *The shattered gradients problem: if resnets are the answer, then what is the
#   question?* ICML 2017, arXiv:1702.08591. Gradients as white noise, over images instead of networks.
# - D. Smilkov and others. *SmoothGrad: removing noise by adding noise.* 2017, arXiv:1706.03825. What people
#   do about the noise.
# - H. A. David, H. N. Nagaraja. *Order statistics.* Third edition, Wiley 2003. The largest of many normal
#   numbers.
