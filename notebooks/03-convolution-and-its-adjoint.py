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
# # Convolution and its adjoint
#
# Every map in this course ends with one step: the first convolution, *transposed*. This notebook builds the
# convolution and its transpose four times: with loops, as a matrix product of patches, as another
# convolution, and with fewer multiplications by a trick of Winograd's. Each is equal to the last.
#
# After this notebook you can
#
# 1. write a convolution and its adjoint as loops, and check one against the other with two random vectors;
# 2. write both with the operator $D_j$ that cuts patch $j$, which the theory of this course uses throughout;
# 3. say why strides leave a grid in a map;
# 4. turn an adjoint into a convolution, with the right padding;
# 5. derive Winograd's algorithm, count its multiplications, and say what it costs.
#
# You need Python and NumPy. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.ops.geometry import window
from tinycnn.pictures.slider import slide
from tinycnn.testing import check_adjoint
from tinycnn.theory import patches

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:32}predicted {predicted:9.2f}   measured {np.mean(values):9.2f} ± {error:.2f}")


def equal(label, a, b):
    """Print the largest difference of two arrays, over the largest entry."""
    print(f"{label:44}{np.abs(a - b).max() / np.abs(b).max():.0e}")


# %% [markdown]
# ## 1. One row
#
# A **filter** $g$ of three numbers slides along a row $x$. At each position $t$ it gives one output:
#
# $$y_t = \sum_b g_b\,x_{t+b}.$$
#
# (In deep learning this is called convolution. In mathematics it is correlation; a convolution would turn the
# filter around.)

# %%
x = np.array([0.0, 1.0, 3.0, 2.0, 0.0, 1.0])
g = np.array([1.0, 2.0, -1.0])
y = np.zeros(4)
for t in range(4):
    for b in range(3):
        y[t] += g[b] * x[t + b]
print("y =", y)

# %% [markdown]
# It is linear in $x$, so there is a matrix $L$ with $y = Lx$. Row $t$ holds the filter, moved $t$ places to
# the right.

# %%
L = np.zeros((4, 6))
for t in range(4):
    L[t, t : t + 3] = g
print(L)
print("L x =", L @ x)

# %% [markdown]
# A signal $u$ at the outputs goes back to the inputs by the **transpose** $L^T$, also called the adjoint. As
# a loop it is the same line, with input and output exchanged: what $x_{t+b}$ gave to $y_t$, the signal $u_t$
# gives back to place $t+b$.

# %%
u = np.array([1.0, 0.0, 2.0, -1.0])
s = np.zeros(6)
for t in range(4):
    for b in range(3):
        s[t + b] += g[b] * u[t]
print("loop: ", s)
print("L^T u:", L.T @ u)

# %% [markdown]
# There is a way to check an adjoint without writing the matrix. For *all* $v$ and $u$,
#
# $$\langle L v,\, u\rangle = \langle v,\, L^T u\rangle,$$
#
# where the brackets mean: multiply entry by entry, and add up. No other linear map than $L^T$ fulfils this.
# Random $v$ and $u$ find a mistake with probability one. `check_adjoint` does so, and says where the mistake
# is. Here is the most popular one, the filter turned around:

# %%
v = np.array([2.0, -1.0, 0.0, 1.0, 1.0, 3.0])
print("<L v, u> =", np.sum((L @ v) * u), "   <v, L^T u> =", np.sum(v * (L.T @ u)))
check_adjoint(lambda v: L @ v, lambda u: L.T @ u, x)
try:
    check_adjoint(lambda v: L @ v, lambda u: np.convolve(u, g[::-1]), x)
except tc.TinycnnError as error:
    print(str(error).splitlines()[0])

# %% [markdown]
# ## 2. An image: six loops
#
# An image has $C$ channels (index $c$) and pixels at rows and columns. A bank of $K$ filters (index $k$) has
# $a \times b$ taps for each channel. There is one output for each filter and position:
#
# $$y_{k,h,w} = \sum_{c,a,b} W_{k,c,a,b}\;x_{c,\,h+a,\,w+b}.$$


