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
# # Trained networks, step by step
#
# All theorems so far are about random weights. Their filters are normal numbers: independent, centred, without
# a preferred direction. Trained filters are none of this. Does anything of the theory remain? This notebook
# opens a trained network, layer by layer, and holds each assumption against it.
#
# After this notebook you can
#
# 1. say in which way trained filters differ from random ones, in numbers;
# 2. predict what a layer sends back from its own filters, and see where the prediction breaks;
# 3. mend it, with the one thing that was missing;
# 4. say which part of "the map looks like the image" holds for any weights at all.
#
# You need notebooks 04 and 08. Everything runs offline, in less than a minute. The network is the digits net
# that comes with tinycnn, once trained and once before its training. The last section repeats everything on
# VGG-16, if you have fetched its weights (`tinycnn weights fetch vgg16-features`).

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy.stats import norm

import tinycnn as tc
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.rules import GRADIENT, GUIDED
from tinycnn.pictures.slider import slide
from tinycnn.theory.trained.filtered import (
    bank_prediction,
    constant_signal,
    isotropic_prediction,
    shifted_prediction,
)
from tinycnn.theory.trained.identity import products
from tinycnn.theory.trained.moments import effective_rank, excess_kurtosis, filter_correlation, isotropic_rank
from tinycnn.theory.trained.paths import active_share, open_share
from tinycnn.theory.trained.pictures import magnitude
from tinycnn.theory.trained.random_head import random_head_limit
from tinycnn.theory.trained.stages import stages
from tinycnn.trace import run

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80

nets = {"trained": tc.zoo.digits("digits"), "before": tc.zoo.digits("digits-initial")}
pictures, labels = digit_pictures(10, seed=0)
x = np.concatenate([nets["trained"].preprocess(picture) for picture in pictures])
print("classes seen:", tc.predict(nets["trained"], x).argmax(axis=1), " drawn:", labels)

# %% [markdown]
# A **stage** is a convolution with its ReLU. It has an input $h$, the pre-activations $z = w * h + b$, the
# signal that arrives, and the signal that leaves. The library cuts a backward pass into stages.


# %%
def all_stages(net, rule=GUIDED):
    """The stages of each picture: a list over pictures of lists over layers."""
    found = []
    for picture in x:
        trace = tc.forward(net, picture[None])
        found.append(stages(trace, tc.targets.max_logit()(trace), rule))
    return found


walks = {name: all_stages(net) for name, net in nets.items()}
names = [stage.name for stage in walks["trained"][0]]


def table(title, measure, of=walks):
    """A number for each layer: its mean over the pictures, trained and before training."""
    print(f"{title:46}" + "".join(f"{name:>9}" for name in names))
    for name, walk in of.items():
        means = [np.mean([measure(each[i]) for each in walk]) for i in range(len(names))]
        print(f"    {name:42}" + "".join(f"{mean:9.2f}" for mean in means))


# %% [markdown]
# ## 1. The filters
#
# Three questions to a bank of filters. Are its numbers **Gaussian**? Their excess kurtosis would be 0. Has it
# no **preferred direction**? Then its energy lies in as many directions as that of random filters. The
# effective rank $(\mathrm{tr}\,\Sigma)^2 / \mathrm{tr}\,\Sigma^2$ counts them, with $\Sigma$ the mean of $w w^T$
# over the filters. Are the filters **independent**? Then two of them have a cosine of about $1/\sqrt p$, where
# $p$ is the number of taps.

# %%
table("excess kurtosis (random: 0)", lambda stage: excess_kurtosis(stage.layer.weight))
table(
    "effective rank over that of random filters",
    lambda stage: (
        effective_rank(stage.layer.weight)
        / isotropic_rank(len(stage.layer.weight), stage.layer.weight[0].size)
    ),
)
table(
    "cosine of two filters, times sqrt(p)",
    lambda stage: filter_correlation(stage.layer.weight) * np.sqrt(stage.layer.weight[0].size),
)

# %% [markdown]
# In this small net the filters stay near their random start. In the large one below they do not.
#
# ## 2. The units
#
# In a random net without biases half of all units are open, wherever the input is not 0. (A plain black
# background *is* 0 here, and opens nothing in the first layer.) And half of the open ones get a positive signal, if
# it is the gradient. Guided backprop has no negative signals left above, so a few more (notebook 08).

