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
# # Why guided backprop shows the image
#
# Guided backprop shows the image in a network that has learnt nothing. Nie, Zhang and Patel (2018) proved
# that it must: their Theorem 1. This notebook proves it with you, and goes one step further. It finds the
# *exact* picture that guided backprop shows when there are many filters, and how far a network of $N$ filters
# is from it.
#
# After this notebook you can
#
# 1. derive the mean of a guided map, one patch at a time;
# 2. say why the limit is not the image, but the image with its contrast evened out;
# 3. predict how alike map and image are for a given number of filters, and measure it;
# 4. say which other rules show the image, and which of them does it best;
# 5. name three numbers that look like evidence, and are none.
#
# You need notebook 01. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.ops.geometry import window
from tinycnn.pictures.slider import slide
from tinycnn.theory import limit, patches, recovery

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:34}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


# %% [markdown]
# ## 1. The network, and its letters
#
# The network has one convolution, one ReLU, and one dense layer. Its weights are random.
#
# | letter | what it is |
# |---|---|
# | $x$ | the image, minus the mean colour of ImageNet; $C$ channels |
# | $y_j$ | patch $j$ of the image: the $p$ numbers that a filter sees at position $j$ |
# | $w_i$ | filter $i$ of $N$; its $p$ entries are independent, normal, of mean 0 and variance 1 |
# | $z_{ij} = \langle w_i, y_j \rangle$ | what filter $i$ answers to patch $j$, before the ReLU |
# | $V_{ij}$ | the weight from hidden unit $(i, j)$ to the logit; normal, of mean 0 and variance 1 |
#
# $D_j$ cuts patch $j$ out of the image: $y_j = D_j x$. Its transpose $D_j^T$ puts numbers back at that place,
# and leaves the rest of the image 0. `cut` and `paste` do this for all patches at once. Padding is 0.

# %%
image = tc.preprocess.IMAGENET_MEAN.at((48, 48))
x = image(tc.image.default())[0].astype(float)
at = window((48, 48), (3, 3), padding="same")
y = patches.cut(x, at)
C, (J, p) = len(x), y.shape
print(f"image {x.shape}: C = {C} channels, J = {J} patches of p = {p} numbers each")

# %% [markdown]
# Guided backprop starts with 1 at the logit. The dense layer makes $V_{ij}$ of it. The ReLU lets
# $\max(V_{ij}, 0)$ through where $z_{ij} > 0$. The convolution, transposed, multiplies by the filter and puts
# the result back:
#
# $$s = \sum_j D_j^T s_j, \qquad s_j = \sum_{i=1}^{N} \max(V_{ij}, 0)\,[z_{ij} > 0]\,w_i.$$
#
# Here $[\ldots]$ is 1 if the condition is true, and 0 if not. This is the formula as a program:


# %%
def relu(V):
    return np.maximum(V, 0)


def guided_map(y, N, rng, send=relu):
    """The map of one random network with N filters."""
    w = rng.standard_normal((N, y.shape[1]))
    V = rng.standard_normal((len(y), N))
    z = y @ w.T
    return patches.paste((send(V) * (z > 0)) @ w, at)


def guided_maps(N, nets, send=relu):
    """The maps of independent networks. N is in the seed, so that small nets are not parts of large ones."""
    return [guided_map(y, N, np.random.default_rng([N, net]), send) for net in range(nets)]


# %% [markdown]
# It is the same as the library's way back through a network with these weights:

# %%
rng = np.random.default_rng(0)
w, V = rng.standard_normal((16, p)), rng.standard_normal((J, 16))
conv = tc.Conv2D(w.reshape(16, C, 3, 3), padding="same", name="conv")
logit = tc.Dense(V.T.reshape(1, -1), name="logit")
trace = tc.forward(type("Net", (), {"layers": [conv, tc.ReLU(), tc.Flatten(), logit]}), x[None])
library = tc.backward(trace, np.ones((1, 1)), tc.rules.GUIDED)[0][0]
ours = patches.paste((relu(V) * (y @ w.T > 0)) @ w, at)
print(f"largest difference, relative: {np.abs(ours - library).max() / np.abs(library).max():.0e}")