# %%
def conv_loops(x, W):
    K, C, A, B = W.shape
    rows, columns = x.shape[1] - A + 1, x.shape[2] - B + 1
    y = np.zeros((K, rows, columns))
    for k in range(K):
        for h in range(rows):
            for w in range(columns):
                for c in range(C):
                    for a in range(A):
                        for b in range(B):
                            y[k, h, w] += W[k, c, a, b] * x[c, h + a, w + b]
    return y


def back_loops(u, W, shape):
    K, C, A, B = W.shape
    s = np.zeros(shape)
    for k in range(K):
        for h in range(u.shape[1]):
            for w in range(u.shape[2]):
                for c in range(C):
                    for a in range(A):
                        for b in range(B):
                            s[c, h + a, w + b] += W[k, c, a, b] * u[k, h, w]
    return s


rng = np.random.default_rng(0)
x = rng.standard_normal((3, 10, 12))
W = rng.standard_normal((4, 3, 3, 3))
y = conv_loops(x, W)
u = rng.standard_normal(y.shape)
s = back_loops(u, W, x.shape)
check_adjoint(lambda v: conv_loops(v, W), lambda u: back_loops(u, W, x.shape), x)
print(f"image {x.shape}, filters {W.shape}, output {y.shape}: {y.size * W[0].size} multiplications")
print("relative differences:")
equal("loops and the library", y, tc.ops.conv2d(x[None], W)[0])
equal("loops back and the library", s, tc.ops.conv2d_vjp_input(u[None], W, x.shape[1:])[0])

# %% [markdown]
# The two functions differ in one line. Clear, but slow: Python needs a while for each of the multiplications.
#
# ## 3. Patches: the operator D
#
# A filter sees a **patch** of the image. Write patch $j$ as a row of $p = C a b$ numbers, $y_j = D_j x$. The
# operator $D_j$ cuts it out. Put all patches below each other, and all filters too. The convolution is then
# one product of two matrices:
#
# $$\underbrace{Z}_{J \times K} = \underbrace{Y}_{J \times p}\;\underbrace{W^T}_{p \times K}.$$
#
# Libraries call the first step *im2col*, "image to columns".

# %%
at = window(x.shape[1:], (3, 3))
Y = patches.cut(x, at)
rows = W.reshape(4, -1)
Z = Y @ rows.T
print(f"Y: {Y.shape}, W^T: {rows.T.shape}, Z: {Z.shape}")
print("relative differences:")
equal("im2col and loops", Z.T.reshape(y.shape), y)

# %% [markdown]
# The way back is the transpose of each step, in reverse order. The signals times the filters give a row for
# each patch. $D_j^T$ puts row $j$ back to where the patch came from. Where patches overlap, it adds:
#
# $$s = \sum_j D_j^T\,\Big(\sum_k u_{kj}\,W_k\Big).$$

# %%
U = u.reshape(4, -1).T
equal("patches back and loops back", patches.paste(U @ rows, at), s)

# %% [markdown]
# $D_j$ followed by $D_j^T$ is not nothing. Each pixel comes back once for every patch that covers it:
#
# $$\sum_j D_j^T D_j\,x = \mathrm{cover} \cdot x.$$

# %%
equal("cut, pasted, and cover times image", patches.paste(patches.cut(x, at), at), patches.cover(at) * x)
print(patches.cover(at)[:5, :6])

# %% [markdown]
# The cover is in every map that passed through a convolution. How large is it? Let the filters be random,
# with independent entries of mean 0 and variance 1. Then for any fixed $u$ and $v$, with E for the average
# over filters,
#
# $$\mathrm{E}\,|L v|^2 = K\sum_a \mathrm{cover}(a)\,v_a^2, \qquad \mathrm{E}\,|L^T u|^2 = p\,|u|^2.$$
#
# (Write out the squares. All products of two different weights average to 0. The sum over $a$ runs over
# pixels and channels.) Measured over random filters:

# %%
forward, backward = [], []
for net in range(400):
    filters = np.random.default_rng([1, net]).standard_normal(rows.shape)
    forward.append(np.sum((Y @ filters.T) ** 2))
    backward.append(np.sum(patches.paste(U @ filters, at) ** 2))
compare("energy of L v", 4 * np.sum(patches.cover(at) * x**2), forward)
compare("energy of the signal, L^T u", Y.shape[1] * np.sum(u**2), backward)


# %% [markdown]
# With a **stride** the filter jumps, and the cover becomes uneven. This is where the grid in many maps comes
# from: it is the geometry of the first layer; the image and the weights have no part in it. The left picture
# shows the cover of a 5x5 filter, the right one the mean energy of a hundred random signals that came back
# through sixteen such filters.


# %%
def draw_cover(stride):
    grid = window((26, 26), (5, 5), stride)
    cover = patches.cover(grid)
    rng = np.random.default_rng([2, stride])
    energy = np.zeros((26, 26))
    for _ in range(100):
        signal = rng.standard_normal((grid.output[0] * grid.output[1], 16))
        energy += patches.paste(signal @ rng.standard_normal((16, 25)), grid)[0] ** 2 / (16 * 100)
    figure, panels = plt.subplots(1, 2, figsize=(6, 2.7), layout="constrained")
    names = f"cover, 5x5, stride {stride}", "energy of a signal that came back"
    for panel, picture, name in zip(panels, (cover, energy), names, strict=True):
        shown = panel.imshow(picture, cmap="viridis", vmin=0, vmax=cover.max())
        panel.set_title(name, fontsize=10)
        panel.set_axis_off()
    figure.colorbar(shown, ax=panels)
    plt.show()
    inside = cover[5:20, 5:20]
    print(f"stride {stride}: inside, a pixel is covered {inside.min():.0f} to {inside.max():.0f} times")


slide(draw_cover, "stride", [1, 2, 3, 4, 5])

# %% [markdown]
# (With the package ipywidgets there is a slider. In print you see one picture.)
#
# ## 4. The adjoint is a convolution, too
#
# The loops *scatter*: they run over outputs, and add to inputs. Ask instead what one pixel *gathers*. Pixel
# $h+a$ gets something from output $h$, through tap $a$. So pixel $h'$ gets it from the outputs $h' - a$:
#
# $$s_{c,h',w'} = \sum_{k,a,b} W_{k,c,a,b}\;u_{k,\,h'-a,\,w'-b}.$$
#
# This is a convolution of $u$ with the filters **turned by 180 degrees**, and with input and output channels
# exchanged. Pixels at the border ask for outputs that do not exist. They count as 0: $u$ needs padding. A
# convolution with padding $P$ and $A$ taps needs $A - 1 - P$ on its way back.

# %%
turned = W.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
equal("turned convolution and loops back", tc.ops.conv2d(u[None], turned, padding=2)[0], s)

padded_u = rng.standard_normal((4, 10, 12))
library = tc.ops.conv2d_vjp_input(padded_u[None], W, x.shape[1:], padding=1)[0]
equal("the same with padding 1", tc.ops.conv2d(padded_u[None], turned, padding=1)[0], library)

# %% [markdown]
# Forget to turn, and you still get a map; even its size is right. Here is guided backprop of a random network
# with 64 filters, as it should be, and with the filters not turned. (Notebook 01 explains the rule, notebook
# 04 why the image appears.)