# %%
table("open units, P(z > 0)", open_share)
table("of these, reached by a positive signal", active_share)
gradient = {name: all_stages(net, GRADIENT) for name, net in nets.items()}
table("the same for the gradient", active_share, gradient)

# %% [markdown]
# Training closes units of every layer but the first. A trained unit waits for something, and is mostly silent.
#
# ## 3. What a layer sends back
#
# Let every open unit send the signal 1. What arrives below the layer is the sum of the filters of all open
# units, at every patch:
#
# $$s = \sum_j D_j^T \sum_i w_i\,[z_{ij} > 0].$$
#
# For filters with second moment $\Sigma$, notebook 04 suggests
#
# $$\mathrm{E}\,s \;\propto\; \sum_j D_j^T \frac{\Sigma y_j}{\sqrt{y_j^T \Sigma y_j}}.$$
#
# This is the input, *filtered by the bank*. We need not form $\Sigma = W^T W/N$ for it. The layer computes
# $z_j = W y_j$ anyway. So $\Sigma y_j = W^T z_j / N$, and $y_j^T \Sigma y_j = |z_j|^2/N$: scale the
# pre-activations at each position to norm 1, and send them back through the layer.

# %%
stage = walks["trained"][3][1]
h, layer = stage.step.input, stage.layer
z = tc.ops.kernels.conv2d(h, layer.weight, None, padding=layer.padding)
unit = z / np.sqrt(np.square(z).sum(axis=1, keepdims=True) + 1e-30)
by_hand = tc.ops.kernels.conv2d_vjp_input(
    unit.astype(h.dtype), layer.weight, h.shape[2:], padding=layer.padding
)
print("by hand and in the library, cosine:", centred_cosine(by_hand, bank_prediction(h, layer))[0].round(6))

# %% [markdown]
# Three predictions: for filters without any preferred direction ($\Sigma = 1$), with the layer's own $\Sigma$,
# and one more that we explain at once.


# %%
def likeness(predict):
    """The cosine of a prediction with what open units of signal 1 send."""
    return lambda stage: float(
        centred_cosine(predict(stage.step.input, stage.layer), constant_signal(stage))[0]
    )


table("cosine with: Sigma = 1", likeness(isotropic_prediction))
table("              the layer's Sigma", likeness(bank_prediction))
table("              its mean and covariance", likeness(shifted_prediction))
table(
    "mean of z over its standard deviation", lambda stage: stage.step.output.mean() / stage.step.output.std()
)

# %% [markdown]
# The layer's own $\Sigma$ predicts better than no direction at all, but it leaves a gap. In the large network of
# section 6 the gap is wide in the upper layers. What is missing? The formula is for filters with *mean 0*. But
# trained filters have a mean $\mu$, and biases. The last table shows what follows: in
# the trained net the mean of the pre-activations $z$ is negative in every layer, and this keeps units closed. So
# take $w \sim N(\mu, C)$. At patch $j$, the pre-activation then has a mean $m_j$ and a standard deviation
# $\sigma_j$ over the filters. With $t_j = m_j/\sigma_j$, the normal distribution $\Phi$ and its density
# $\varphi$,
#
# $$\mathrm{E}\big[w\,[z_j > 0]\big] = \Phi(t_j)\,\mu + \varphi(t_j)\,\frac{C y_j}{\sigma_j}.$$
#
# The second term is the image, as before. The first is new. It is the mean filter, wherever units are open.
# Let us check the formula with many filters.

# %%
rng = np.random.default_rng(0)
y, mu = rng.standard_normal(6), rng.standard_normal(6) - 0.5
root = rng.standard_normal((6, 6)) / 2
w = rng.standard_normal((400_000, 6)) @ root.T + mu
sent = w * (w @ y > 0)[:, None]
C = root @ root.T
sd = np.sqrt(y @ C @ y)
predicted = norm.cdf(mu @ y / sd) * mu + norm.pdf(mu @ y / sd) * C @ y / sd
error = sent.std(axis=0) / np.sqrt(len(w))
for tap in range(6):
    print(
        f"tap {tap}: predicted {predicted[tap]:7.4f}   measured {sent[:, tap].mean():7.4f} ± {error[tap]:.4f}"
    )

# %% [markdown]
# With mean and covariance the prediction is the best in every layer of the table above. So the *mechanism* of the
# paper survives training: what comes back is what the forward pass has opened, filtered by the layer. Only the
# filter has changed.
#
# ## 4. Where is the picture made?
#
# The real signal is not 1. It has come through the layers above. The slider shows its strength at each stage:
# the norm over the channels.