# %% [markdown]
# ## 2. The mean of one patch
#
# What is the average of $s_j$ over all random networks? We write E for this average. The signal $V$ knows
# nothing of the filter $w$, so the average of the product is the product of the averages:
#
# $$\mathrm{E}\,s_j = N \cdot \mathrm{E}\big[\max(V, 0)\big]
# \cdot \mathrm{E}\big[[\langle w, y_j\rangle > 0]\,w\big].$$
#
# **The first average.** The normal density is $e^{-v^2/2}/\sqrt{2\pi}$, so $\mathrm{E}\max(V,0) =
# \int_0^\infty v\,e^{-v^2/2}\,dv/\sqrt{2\pi} = 1/\sqrt{2\pi}$.

# %%
rng = np.random.default_rng(1)
V = rng.standard_normal(1_000_000)
compare("E max(V, 0)", 1 / np.sqrt(2 * np.pi), relu(V))

# %% [markdown]
# **The second average.** Let $u = y/|y|$ be the direction of the patch, with $|y|$ its length. Split the
# filter into a part along $u$ and the rest:
#
# $$w = g\,u + w_\perp, \qquad g = \langle w, u\rangle.$$
#
# The mask asks whether $\langle w, y\rangle = g\,|y| > 0$. So it depends on $g$ alone. For normal filters $g$
# and $w_\perp$ are independent, and $w_\perp$ has mean 0. It averages out. What is left is
# $\mathrm{E}\big[g\,[g>0]\big]\,u = u/\sqrt{2\pi}$, by the integral above.