# %%
preprocess = tc.preprocess.IMAGENET_MEAN.at((48, 48))
photo = preprocess(tc.image.default())[0].astype(float)
rng = np.random.default_rng(4)
filters = rng.standard_normal((64, 3, 7, 7))
above = np.maximum(rng.standard_normal((1, 64, 48, 48)), 0)
passed = above * (tc.ops.conv2d(photo[None], filters, padding=3) > 0)
right = tc.ops.conv2d(passed, filters.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1], padding=3)[0]
wrong = tc.ops.conv2d(passed, filters.transpose(1, 0, 2, 3), padding=3)[0]

figure, panels = plt.subplots(1, 3, figsize=(7.5, 2.8))
pictures = {"image": photo, "turned: right": right, "not turned: wrong": wrong}
for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
    panel.imshow(minmax(picture))
    panel.set_title(f"{title}, {centred_cosine(picture, photo):+.2f}", fontsize=10)
    panel.set_axis_off()
plt.show()

# %% [markdown]
# The wrong map has the right size and the usual colours, and there was no error message. One would blame the
# network. (The numbers are cosines with the image, after each channel is centred.) The identity of section 1
# blames the program.
#
# ## 5. Winograd: fewer multiplications
#
# Two neighbouring outputs of a filter with three taps take six multiplications. Winograd found a way with
# four:
#
# $$\begin{aligned}
# m_0 &= (d_0 - d_2)\,g_0, & m_1 &= (d_1 + d_2)\,\tfrac{g_0+g_1+g_2}{2}, \\
# m_3 &= (d_1 - d_3)\,g_2, & m_2 &= (d_2 - d_1)\,\tfrac{g_0-g_1+g_2}{2},
# \end{aligned}$$
#
# and $y_0 = m_0 + m_1 + m_2$, $\;y_1 = m_1 - m_2 - m_3$. Here $d$ are the four pixels that the two outputs
# see. The factors with $g$ are computed once for each filter. With numbers:

# %%
g, d = np.array([1.0, 2.0, -1.0]), np.array([0.0, 1.0, 3.0, 2.0])
m0, m3 = (d[0] - d[2]) * g[0], (d[1] - d[3]) * g[2]
m1, m2 = (d[1] + d[2]) * (g[0] + g[1] + g[2]) / 2, (d[2] - d[1]) * (g[0] - g[1] + g[2]) / 2
print("four multiplications:", np.array([m0 + m1 + m2, m1 - m2 - m3]))
print("six multiplications: ", np.correlate(d, g, mode="valid"))

# %% [markdown]
# **Where does it come from?** From polynomials, and an adjoint. Take two polynomials, $g(t) = g_0 + g_1 t +
# g_2 t^2$ and $q(t) = q_0 + q_1 t$. Their product has degree 3, so it is known from its values at four
# points. At a point, the product is one multiplication. So four multiplications are enough to multiply them.
#
# Multiplying polynomials by $g$ is the loop of section 1 *backwards*: $g_b\,q_t$ is added to coefficient $t +
# b$. It is $L^T$. So $L$ itself is the transpose of "evaluate, multiply, interpolate". With $n$ points for $n
# - 2$ outputs this gives
#
# $$y = A^T\big[(G g) * (B^T d)\big],$$
#
# where $*$ multiplies entry by entry. $A$ evaluates $q$, $G$ evaluates $g$, and $B$ interpolates. Write $a_i$
# for the points, $M(t) = \prod_i (t - a_i)$, and $M_i(t) = M(t)/(t - a_i)$. Then
#
# - row $i$ of $G$ is $(1, a_i, a_i^2)/M_i(a_i)$;
# - column $i$ of $A^T$ is $(1, a_i, a_i^2, \ldots)$;
# - row $i$ of $B^T$ holds the coefficients of $M_i$.
#
# The last point is "infinity", where a polynomial's value is its leading coefficient. Its row of $B^T$ holds
# the coefficients of $M$.