# %%
def draw(i):
    figure, panels = plt.subplots(2, 4, figsize=(8, 4.4))
    for line, (name, walk) in zip(panels, walks.items(), strict=True):
        for panel, picture in zip(line, (3, 5, 7, 8), strict=True):
            panel.imshow(magnitude(walk[picture][i].leaving)[0], cmap="gray")
            panel.set_title(f"{name}, below {names[i]}", fontsize=8)
            panel.set_axis_off()
    plt.show()


slide(draw, "layer", [3, 2, 1, 0])

# %% [markdown]
# The shape of the digit is there all the way down. The switches and masks have drawn it.
#
# ## 5. What holds for any weights
#
# One thing needs no randomness at all. Let $a_{ij} \ge 0$ be what the units of the first layer send in guided
# backprop. They send only where $z_{ij} > 0$, and $\langle w_i, y_j\rangle = z_{ij} - b_i$. So
#
# $$\langle s, x\rangle = \sum_{ij} a_{ij} z_{ij} - \sum_{ij} a_{ij} b_i,$$
#
# and the first sum is never negative. **Without biases a map of guided backprop never points away from the
# image.** Whatever the network has learned. A positive correlation of the map with the image therefore says
# nothing about what was learned.

# %%
table("<s, h> / |s||h|", lambda stage: products(stage)[0].product)
table("    the part of the units (never negative)", lambda stage: products(stage)[0].open)
table("    the part of the biases", lambda stage: -products(stage)[0].biases)

# %% [markdown]
# ## 6. A large network
#
# The same questions to VGG-16 with convolutions trained on ImageNet, and random dense layers above them. The page
# as it comes was run with these weights. Without them the cell says how to get them. On the command line:
# `tinycnn survey vgg16`.

# %%
if tc.weights.is_cached("vgg16-features"):
    vgg = tc.zoo.vgg16("vgg16-features")
    trace = tc.forward(vgg, vgg.preprocess(tc.image.default()))
    walk = stages(trace, tc.targets.max_logit()(trace), GUIDED)
    print(f"{'layer':10}{'open':>6}{'kurtosis':>10}{'Sigma = 1':>11}{'own Sigma':>11}{'mean and cov':>14}")
    for each in walk:
        cosines = [likeness(p)(each) for p in (isotropic_prediction, bank_prediction, shifted_prediction)]
        print(
            f"{each.name:10}{open_share(each):6.2f}{excess_kurtosis(each.layer.weight):10.1f}"
            f"{cosines[0]:11.2f}{cosines[1]:11.2f}{cosines[2]:14.2f}"
        )
else:
    print("to see VGG-16 here: tinycnn weights fetch vgg16-features")

# %% [markdown]
# From below to above, fewer units are open. The bank's own second moment predicts the lower layers well, and the
# upper ones badly. Mean and covariance together predict all of them.
#
# ## 7. One trained layer, exactly
#
# All these predictions describe a bank by its moments. For the *first* layer one can do better, and use its filters
# as they are. Only what stands above it is taken as random: each unit gets an independent weight $V$ for each logit.
# Then a map is a sum of independent terms, and nothing is approximated:
#
# $$\mathrm{E}\,s = \mathrm{E}\,h(V)\;C, \qquad C = \sum_j D_j^T \sum_i [z_{ij} > 0]\,w_i, \qquad
# \rho = (\pi - 1)\,\frac{\sum_{ij} [z_{ij} > 0]\,|w_i|^2}{|C|^2}.$$
#
# This is "partial recovery" as a formula: the image, filtered by open filters where they opened. Two logits share $C$
# and nothing else, so the product of their maps is $\rho$'s again: their cosine is $1/(1 + \rho)$.

# %%
first = run(nets["trained"].layers[:2], x[3:4])
limit = random_head_limit(x[3].astype(float), first[0].layer)
V = np.random.default_rng(0).standard_normal((400, *first.output.shape[1:])).astype(np.float32)
maps = tc.backward(first, V, GUIDED)[0].astype(float)
mean = limit.mean / np.sqrt(2 * np.pi)


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:34}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