# %%
patch = y[J // 2 + 24]
u = patch / np.linalg.norm(patch)
w = rng.standard_normal((100_000, p))
g = w @ u
rest = w - g[:, None] * u
on = w @ patch > 0
compare("mean along u, mask on", 1 / np.sqrt(2 * np.pi), g * on)
compare("one entry of the rest, mask on", 0, rest[:, 0] * on)
compare("mean along u, no mask", 0, g)

# %% [markdown]
# **Together**, with $1/\sqrt{2\pi}$ twice:
#
# $$\mathrm{E}\,s_j = \frac{N}{2\pi}\,u_j.$$
#
# The mean of a patch's map points exactly along the patch. How bright the patch was is lost: only its
# direction is left.
#
# ## 3. The mean of the image
#
# Put the patches back:
#
# $$\mathrm{E}\,s = \frac{N}{2\pi}\,m, \qquad m = \sum_j D_j^T u_j.$$
#
# We call $m$ the **limit**. Every pixel $a$ of the image lies in several patches. In each of them it has been
# divided by the length of that patch. So
#
# $$m_a = x_a\,G_a, \qquad G_a = \sum_{j \text{ covers } a} \frac{1}{|y_j|}.$$
#
# $G$ is the **gain**. It is positive, and the same for all channels of a pixel.

# %%
m = patches.paste(patches.units(y), at)
G = patches.cut(np.ones((1, 48, 48)), at)  # 1 where a tap lies on the image
G = patches.paste(G / np.linalg.norm(y, axis=1, keepdims=True), window((48, 48), (3, 3), padding="same"))[0]

print("m = x G:           ", np.allclose(m, x * G))
print("as in the library: ", np.allclose(m, limit.limit_map(x, at)), np.allclose(G, limit.gain(x, at)))
print(f"signs that differ between m and x: {np.sum(np.sign(m) != np.sign(x))}")


# %%
def look(pictures, height=2.9):
    """Draw pictures side by side, each stretched from its smallest to its largest value."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(2.4 * len(pictures), height))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        if picture.ndim == 2:
            panel.imshow(picture, cmap="gray")
        else:
            panel.imshow(minmax(picture))
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    plt.show()


look({"image x": x, "gain G (logarithm)": np.log(G), "limit m = x G": m})
print(f"cosine of m and x: {cosine(m, x):.3f};  after centring each channel: {centred_cosine(m, x):.3f}")

# %% [markdown]
# The limit is the image after a *local contrast normalisation*. The gain is high where the patches are short,
# that is, near the mean colour, which is 0 here. It is low where they are long. Every pixel keeps its sign
# and its hue. So $s \approx x$, as the theorem is often read, is not quite what happens: the exact statement
# is $s \approx \frac{N}{2\pi}\,m$.
#
# The mean map over many small networks should be $\frac{N}{2\pi}m$, factor included. We project each map on
# $m$.

# %%
for N in (4, 16):
    maps = guided_maps(N, nets=100)
    scale = [np.sum(s * m) / np.sum(m**2) for s in maps]
    compare(f"<s, m> / <m, m>, N = {N}", N / (2 * np.pi), scale)
print(f"mean of {len(maps)} maps with m: cosine {cosine(np.mean(maps, axis=0), m):.3f}")

# %% [markdown]
# ## 4. One network: signal and noise
#
# A single network has finitely many filters, and its map deviates from the mean. We measure by how much with
#
# $$\rho = \frac{\mathrm{E}\,|s - \mathrm{E}s|^2}{|\mathrm{E}s|^2},$$
#
# the energy of the noise over the energy of the signal. Begin with one patch.
#
# - A single filter adds $q = \max(V,0)\,[g>0]\,w$ to the map. Its energy is $\mathrm{E}|q|^2 =
#   \mathrm{E}\max(V,0)^2 \cdot \mathrm{E}\big[[g>0]\,|w|^2\big] = \frac12 \cdot \frac p2$. Half of all $V$
#   are positive, half of all filters are on.
# - Its mean has length $\frac{1}{2\pi}$. So the variance of one filter is $\frac p4 - \frac1{4\pi^2}$.
# - Means of independent filters add up, and so do variances. After $N$ filters
#
# $$\rho_\text{patch} = \frac{N\,(p/4 - 1/4\pi^2)}{N^2/4\pi^2} = \frac{\pi^2 p - 1}{N}.$$

# %%
one = y[J // 2 + 24 :][:1]
for N in (64, 256):
    mean = N / (2 * np.pi) * u
    found = []
    for net in range(400):
        rng = np.random.default_rng([N, net])
        w, V = rng.standard_normal((N, p)), rng.standard_normal((1, N))
        s = (relu(V) * (one @ w.T > 0)) @ w
        found.append(np.sum((s - mean) ** 2) / np.sum(mean**2))
    compare(f"rho of one patch, N = {N}", recovery.rho_patch(N, p), found)

# %% [markdown]
# The image has many patches, and they help each other. A pixel lies in nine patches, and each of them adds
# the same signal, but noise of its own. Energies of noises add; signals add before they are squared. So noise
# over signal drops, by about the nine, and what remains of $p = 9\,C$ is the number of channels:
#
# $$\rho \approx \frac{\pi^2 C}{N}.$$
#
# The library computes $\rho$ without an approximation. Patches that overlap share filters; that changes
# little.

# %%
for N in (16, 64, 256):
    mean = N / (2 * np.pi) * m
    found = [np.sum((s - mean) ** 2) / np.sum(mean**2) for s in guided_maps(N, nets=150)]
    compare(f"rho of the image, N = {N}", recovery.rho_image(x, at, N), found)
    print(f"{'':34}simple law {np.pi**2 * C / N:7.4f}")

# %% [markdown]
# ## 5. How many filters does it take?
#
# A map is signal plus noise, and the noise is nearly orthogonal to everything. Its length is $\sqrt{1+\rho}$
# times that of the signal. So the cosine of the angle between map and limit is
#
# $$\cos(s, m) \approx \frac{1}{\sqrt{1+\rho}}, \qquad \cos(s, x) \approx \frac{\cos(m, x)}{\sqrt{1+\rho}}.$$
#
# The second is what you see. It can never exceed $\cos(m, x)$, however many filters there are.

# %%
Ns = np.array([4, 16, 64, 256, 1024])
nets = [300, 300, 60, 40, 10]
series = {"limit m": m, "image x": x}
measured = {name: [] for name in series}
examples = {}
for N, count in zip(Ns, nets, strict=True):
    maps = guided_maps(N, count)
    examples[N] = maps[0]
    for name, picture in series.items():
        measured[name].append([cosine(s, picture) for s in maps])

curve = np.geomspace(2, 4000, 60)
rho = recovery.rho_image(x, at, 1) / curve
figure, panel = plt.subplots(figsize=(6, 3.6))
for (name, picture), mark in zip(series.items(), ("o", "s"), strict=True):
    panel.plot(curve, cosine(m, picture) / np.sqrt(1 + rho), color="black", lw=1)
    mean = [np.mean(each) for each in measured[name]]
    error = [np.std(each, ddof=1) / np.sqrt(len(each)) for each in measured[name]]
    panel.errorbar(Ns, mean, error, fmt=mark, capsize=3, label=f"with the {name}")
panel.axhline(cosine(m, x), ls=":", color="grey", label="cosine of m and x: the ceiling")
panel.set(xscale="log", xlabel="filters N", ylabel="cosine of the map", ylim=(0, 1.02))
panel.legend(loc="lower right")
panel.grid(alpha=0.3)
plt.show()
for name, picture in series.items():
    for N, each in zip(Ns, measured[name], strict=True):
        rho_N = recovery.rho_image(x, at, N)
        compare(f"cosine with {name}, N = {N}", cosine(m, picture) / np.sqrt(1 + rho_N), each)

# %% [markdown]
# Lines are predicted, points are measured, bars are standard errors over independent networks. Most bars are
# smaller than their points. (One honest measurement in twenty lies more than two standard errors off.) The
# formula is the first term of an expansion. What it leaves out would not be seen here.

# %%
look({"image": x} | {f"N = {N}": examples[N] for N in (4, 64, 1024)} | {"limit m": m})

# %% [markdown]
# Move the slider from noise to picture. (In print, and without the package ipywidgets, you see one picture.)


# %%
def draw(N):
    s = guided_map(y, N, np.random.default_rng([N, 0]))
    predicted = cosine(m, x) / np.sqrt(1 + recovery.rho_image(x, at, N))
    look({f"N = {N}": s, "limit m": m, "image x": x})
    print(f"cosine of map and image: {cosine(s, x):.3f}; predicted {predicted:.3f}")


slide(draw, "filters N", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])

# %% [markdown]
# How many filters bring the map to a given cosine with the limit? Solve for $N$:

# %%
for target in (0.9, 0.95, 0.99):
    needed = recovery.filters_for_cosine(target, recovery.rho_image(x, at, 1))
    print(f"cosine with the limit {target:.2f}: {needed:6.0f} filters of 3x3")

# %% [markdown]
# The paper speaks of an order of a thousand filters for an error below 0.1. A relative error of 0.1 means
# $\rho = 0.01$. For the *image* that takes $\pi^2 C/\rho$ filters; for every single patch it takes $p/C$
# times as many.

# %%
print(
    f"image: {recovery.rho_image(x, at, 1) / 0.01:6.0f} filters; patch: "
    f"{recovery.rho_patch(1, p) / 0.01:6.0f}"
)

# %% [markdown]
# ## 6. Is it the backward ReLU?
#
# The proof used of $\max(V,0)$ only that its mean is not 0. So take any function $h$ in its place:
#
# $$\mathrm{E}\,s = N\,\frac{\mathrm{E}\,h(V)}{\sqrt{2\pi}}\,m, \qquad \rho \approx \frac{\pi\,\eta\,C}{N},
# \qquad \eta = \frac{\mathrm{E}\,h(V)^2}{(\mathrm{E}\,h(V))^2}.$$
#
# $\eta$ (eta) is at least 1. It is 1 if $h$ is constant, and it is infinite if $h$ has mean 0, as $h(V) = V$
# has. That is the gradient.

# %%
N = 64
sends = {"max(V, 0): guided": (relu, np.pi), "|V|": (np.abs, np.pi / 2), "1": (np.ones_like, 1.0)}
for name, (send, eta) in sends.items():
    predicted = 1 / np.sqrt(1 + recovery.rho_image(x, at, N, eta))
    compare(f"cosine with m, {name}", predicted, [cosine(s, m) for s in guided_maps(N, 30, send)])
compare("cosine with m, V: gradient", 0, [cosine(s, m) for s in guided_maps(N, 30, lambda V: V)])

# %% [markdown]
# Guided backprop is the *worst* of the three that show the image. The best sends the constant 1: it does not
# even know which logit was asked for. What brings the image out is the forward mask, with signs that do not
# cancel.
#
# ## 7. Three numbers that are no evidence
#
# **A high cosine with the raw image.** If no mean colour is subtracted, all pixels are positive. Then even
# the constant grey image has a high cosine with everything. Centre each channel, or report both.

# %%
raw = np.moveaxis(image.inverse(x[None])[0], -1, 0).astype(float)
grey = np.ones_like(raw) + 1e-9 * np.random.default_rng(0).standard_normal(raw.shape)
print(f"grey with raw image: cosine {cosine(grey, raw):.3f}, centred {centred_cosine(grey, raw):+.3f}")

# %% [markdown]
# **A positive cosine.** For *any* weights without biases, trained or not, and for any logit,
#
# $$\langle s, x \rangle = \sum_{ij} \max(V_{ij}, 0)\,\max(z_{ij}, 0) \ge 0.$$
#
# The rule alone makes it positive. Here it is for one random network, both sides:

# %%
rng = np.random.default_rng(2)
w, V = rng.standard_normal((16, p)), rng.standard_normal((J, 16))
s = patches.paste((relu(V) * (y @ w.T > 0)) @ w, at)
print(f"<s, x> = {np.sum(s * x):.6f};  sum = {np.sum(relu(V) * relu(y @ w.T)):.6f}")

# %% [markdown]
# **A map multiplied by the image.** The product of the image with *pure noise* still shows where the image is
# dark and where it is bright: noise cannot be large where the image is 0. To compare sizes, take absolute
# values.

# %%
noise = np.random.default_rng(3).standard_normal(x.shape)
print(f"|noise| with |image|:         centred cosine {centred_cosine(np.abs(noise), np.abs(x)):+.3f}")
print(f"|noise x image| with |image|: centred cosine {centred_cosine(np.abs(noise * x), np.abs(x)):+.3f}")

# %% [markdown]
# ## 8. Exercises
#
# Write the body of each function, and run the check below it. A check tries laws and statistics. If one is
# broken, it says which, and where.
#
# **Exercise 1** (10 minutes, easy). Write $u_j = y_j/|y_j|$ for all rows of a matrix of patches. A patch may be all
# 0: no filter's answer to it is larger than 0, so nothing is sent back, and its direction counts as 0.
#
# <details><summary>A first hint</summary>
#
# `np.linalg.norm` with `axis=1, keepdims=True` gives one length for each row. Where it is 0, do not divide:
# `np.divide` has `where` and `out`.
#
# </details>


# %% tags=["exercise"]
def directions(y):
    """Patches (J, p) to directions (J, p)."""
    ### BEGIN SOLUTION
    lengths = np.linalg.norm(y, axis=1, keepdims=True)
    return np.divide(y, lengths, out=np.zeros_like(y), where=lengths > 0)
    ### END SOLUTION


# %% tags=["check"]
def check_directions(directions):
    rows = np.random.default_rng().standard_normal((3, 4)) * np.array([[5.0], [0.0], [50.0]])
    with np.errstate(all="ignore"):
        u = np.asarray(directions(rows.copy()))
    assert np.shape(u) == rows.shape, f"expected one direction per patch, {rows.shape}, not {np.shape(u)}"
    assert np.all(np.isfinite(u)), f"the zero patch {rows[1]} became {u[1]}: where |y| = 0 nothing is divided"
    assert np.all(u[1] == 0), f"the zero patch sends nothing back, but its direction is {u[1]}"
    for patch, each in zip(rows[[0, 2]], u[[0, 2]], strict=True):
        length = np.linalg.norm(each)
        assert np.isclose(length, 1), (
            f"a direction has length 1, but that of {patch} has {length:.3g}: each row has its own length"
        )
        assert np.isclose(each @ patch, np.linalg.norm(patch)), f"{each} does not point along {patch}"
    print("passed")


check_directions(directions)

# %% [markdown]
# **Exercise 2** (20 minutes, hard). Let every filter have the bias $b$: the mask is $[\langle w, y\rangle + b > 0]$.
# Work out $\mathrm{E}\big[[\langle w, y\rangle + b > 0]\,w\big]$ for one patch. (Split $w$ as in section 2. The
# integral now begins at $-b/|y|$.) The check compares it with filters that it draws.
#
# <details><summary>A first hint</summary>
#
# The mean is $u$ times the integral of $g\,e^{-g^2/2}/\sqrt{2\pi}$ over all $g$ that open the mask. Which function
# has this integrand as its derivative?
#
# </details>


# %% tags=["exercise"]
def mean_of_filters_on(y, b):
    """The mean of w [<w, y> + b > 0] for one patch y (p,), and a number b: (p,)."""
    ### BEGIN SOLUTION
    length = np.linalg.norm(y)
    return np.exp(-0.5 * (b / length) ** 2) / np.sqrt(2 * np.pi) * y / length
    ### END SOLUTION


# %% tags=["check"]
def check_mean_of_filters_on(mean):
    rng = np.random.default_rng()
    patch, b = rng.standard_normal(3), 0.5
    patch *= 3 / np.linalg.norm(patch)
    there, back = mean(patch, b), mean(patch, -b)
    assert np.allclose(there, back), (
        "the mean is the same for b and -b: both switch filters that cancel each other. For y = "
        f"{patch} you say "
        f"{np.round(there, 4)} for b = {b} and {np.round(back, 4)} for b = {-b}"
    )
    twice = mean(2 * patch, 2 * b)
    assert np.allclose(there, twice), (
        "b counts in units of |y|: twice the patch and twice the bias switch the same filters on. But for "
        f"y = {patch}, "
        f"b = {b} you say {np.round(there, 4)}, and for twice both {np.round(twice, 4)}"
    )
    draws = rng.standard_normal((200_000, 3))
    for b in (0.0, *rng.uniform(1, 4, 2)):
        sampled = draws * (draws @ patch + b > 0)[:, None]
        off = np.abs(mean(patch, b) - sampled.mean(axis=0)) / (sampled.std(axis=0) / np.sqrt(len(draws)))
        assert np.all(off < 5), (
            f"for y = {patch}, b = {b:.2f} you say {np.round(mean(patch, b), 4)}, {len(draws)} filters say "
            f"{np.round(sampled.mean(axis=0), 4)}: {off.max():.0f} standard errors away"
        )
    print("passed")


check_mean_of_filters_on(mean_of_filters_on)

# %% [markdown]
# **Exercise 3** (10 minutes, medium). A lecturer wants guided maps whose cosine with the limit is `target`. How many
# filters does she need for images of `channels` channels? Use the simple law $\rho \approx \pi^2 C/N$. The check
# builds such networks, and measures.
#
# <details><summary>A first hint</summary>
#
# Two steps: from the cosine to $\rho$, by section 5; then from $\rho$ to $N$.
#
# </details>


# %% tags=["exercise"]
def filters_needed(target, channels):
    """The number of filters; it need not be whole."""
    ### BEGIN SOLUTION
    rho = 1 / target**2 - 1
    return np.pi**2 * channels / rho
    ### END SOLUTION


# %% tags=["check"]
def check_filters_needed(filters_needed):
    low, high = np.random.default_rng().uniform((0.6, 0.72), (0.7, 0.85)).round(2).tolist()
    for channels, target in ((1, high), (1, low), (3, high)):
        part = patches.cut(x[:channels, :32, :32], window((32, 32), (3, 3), padding="same"))
        at_part = window((32, 32), (3, 3), padding="same")
        goal = patches.paste(patches.units(part), at_part)
        N = round(filters_needed(target, channels))
        assert 1 <= N < 2000, f"{N} filters for a cosine of {target}? More filters bring a higher cosine"
        found = []
        for net in range(40):
            rng = np.random.default_rng([5, N, net])
            w, V = rng.standard_normal((N, part.shape[1])), rng.standard_normal((len(part), N))
            found.append(cosine(patches.paste((relu(V) * (part @ w.T > 0)) @ w, at_part), goal))
        error = np.std(found) / np.sqrt(len(found))
        assert abs(np.mean(found) - target) < 0.02 + 4 * error, (
            f"with {channels} channels and N = {N}, the cosine is {np.mean(found):.3f} ± {error:.3f}, not "
            f"{target}: "
            + ("the squared cosine is 1 / (1 + rho)" if channels == 1 else "rho grows with the channels")
        )
    print("passed")


check_filters_needed(filters_needed)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). Guided backprop of a random network shows the cat. Two ingredients bring the image out.
# Name them, and say what becomes of the map without each.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - The forward mask: the mean of the filters that are on points along the patch. Without it the mean of the map does
#   not depend on the image.
# - Signals whose mean is not 0, here by the backward ReLU: without it terms of both signs cancel, and the map has
#   mean 0, as the gradient's.
#
# > **1 point.** First the mask [⟨w, y⟩ > 0], which keeps the filters on the side of the patch, so that their average
# > is a multiple of y. Without it, the average filter is 0: DeconvNet. Second, all signals have one sign, because
# > max(V, 0) has mean 1/sqrt(2 pi). With V itself as much of the patch is added as is taken away: that is saliency,
# > noise.
#
# > **½ point.** The forward ReLU and the backward ReLU. If one is missing there is no image but noise.
#
# Names both and what is lost, but not why; and other functions than the ReLU do as well.
#
# > **0 points.** The convolution, because it is local, and enough filters, because they cover all edges.
#
# More filters do nothing for saliency, and locality is not needed (notebook 06).

# %% [markdown]
# **Question 2** (5 minutes). A paper reports that guided maps correlate positively with the image for all of 1000
# pictures, and concludes that the network attends to the objects. What do you write in the review?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - It is no evidence: without biases the inner product of map and image cannot be negative, whatever the weights.
# - What would be: the comparison with random weights, or with another class, after centring, with error bars.
#
# > **1 point.** For guided backprop the inner product of map and image is a sum of terms that are not negative, so
# > 1000 of 1000 is what an untrained network gets, too. Please repeat it with random weights and for a second class,
# > with centred channels, and report the difference with its standard error.
#
# > **½ point.** A correlation is not causation. The authors should test more networks and more pictures to see if it
# > holds in general.
#
# Asks for more of the same. It will hold in general, and this is the problem.
#
# > **0 points.** The result is strong, since 1000 of 1000 cannot be chance. I accept the paper.
#
# It is indeed no chance: it is a law of the rule.

# %% [markdown]
# ## Further reading
#
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039. Theorem 1 is the subject of this notebook.
# - J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller. *Striving for simplicity: the all
#   convolutional net.* ICLR workshop 2015, arXiv:1412.6806. Guided backprop, section 3.4.
# - C. Stein. *Estimation of the mean of a multivariate normal distribution.* Annals of Statistics 9 (1981),
#   1135-1151. The lemma behind all such averages.
# - Y. Cho, L. Saul. *Kernel methods for deep learning.* NIPS 2009. Averages over two half-spaces at once;
#   overlapping patches need them.
# - J. Adebayo and others. *Sanity checks for saliency maps.* NeurIPS 2018, arXiv:1810.03292. The same
#   observation, from the side of experiment.
# - L. Sixt, M. Granz, T. Landgraf. *When explanations lie: why many modified BP attributions fail.* ICML
#   2020, arXiv:1912.09818. What happens in deep networks.