# %%
def winograd(points, taps=3):
    """The matrices A^T, G, B^T for some points and infinity."""
    points = np.asarray(points, float)
    n = len(points) + 1
    outputs = n + 1 - taps
    A_T, G, B_T = np.zeros((outputs, n)), np.zeros((n, taps)), np.zeros((n, n))
    for i, a in enumerate(points):
        M_i = np.poly(np.delete(points, i))[::-1]  # coefficients, the constant first
        A_T[:, i] = a ** np.arange(outputs)
        G[i] = a ** np.arange(taps) / np.polyval(M_i[::-1], a)
        B_T[i, : n - 1] = M_i
    A_T[-1, -1], G[-1, -1], B_T[-1] = 1, 1, np.poly(points)[::-1]
    return A_T, G, B_T


A_T, G, B_T = winograd([0, 1, -1])
print("G =\n", G + 0.0)
print("outputs:", A_T @ ((G @ g) * (B_T @ d)))

# %% [markdown]
# The rows are those above, up to signs that cancel.
#
# **Images.** Do it along the rows, and along the columns:
#
# $$Y = A^T\big[(G\,g\,G^T) * (B^T d\,B)\big]A.$$
#
# $d$ is now a tile of the image. Tiles of 6x6 pixels give 4x4 outputs, and overlap by two. They are patches:
# `cut` gives them, with size 6 and stride 4. The sum over channels is taken *before* the last step.


# %%
def conv_winograd(x, W, points, dtype=np.float64):
    """A 3x3 convolution without padding; tiles must fit."""
    A_T, G, B_T = (matrix.astype(dtype) for matrix in winograd(points))
    outputs, size = A_T.shape
    at = window(x.shape[1:], (size, size), outputs)
    (rows, columns), C, K = at.output, len(x), len(W)
    tiles = patches.cut(x, at).astype(dtype).reshape(-1, C, size, size)
    d = np.einsum("is,jcst,lt->jcil", B_T, tiles, B_T, optimize=True)
    g = np.einsum("ia,kcab,lb->kcil", G, W.astype(dtype), G, optimize=True)
    products = np.einsum("jcil,kcil->jkil", d, g, optimize=True)
    y = np.einsum("oi,jkil,ql->jkoq", A_T, products, A_T, optimize=True)
    y = y.reshape(rows, columns, K, outputs, outputs).transpose(2, 0, 3, 1, 4)
    return y.reshape(K, rows * outputs, columns * outputs)


rng = np.random.default_rng(5)
x, W = rng.standard_normal((16, 26, 26)), rng.standard_normal((16, 16, 3, 3))
im2col = (patches.cut(x, window((26, 26), (3, 3))) @ W.reshape(16, -1).T).T.reshape(16, 24, 24)
POINTS = {"F(2x2)": [0, 1, -1], "F(4x4)": [0, 1, -1, 2, -2]}
for name, points in POINTS.items():
    equal(f"Winograd {name} and im2col", conv_winograd(x, W, points), im2col)

# %% [markdown]
# The adjoint needs nothing new: by section 4 it is a convolution, with turned filters.

# %%
turned = W.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
u = rng.standard_normal((16, 24, 24))
padded = np.pad(u, ((0, 0), (2, 2), (2, 2)))
large = np.pad(padded, ((0, 0), (0, 2), (0, 2)))  # to whole tiles
back = conv_winograd(large, turned, POINTS["F(4x4)"])[:, :26, :26]
equal("Winograd back and the library back", back, tc.ops.conv2d_vjp_input(u[None], W, (26, 26))[0])

# %% [markdown]
# **The price.** Larger tiles save more multiplications. A tile of $m \times m$ outputs takes $(m+2)^2$
# instead of $9\,m^2$. But the matrices hold powers of the points, and the rounding errors grow. We compute
# with 32-bit numbers, and compare with 64-bit ones. The error is the root of the mean square, over that of
# the outputs.