axes = (1, 2, 3)
compare("share of the limit", 1, np.sum(maps * mean, axis=axes) / np.sum(mean**2))
compare("rho", limit.rho, np.sum((maps - mean) ** 2, axis=axes) / np.sum(mean**2))
compare("product of two logits", 1, np.sum(maps[::2] * maps[1::2], axis=axes) / np.sum(mean**2))

# %% [markdown]
# The head of a trained network is not random. How much of its map is this limit?

# %%
for name, net in nets.items():
    found, expected = [], []
    for picture in x:
        own = random_head_limit(picture.astype(float), net.layers[0])
        C = own.mean
        expected.append((1 + own.rho) ** -0.5)
        s = tc.visualize(net, picture[None], ["guided"], "max")["guided"][0]
        found.append(np.sum(s * C) / np.linalg.norm(s) / np.linalg.norm(C))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    print(
        f"{name:10} cosine of the map with C: {np.mean(found):.3f} ± {error:.3f}; "
        f"under a random head {np.mean(expected):.3f}"
    )

# %% [markdown]
# Before training the upper layers are random, and the map is nearly what a random head makes of it. A trained head
# sends more to some units than to others, and that takes the map further from $C$. The library judges all of this on
# the filters of four trained networks: `tinycnn verify 'head.*' 'paths.*'`.
#
# ## 8. Exercises
#
# **Exercise 1** (10 minutes, medium). Write the limit for one patch, $\Sigma y / \sqrt{y^T \Sigma y}$, from the
# filters alone.
#
# <details><summary>A first hint</summary>
#
# Do not form $\Sigma$. The layer computes $z = Wy$ anyway; both $\Sigma y$ and $y^T\Sigma y$ can be written with $z$.
#
# </details>


# %% tags=["exercise"]
def filtered_patch(W, y):
    """Filters (N, p) and a patch (p,) to (p,), with Sigma = W^T W / N."""
    ### BEGIN SOLUTION
    z = W @ y
    return W.T @ z / np.linalg.norm(z) / np.sqrt(len(W))
    ### END SOLUTION


# %% tags=["check"]
def check_filtered_patch(filtered_patch):
    rng = np.random.default_rng()
    W, y = rng.standard_normal((30, 5)), rng.standard_normal(5)
    found = filtered_patch(W, y)
    assert np.allclose(found, filtered_patch(W, 7 * y)), (
        "the limit knows a patch's direction, not its contrast; but a patch seven times as strong gives "
        f"{np.round(filtered_patch(W, 7 * y), 3)} after {np.round(found, 3)}"
    )
    doubled = filtered_patch(np.concatenate([W, W]), y)
    assert np.allclose(found, doubled), (
        f"Sigma is a mean over filters: each filter twice changes nothing, but {np.round(found, 3)} became "
        f"{np.round(doubled, 3)}"
    )
    sigma = W.T @ W / len(W)
    expected = sigma @ y / np.sqrt(y @ sigma @ y)
    assert np.allclose(found, expected), f"expected {np.round(expected, 3)}, you say {np.round(found, 3)}"
    print("passed")


check_filtered_patch(filtered_patch)

# %% [markdown]
# **Exercise 2** (5 minutes, easy). Over the filters of a layer, the pre-activations at a position have mean $m$ and
# standard deviation $\sigma$, and are about normal. What share of the units is open there?
#
# <details><summary>A first hint</summary>
#
# Ask it of a standard normal number: which number must it exceed? `norm.cdf` is imported.
#
# </details>


# %% tags=["exercise"]
def share_open(mean, sd):
    """The share of units with z > 0."""
    ### BEGIN SOLUTION
    return norm.cdf(mean / sd)
    ### END SOLUTION


# %% tags=["check"]
def check_share_open(share_open):
    assert np.isclose(share_open(0.0, 2.0), 0.5), (
        f"centred pre-activations open half of the units, you say {share_open(0.0, 2.0):.3f}"
    )
    assert share_open(-1.0, 1.0) < 0.5, (
        f"a negative mean closes units: fewer than half are open, you say {share_open(-1.0, 1.0):.3f}"
    )
    rng = np.random.default_rng()
    for mean, sd in zip((-1.0, *rng.uniform(-2, 2, 3)), (2.0, *rng.uniform(1, 3, 3)), strict=True):
        z = rng.standard_normal(400_000) * sd + mean
        positive, error = (z > 0).mean(), (z > 0).std() / np.sqrt(len(z))
        assert abs(share_open(mean, sd) - positive) < 5 * error, (
            f"of {len(z)} draws with mean {mean:.2f} and sd {sd:.2f}, {positive:.4f} are positive; you say "
            f"{share_open(mean, sd):.4f}"
        )
    print("passed")