# %%
CHOICES = {
    "im2col": None,
    "F(2x2): 0, ±1": [0, 1, -1],
    "F(4x4): 0, ±1, ±2": [0, 1, -1, 2, -2],
    "F(4x4): 0, ±3/4, ±3/2": [0, 0.75, -0.75, 1.5, -1.5],
    "F(6x6): 0, ±1, ±2, ±1/2": [0, 1, -1, 2, -2, 0.5, -0.5],
    "F(8x8): 0, ±1, ±2, ±1/2, ±4": [0, 1, -1, 2, -2, 0.5, -0.5, 4, -4],
}
grid = window((26, 26), (3, 3))
print(f"{'':30}multiplications per output    error")
shares, errors, spreads = [], [], []
for name, points in CHOICES.items():
    found = []
    for net in range(12):
        rng = np.random.default_rng([6, net])
        x = rng.standard_normal((16, 26, 26)).astype(np.float32)
        W = rng.standard_normal((16, 16, 3, 3)).astype(np.float32)
        exact = patches.cut(x, grid) @ W.astype(float).reshape(16, -1).T
        if points is None:
            rounded = patches.cut(x, grid).astype(np.float32) @ W.reshape(16, -1).T
        else:
            rounded = conv_winograd(x, W, points, np.float32).reshape(16, -1).T
        found.append(np.sqrt(np.mean((rounded - exact) ** 2) / np.mean(exact**2)))
    m = 1 if points is None else len(points) - 1
    shares.append((m + 2) ** 2 / m**2)
    errors.append(np.mean(found))
    spreads.append(np.std(found, ddof=1) / np.sqrt(len(found)))
    print(f"{name:30}{shares[-1]:13.2f}{errors[-1]:24.1e} ± {spreads[-1]:.0e}")

figure, panel = plt.subplots(figsize=(6, 3.2))
panel.errorbar(shares, errors, spreads, fmt="o", capsize=3)
for name, share, error in zip(CHOICES, shares, errors, strict=True):
    panel.annotate(name, (share, error), xytext=(6, 3), textcoords="offset points", fontsize=8)
panel.set(
    yscale="log",
    xlim=(1, 12),
    ylim=(8e-8, 5e-4),
    xlabel="multiplications per output, channel and filter",
    ylabel="relative error",
)
panel.grid(alpha=0.3)
plt.show()

# %% [markdown]
# tinycnn's fast convolution is the fourth line of the table: a quarter of the multiplications. Its points are
# exact in binary, and their errors are smaller than those of the customary ones. It differs from the
# definition by rounding only:

# %%
fast = tc.ops.engine.conv2d(x[None], W, np.zeros(16, np.float32))
equal("fast kernel and definition, 32 bit", fast, tc.ops.conv2d(x[None], W))

# %% [markdown]
# ## 6. Exercises
#
# Write the body of each function, and run the check below it.
#
# **Exercise 1** (10 minutes, easy). The way back along a row, with a stride: $y_t = \sum_b g_b\,x_{\text{stride}
# \cdot t + b}$. You get the signal $u$ and the length of $x$.
#
# <details><summary>A first hint</summary>
#
# Write the way forward first: `y[t] += g[b] * x[stride * t + b]`. Then exchange the roles of the two arrays.
#
# </details>


# %% tags=["exercise"]
def row_back(u, g, stride, length):
    """The signal at x, (length,)."""
    ### BEGIN SOLUTION
    s = np.zeros(length)
    for t in range(len(u)):
        s[t * stride : t * stride + len(g)] += g * u[t]
    return s
    ### END SOLUTION


# %% tags=["check"]
def check_row_back(row_back):
    rng = np.random.default_rng()
    for length, stride, size in ((6, 1, 3), (7, 2, 3), (9, 3, 4), (8, 2, 2)):
        g = rng.integers(1, 9, size) * rng.choice([-1.0, 1.0], size)

        def there(x, stride=stride, g=g):
            return np.correlate(x, g, mode="valid")[::stride].copy()

        second = np.zeros(len(there(np.zeros(length))))
        second[1] = 1.0
        back = np.asarray(row_back(second.copy(), g, stride, length))
        assert back.shape == (length,), f"x has length {length}, but the signal at x has shape {back.shape}"
        reached, seen = np.flatnonzero(back), stride + np.arange(size)
        assert np.array_equal(reached, seen), (
            f"stride {stride}: output 1 has seen the pixels {seen}, but its signal went to {reached}"
        )
        check_adjoint(
            there,
            lambda u, stride=stride, length=length, g=g: row_back(u, g, stride, length),
            np.zeros(length),
        )
    print("passed")


check_row_back(row_back)

# %% [markdown]
# **Exercise 2** (10 minutes, medium). A convolution of stride 1 has kernels of `kernel` x `kernel` taps that are
# `dilation` pixels apart, and `padding` rows and columns of zeros on each side. Its adjoint is a convolution with
# turned kernels and the same dilation. With which padding? (Dilation 1 is the convolution of section 4.)
#
# <details><summary>A first hint</summary>
#
# Dilated taps reach over `dilation * (kernel - 1) + 1` pixels. Count the size of the output from that of the image,
# and go back to the size of the image.
#
# </details>


# %% tags=["exercise"]
def padding_back(kernel, padding, dilation):
    """The padding of the adjoint, on each side."""
    ### BEGIN SOLUTION
    return dilation * (kernel - 1) - padding
    ### END SOLUTION


# %% tags=["check"]
def check_padding_back(padding_back):
    draw = np.random.default_rng()
    drawn = ((size, int(draw.integers(size)), int(draw.integers(2, 4))) for size in (3, 4, 4))
    for kernel, padding, dilation in ((3, 1, 1), (3, 0, 1), (5, 1, 1), (3, 1, 2), (3, 0, 3), *drawn):
        W = np.random.default_rng([7, kernel]).standard_normal((2, 3, kernel, kernel))
        turned = W.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
        image = np.zeros((1, 3, 12, 13))
        signal = np.zeros_like(tc.ops.conv2d(image, W, padding=padding, dilation=dilation))
        P = padding_back(kernel, padding, dilation)
        sides = signal.shape[2:]
        size = tuple(n + 2 * P - dilation * (kernel - 1) for n in sides)
        assert size == (12, 13), (
            f"kernel {kernel}, padding {padding}, dilation {dilation}: an image of 12x13 gives {sides[0]}x{sides[1]} "
            f"outputs, and with padding {P} they come back as {size[0]}x{size[1]}"
        )
        check_adjoint(
            lambda v, W=W, p=padding, d=dilation: tc.ops.conv2d(v, W, padding=p, dilation=d),
            lambda u, turned=turned, P=P, d=dilation: tc.ops.conv2d(u, turned, padding=P, dilation=d),
            image,
        )
    print("passed")


check_padding_back(padding_back)

# %% [markdown]
# **Exercise 3** (5 minutes, easy). Bring a filter of three taps to the four points of section 5: write the four
# factors with $g$ in $m_0, m_1, m_2, m_3$.
#
# <details><summary>A first hint</summary>
#
# Each product of section 5 has one factor that holds only $g$. Keep the order of the four: $m_2$ stands below $m_1$.
#
# </details>


# %% tags=["exercise"]
def filter_to_points(g):
    """A filter (3,) to four numbers, in the order m_0, m_1, m_2, m_3."""
    ### BEGIN SOLUTION
    return np.array([g[0], (g[0] + g[1] + g[2]) / 2, (g[0] - g[1] + g[2]) / 2, g[2]])
    ### END SOLUTION