check_share_open(share_open)

# %% [markdown]
# **Exercise 3** (10 minutes, medium). Write $\langle s, x\rangle$ with the numbers of the first layer only: what its
# units send, their pre-activations, and their biases.
#
# <details><summary>A first hint</summary>
#
# $\langle w_i, y_j\rangle$ is not $z_{ij}$. To subtract one number from each row of (k, J), it needs the shape (k,
# 1).
#
# </details>


# %% tags=["exercise"]
def product_with_the_image(a, z, b):
    """Signals (k, J) and pre-activations (k, J) of k units at J places, and biases (k,), to <s, x>."""
    ### BEGIN SOLUTION
    return (a * (z - b[:, None])).sum()
    ### END SOLUTION


# %% tags=["check"]
def check_product_with_the_image(product):
    rng = np.random.default_rng()
    W, patches, b = rng.standard_normal((3, 4)), rng.standard_normal((4, 6)), rng.standard_normal(3)
    z = W @ patches + b[:, None]
    a = np.maximum(rng.standard_normal((3, 6)), 0) * (z > 0)
    expected = (W.T @ a * patches).sum()
    unbiased = product(a, z, np.zeros(3))
    assert np.isclose(unbiased, (a * z).sum()), (
        f"without biases it is the sum of a z, here {(a * z).sum():.3f}; you say {unbiased:.3f}"
    )
    assert np.isclose(product(a, z, b), expected), (
        f"the image meets the filter, not the bias: <w, y> = z - b. The product is {expected:.3f}, you say "
        f"{product(a, z, b):.3f}"
    )
    print("passed")


check_product_with_the_image(product_with_the_image)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (10 minutes). Name two assumptions of the theorem that trained filters break. Which one has to be
# mended before the prediction fits the upper layers, and why that one?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Two of: not Gaussian; preferred directions; dependent; a mean that is not 0, with biases.
# - The mean (with the biases): pre-activations are negative on average, units are mostly closed, and the mean filter
#   appears wherever they open, which no second moment shows.
#
# > **1 point.** They have preferred directions, and their mean is not 0. The second moment takes care of the first,
# > but the prediction fails further up. There the pre-activations have a negative mean, so a unit opens only where
# > the input is strong. This adds the mean filter, weighted by the share of open units, to what comes back.
#
# > **½ point.** They are not normal and not independent. One has to use the covariance of the filters in the place of
# > the identity.
#
# Two broken assumptions. The covariance alone leaves the gap.
#
# > **0 points.** They are trained on ImageNet and not random, so the theorem does not apply and no prediction is
# > possible.
#
# The notebook predicts them.

# %% [markdown]
# **Question 2** (5 minutes). With mean and covariance of its filters, the picture that a trained layer sends back is
# predicted well. Does this mean that the map explains the decision?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - No: the prediction says that the picture is what the forward pass has opened, filtered by the layer. It would be
#   the same for any signal of one sign from above.
# - What belongs to the class can only be in the signal from above; to find it, compare with another class, or with a
#   random head.
#
# > **1 point.** It rather means the opposite. We predicted the picture with the signal 1, without a class. So most of
# > what we see is input and filters. The class enters through the signal from the layers above, and its share can be
# > measured: the cosine of the maps of two classes, or of the map and the limit of a random head.
#
# > **½ point.** No, a good prediction only shows that the theory is right about the mechanism.
#
# True, but where the class could show, and how one would see it, is missing.
#
# > **0 points.** Yes, because if we can predict the map from the filters, then the filters are the explanation.
#
# Filters are the same for every decision of the network.

# %% [markdown]
# ## Further reading
#
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039v4. The sections on trained networks.
# - J. Adebayo and others. *Sanity checks for saliency maps.* NeurIPS 2018, arXiv:1810.03292. Weights made random
#   from the top, layer by layer.
# - K. Simonyan, A. Zisserman. *Very deep convolutional networks for large-scale image recognition.* ICLR 2015,
#   arXiv:1409.1556. VGG-16.
# - L. Sixt, M. Granz, T. Landgraf. *When explanations lie: why many modified BP attributions fail.* ICML 2020,
#   arXiv:1912.09818. Another reason why maps forget the class: products of positive matrices.