# %% tags=["check"]
def check_filter_to_points(filter_to_points):
    d = np.array([1.0, 10.0, 100.0, 1000.0])
    drawn = np.random.default_rng().integers(-9, 9, (2, 3)).astype(float)
    pixels = np.array([d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]])
    for g in (*np.eye(3), *drawn):
        factors = np.asarray(filter_to_points(g.copy()))
        assert factors.shape == (4,), f"four points need four factors, not {factors.shape}"
        m = factors * pixels
        found, expected = np.array([m[0] + m[1] + m[2], m[1] - m[2] - m[3]]), np.correlate(d, g, mode="valid")
        assert np.allclose(found, expected), (
            f"for the filter {g} and the pixels {d} the outputs are {expected}, but yours give {found}"
        )
    print("passed")


check_filter_to_points(filter_to_points)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). Why do two random vectors suffice to find a wrong adjoint? And why is looking at the
# maps no substitute?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Only the transpose fulfils the identity for all vectors. For another linear map the difference of the two sides is
#   a bilinear form that is not zero, and random vectors miss it with probability 0 (up to rounding).
# - A wrong adjoint has the right shape and draws a plausible picture, as the filters that were not turned do.
#
# > **1 point.** If M is not the transpose of L, then ⟨Lv, u⟩ - ⟨v, Mu⟩ = ⟨v, (L^T - M)u⟩ is not identically zero. It
# > is zero only on a set of measure 0, which a random draw does not hit, apart from rounding. A picture does not
# > help: filters that were not turned give a map of the right size that looks like others, and we would blame the
# > network.
#
# > **½ point.** Because the identity must hold for all v and u, so it must hold for random ones. Pictures can be
# > misleading.
#
# That is why a right adjoint passes, not why a wrong one fails; and no example.
#
# > **0 points.** Random vectors cover all directions on average, so two are enough if they are long.
#
# Length does not matter, and two vectors cover no average.

# %% [markdown]
# **Question 2** (5 minutes). A saliency map shows a regular grid whose spacing is the stride of the first layer. A
# student says: "the network has learned a texture". What do you show the student?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - The cover: with a stride, pixels lie in different numbers of windows, so that their energy differs. This is
#   geometry, for any weights and any image.
# - An experiment that separates the two: random weights, or a random signal, or another image give the same grid; or
#   the grid goes when the map is divided by the root of the cover.
#
# > **1 point.** I count how many windows cover each pixel. For a 5x5 filter with stride 2 the count alternates, and
# > the energy of a map is proportional to it. Then I draw the filters anew: the grid stays where it was. If it were
# > learned, it would be gone.
#
# > **½ point.** The grid comes from the stride, since some pixels are seen more often than others. So it is an
# > artefact.
#
# The right mechanism, but nothing that would convince somebody who doubts it.
#
# > **0 points.** I would train the network longer, because grids are a sign of filters that have not converged.
#
# An untrained network has the same grid.

# %% [markdown]
# ## Further reading
#
# - V. Dumoulin, F. Visin. *A guide to convolution arithmetic for deep learning.* 2016, arXiv:1603.07285.
#   Padding, strides and transposes, in pictures.
# - A. Odena, V. Dumoulin, C. Olah. *Deconvolution and checkerboard artifacts.* Distill 2016. The grid of
#   section 3.
# - K. Chellapilla, S. Puri, P. Simard. *High performance convolutional neural networks for document
#   processing.* IWFHR 2006. Convolution as a product of matrices.
# - S. Winograd. *Arithmetic complexity of computations.* SIAM 1980.
# - A. Lavin, S. Gray. *Fast algorithms for convolutional neural networks.* CVPR 2016, arXiv:1509.09308.
# - B. Barabasz, A. Anderson, K. M. Soodhalter, D. Gregg. *Error analysis and improving the accuracy of
#   Winograd convolution for deep neural networks.* ACM Transactions on Mathematical Software 46 (2020),
#   arXiv:1803.10986. The choice of points.
# - A. Griewank, A. Walther. *Evaluating derivatives.* SIAM 2008. Adjoints of programs, line by line.
