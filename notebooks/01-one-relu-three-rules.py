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
# # One ReLU, three rules
#
# Three methods explain what a convolutional network sees in an image: the **saliency map**, **DeconvNet** and
# **guided backprop**. All three send a signal from the network's answer back to the image. They differ in one
# place only: the ReLU.
#
# After this notebook you can
#
# 1. write down what each rule does at a ReLU, and compute it by hand;
# 2. follow a signal back through a small network, one layer at a time;
# 3. say why guided backprop is *not* the positive part of the gradient;
# 4. say why it shows the image even if the network is random, and what the forward mask has to do with it;
# 5. say what DeconvNet does differently, and what its *switches* are;
# 6. say which mistakes a program can make with a ReLU that is used twice, hidden, or overwritten.
#
# You need Python, NumPy, and what a convolution and a gradient are. Everything runs offline, in less than a
# minute.

# %%
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine, cosine

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 80})  # keeps this file small
plt.rcParams["figure.dpi"] = 75

RULES = {"saliency": tc.rules.GRADIENT, "deconvnet": tc.rules.DECONVNET, "guided": tc.rules.GUIDED}

# %% [markdown]
# ## 1. One number
#
# A **ReLU** takes a number $z$ and gives $\max(z, 0)$. That is the way forward.
#
# On the way back, a number $R$ arrives at the ReLU's output. We call it the **signal**. A **rule** says which
# signal leaves at the ReLU's input:
#
# | rule | the signal that leaves | in words |
# |---|---|---|
# | saliency (the gradient) | $R \cdot [z > 0]$ | pass if the *input* was positive |
# | DeconvNet | $R \cdot [R > 0]$ | pass if the *signal* is positive |
# | guided backprop | $R \cdot [z > 0] \cdot [R > 0]$ | pass if both are |
#
# Here $[\ldots]$ is 1 if the condition is true, and 0 if not. We call $[z > 0]$ the **forward mask**: it
# depends on what the network saw. We call $R \cdot [R > 0]$, which is $\max(R, 0)$, the **backward ReLU**: it
# does not.
#
# Take $z = 3$ and $R = -2$. Anything with `layers` is a network, so here is one with a single ReLU.

# %%
one_relu = SimpleNamespace(layers=[tc.ReLU()])
trace = tc.forward(one_relu, np.array([[3.0]]))
print("forward: ", trace.input, "->", trace.output)

for name, rule in RULES.items():
    signals = tc.backward(trace, np.array([[-2.0]]), rule)
    print(f"{name:10}", signals[1], "->", signals[0])

# %% [markdown]
# `forward` keeps everything that happened, in a **trace**. `backward` walks along the trace from its end to
# its start. It gives the signal at every layer. `signals[-1]` is where we began, the **seed**. `signals[0]`
# has arrived at the input.
#
# A rule is a table. It has one row for each type of layer. For a ReLU the row has two parts, the backward
# ReLU (`send`) and the forward mask (`mask`), and you can read them:

# %%
for name, rule in RULES.items():
    row = rule.table[tc.ReLU]
    print(f"{name:10} send: {row.send.__name__:10} mask: {row.mask.__name__}")

# %% [markdown]
# ## 2. All cases of one ReLU
#
# The input can be negative, zero or positive. So can the signal. This is all that can happen:

# %%
z = np.array([[-1.0, -1.0, 0.0, 0.0, 3.0, 3.0]])
R = np.array([[-2.0, 5.0, -2.0, 5.0, -2.0, 5.0]])
trace = tc.forward(one_relu, z)
back = {name: tc.backward(trace, R, rule)[0] for name, rule in RULES.items()}

print("   z    R   " + "  ".join(f"{name:>9}" for name in RULES))
for case in range(z.size):
    cells = "  ".join(f"{back[name][0, case]:9.0f}" for name in RULES)
    print(f"{z[0, case]:4.0f} {R[0, case]:4.0f}   {cells}")

# %% [markdown]
# Look at the two rows with $z = 0$. The mask is strict: a ReLU whose input was exactly 0 passes nothing.
#
# The same as a picture. Each point is a pair of an input and a signal. White is 0, red is positive, blue is
# negative.

# %%
axis = np.linspace(-1, 1, 101)
z, R = (grid.reshape(1, -1) for grid in np.meshgrid(axis, axis))
trace = tc.forward(one_relu, z)

figure, panels = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True)
for panel, (name, rule) in zip(panels, RULES.items(), strict=True):
    leaves = tc.backward(trace, R, rule)[0].reshape(101, 101)
    panel.imshow(leaves, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower", extent=(-1, 1, -1, 1))
    panel.set(title=name, xlabel="input z")
panels[0].set_ylabel("signal R")
plt.show()

# %% [markdown]
# The gradient keeps the right half, DeconvNet the upper half, guided backprop the quarter that both keep.
#
# ## 3. A network that fits on a page
#
# Our image is a row of 12 pixels. Our network is made by hand:
#
# - three **filters** of three pixels: one likes rising edges, one falling edges, one bright spots;
# - a ReLU after each;
# - one answer, the **logit**: all rising edges, *minus* all falling edges, plus all bright spots.

# %%
x = np.array([0, 0, 0, 1, 3, 3, 3, 1, 0, 0, 2, 0], float).reshape(1, 1, 1, 12)
filters = np.array([[-1, 0, 1], [1, 0, -1], [-1, 2, -1]], float).reshape(3, 1, 1, 3)
votes = np.repeat([1.0, -1.0, 1.0], 12).reshape(1, 36)

conv = tc.Conv2D(filters, padding=(0, 1), name="conv")
net = SimpleNamespace(layers=[conv, tc.ReLU(name="relu"), tc.Flatten(), tc.Dense(votes, name="logit")])
trace = tc.forward(net, x)

names = ("rising", "falling", "spot")


def show(title, rows):
    print(title)
    for label, row in rows:
        print(f"  {label:10}" + "".join(f"{value:4.0f}" for value in row))


show("image", [("x", x.ravel())])
show("after the convolution", zip(names, trace[0].output[0, :, 0], strict=True))
show("after the ReLU", zip(names, trace[1].output[0, :, 0], strict=True))
print("logit", trace.output)

# %% [markdown]
# Now back. The seed is 1 at the logit. The dense layer turns it into the votes, +1 or −1. The ReLU applies
# its rule. The convolution, transposed, adds up what is left. Only the ReLU's step differs between the rules.

# %%
seed = np.ones((1, 1))
maps = {}
for name, rule in RULES.items():
    signals = tc.backward(trace, seed, rule)
    maps[name] = signals[0]
    show(f"{name}: below the ReLU", zip(names, signals[1][0, :, 0], strict=True))
    show(f"{name}: at the image", [("map", signals[0].ravel())])

# %% [markdown]
# Guided backprop by hand takes three lines of NumPy. It is the same to the last digit:

# %%
R = votes.reshape(1, 3, 1, 12)
below = np.maximum(R, 0) * (trace[0].output > 0)
by_hand = tc.ops.conv2d_vjp_input(below, filters, (1, 12), padding=(0, 1))
print("equal:", np.array_equal(by_hand, maps["guided"]))

# %% [markdown]
# The gradient has a law that the others do not have. There are no biases here, so the network is linear as
# long as no ReLU changes its mind, and
#
# $$\langle \text{saliency}, x \rangle = \text{logit}.$$
#
# The brackets mean: multiply pixel by pixel, and add up.

# %%
for name, map in maps.items():
    print(f"{name:10} <map, x> = {np.sum(map * x):5.1f}    logit = {trace.output.item():.1f}")

# %% [markdown]
# ## 4. Is guided backprop not just the positive part of the gradient?
#
# No. It clips the signal *at every ReLU*, before filters add signals up. Clipping a sum and adding clipped
# terms are two different things. First the twelve pixels:

# %%
show(
    "at the image", [("clipped", np.maximum(maps["saliency"], 0).ravel()), ("guided", maps["guided"].ravel())]
)

# %% [markdown]
# Guided backprop even has negative values: the last step back is a convolution, and filters have negative
# weights. Nothing clips after it.
#
# Now a real image. The network has 64 filters of 7x7 pixels, and 10 logits. All weights are **random**: it
# has learnt nothing. We explain logit 0. We measure how alike two maps are by their **correlation**: the
# cosine of the angle between them, after the mean of each colour channel is removed. It is 1 for equal maps,
# and near 0 for unrelated ones.

# %%
model = tc.zoo.three_layer_cnn(filters=64, kernel=7, image=(96, 96), seed=0)
x = model.preprocess(tc.image.default())
trace = tc.forward(model, x)
for step in trace:
    print(f"{step.layer.name:8} {type(step.layer).__name__:8} {step.input.shape!s:18} -> {step.output.shape}")


# %%
def correlation(a, b):
    return float(centred_cosine(a, b)[0])


def look(maps, x):
    """Draw an image and its maps, each with its correlation to the image."""
    figure, panels = plt.subplots(1, 1 + len(maps), figsize=(2.5 * (1 + len(maps)), 2.9))
    panels[0].imshow(model.preprocess.inverse(x)[0])
    panels[0].set_title("image")
    for panel, (name, map) in zip(panels[1:], maps.items(), strict=True):
        panel.imshow(minmax(map[0]))
        panel.set_title(f"{name}: {correlation(map, x):+.2f}")
    for panel in panels:
        panel.set_axis_off()
    plt.show()


maps = tc.visualize(model, x, target=0)
look(maps, x)

# %% [markdown]
# There is the cat, in a network that knows no cats. Each map is stretched from its smallest value (black) to
# its largest (white).
#
# And the positive part of the gradient?

# %%
clipped = np.maximum(maps["saliency"], 0)
print(f"clipped gradient with guided: {correlation(clipped, maps['guided']):+.2f}")
print(f"clipped gradient with image:  {correlation(clipped, x):+.2f}")
print(f"guided with image:            {correlation(maps['guided'], x):+.2f}")
print(f"negative values in guided:    {np.mean(maps['guided'] < 0):.0%}")

# %% [markdown]
# The clipped gradient does not show the cat.
#
# Where do the two rules part? Right below the ReLU, with a single ReLU, guided backprop *is* the positive
# part of the gradient. The convolution below makes the difference. With two ReLUs they differ below the first
# one already.

# %%
seed = tc.targets.logit(0)(trace)
below = {name: tc.backward(trace, seed, rule)[1] for name, rule in RULES.items()}
print("one ReLU, below it: ", np.array_equal(np.maximum(below["saliency"], 0), below["guided"]))

deep = tc.zoo.deep_cnn(channels=(32, 32), image=(48, 48), seed=0)
deep_trace = tc.forward(deep, deep.preprocess(tc.image.default()))
deep_seed = tc.targets.logit(0)(deep_trace)
below = {name: tc.backward(deep_trace, deep_seed, rule)[1] for name, rule in RULES.items()}
print("two ReLUs, below both:", np.array_equal(np.maximum(below["saliency"], 0), below["guided"]))

# %% [markdown]
# ## 5. Why does it need the forward mask?
#
# Because the mask is the only thing that knows the image. Here is the idea of the proof, in one picture.
#
# A filter $w$ looks at one **patch** $y$ of the image. The ReLU behind it is on if
# $\langle w, y \rangle > 0$. The way back through this filter adds $w$ to the map, times the signal. So ask:
# what is the *average* of random filters?
#
# Draw each filter from $N(0, I)$: every entry normal, mean 0, variance 1. A patch of two pixels can be drawn
# on paper.

# %%
rng = np.random.default_rng(0)
y = np.array([2.0, 1.0])
w = rng.standard_normal((200_000, 2))
on = w @ y > 0

figure, panel = plt.subplots(figsize=(4, 4))
panel.scatter(*w[:800][~on[:800]].T, s=6, color="lightgrey", label="off")
panel.scatter(*w[:800][on[:800]].T, s=6, color="tab:orange", label="on")
panel.quiver(0, 0, *y, angles="xy", scale_units="xy", scale=1, color="black", label="patch y")
panel.quiver(
    0, 0, *w[on].mean(axis=0), angles="xy", scale_units="xy", scale=1, color="red", label="mean of on"
)
panel.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="first pixel", ylabel="second pixel")
panel.legend(loc="upper left", fontsize=8)
plt.show()

# %% [markdown]
# The filters that are on fill the half of the plane on the side of $y$. So their mean points along $y$. In
# formulas, with E for the average over all filters and $|y|$ for the length of $y$,
#
# $$\mathrm{E}\big[\,w\,[\langle w, y\rangle > 0]\,\big] = \frac{1}{\sqrt{2\pi}}\,\frac{y}{|y|},
# \qquad \mathrm{E}[w] = 0.$$
#
# The mask turns random filters into the patch. Without it, the average is nothing.
#
# One thing is missing: the signal $V$ that arrives from above. In a random network it is as often negative as
# positive. So the gradient adds as much of $y$ as it takes away. The backward ReLU makes all signs equal.
# Then the sum does not cancel: $\mathrm{E}[\max(V, 0)] = 1/\sqrt{2\pi}$, and guided backprop has the mean
# $\frac{1}{2\pi}\,y/|y|$.

# %%
V = rng.standard_normal(len(w))
along, across = y / np.linalg.norm(y), np.array([-y[1], y[0]]) / np.linalg.norm(y)
sent = {"saliency": V * on, "deconvnet": np.maximum(V, 0), "guided": np.maximum(V, 0) * on}
predicted = {"saliency": 0, "deconvnet": 0, "guided": 1 / (2 * np.pi)}

print("mean map of a patch   along y   predicted   across y")
for name, signal in sent.items():
    mean = np.mean(signal[:, None] * w, axis=0)
    print(f"{name:20}{mean @ along:+9.3f}{predicted[name]:+12.3f}{mean @ across:+11.3f}")

# %% [markdown]
# Two hundred thousand filters leave an error of about 0.002. Only guided backprop has a mean that is not 0. A
# whole image is many patches, and a map with many filters is near its mean. That is the theorem of Nie, Zhang
# and Patel (2018): in a random network, guided backprop shows the image.
#
# So what should the DeconvNet map know of the image? Without a mask, *nothing*. We change the image, and
# explain the same logit.

# %%
other = model.preprocess(tc.image.sample("coffee"))
other_maps = tc.visualize(model, other, target=0)
look(other_maps, other)
for name in RULES:
    print(f"{name:10} same map for both images: {np.array_equal(maps[name], other_maps[name])}")

# %% [markdown]
# A cat or a cup of coffee: DeconvNet gives the same map, bit for bit. (This holds for a network without
# max-pooling. See section 6.)
#
# If a mask, and signs that do not cancel, are all it takes, then the backward ReLU is nothing special. Other
# functions should do as well. They do:

# %%
for name in ("guided", "abs", "constant", "negative", "reversed"):
    row = tc.rules.get(name).table[tc.ReLU]
    map = tc.visualize(model, x, [name], target=0)[name]
    print(f"{name:10} send: {row.send.__name__:10} mask: {row.mask.__name__:20} {correlation(map, x):+.2f}")

# %% [markdown]
# `abs` sends $|R|$. `constant` sends 1, whatever arrives: this map does not know which logit we asked for,
# and it is the best cat of all. `reversed` uses the opposite mask, and gives the negative of the image.
#
# Then guided backprop should hardly depend on the logit either. We explain all ten in one go:

# %%
ten = tc.targets.several([tc.targets.logit(k) for k in range(10)])(trace)
pairs = np.triu_indices(10, k=1)

print("two logits' maps: cosine   correlation   <map, x> > 0")
for name, rule in RULES.items():
    each = tc.backward(trace, ten, rule)[0]
    plain, centred = (
        measure(each[:, None], each[None])[pairs].mean() for measure in (cosine, centred_cosine)
    )
    agree = np.sum(np.sum(each * x, axis=(1, 2, 3)) > 0)
    print(f"{name:16} {plain:+8.2f} {centred:+13.2f} {agree:8} of 10")

# %% [markdown]
# Two logits of a random network are unrelated, and their saliency maps are unrelated. Their guided maps are
# nearly the same. For guided backprop the last column is a law: without biases,
# $\langle \text{map}, x \rangle \ge 0$ for every logit and all weights. So a guided map that looks like the
# image is no sign that anything was learnt.
#
# The DeconvNet maps of two logits share something too, but it is not the image: it is a constant colour, the
# mean of the filters. The correlation removes each channel's mean, and then almost nothing is left. (Its 10
# of 10 is luck: this colour happens to go with the colour of the cat. With `seed=5` in section 4 it is 0 of
# 10.)
#
# Which gate removed how much? The **tape** says. Energy is the sum of the squares of a signal.

# %%
print(tc.tape(trace, seed, tc.rules.GUIDED))

# %% [markdown]
# About half of the signal's energy is behind the mask, about half is negative, and three quarters are one or
# the other.
#
# ## 6. DeconvNet, and where the unpooling went
#
# Zeiler and Fergus made DeconvNet for networks with **max-pooling**. A max-pool keeps the largest value of
# each window. On the way back, each signal has to go *somewhere* in its window. DeconvNet remembers where the
# maximum was. These positions are the **switches**, and this step is the "unpooling" of the paper.
#
# Look at four windows of 2x2. Each switch is a position in the image, counted row by row from 0.

# %%
small = np.array([[1, 5, 2, 2], [0, 3, 2, 2], [4, 0, 0, 7], [0, 0, 6, 0]], float).reshape(1, 1, 4, 4)
pool_trace = tc.forward(SimpleNamespace(layers=[tc.MaxPool2D(2, 2)]), small)
print("image\n", small[0, 0])
print("largest\n", pool_trace.output[0, 0])
print("switches\n", pool_trace[0].saved[0, 0])

arrives = np.array([[10, 20], [30, 40]], float).reshape(1, 1, 2, 2)
for name, rule in RULES.items():
    print(f"{name}\n", tc.backward(pool_trace, arrives, rule)[0][0, 0])

# %% [markdown]
# All three rules give the same. Sending a signal to where the maximum was *is* the gradient of a max-pool. So
# the unpooling went nowhere: every library that computes gradients does it. (Of equal maxima the first one
# wins.)
#
# But switches know the image, just as a mask does. So with pooling, DeconvNet should see something. And if we
# take the switches away, and send each signal to the centre of its window, it should be blind again.

# %%
pooled = tc.zoo.three_layer_cnn(filters=64, kernel=7, pool=(2, 2), image=(96, 96), seed=0)
rules = ["saliency", "deconvnet", "deconvnet+center", "guided"]
pooled_maps = tc.visualize(pooled, x, rules, target=0)
look(pooled_maps, x)

pooled_other = tc.visualize(pooled, other, rules, target=0)
for name in rules:
    print(f"{name:17} same map for both images: {np.array_equal(pooled_maps[name], pooled_other[name])}")

# %% [markdown]
# What shows the image is knowledge of the image: a mask or a switch. Springenberg and his colleagues built a
# network without pooling, where DeconvNet had neither. So they added the forward mask. That is guided
# backprop.
#
# ## 7. One ReLU used twice, a hidden ReLU, an overwritten ReLU
#
# Many programs compute guided backprop by **hooks**: they hang a function on each ReLU *object*, and the
# object remembers its mask. Three habits break this.
#
# **Used twice.** People write one `relu` and call it after every layer. But one object has one memory. Here
# is such an object, and the way back by hand. (This is a model of what happens, not any library's code.)


# %%
class RememberingReLU:
    def forward(self, z):
        self.mask = z > 0
        return z * self.mask

    def backward(self, signal):
        return np.maximum(signal, 0) * self.mask


def guided_by_hooks(model, x, seed, relus):
    conv1, _, conv2, _, _, dense = model.layers
    z1, _ = conv1.forward(x)
    h1 = relus[0].forward(z1)
    z2, _ = conv2.forward(h1)
    h2 = relus[1].forward(z2)
    signal = tc.ops.dense_vjp_input(seed, dense.weight).reshape(h2.shape)
    signal = relus[1].backward(signal)
    signal = tc.ops.conv2d_vjp_input(signal, conv2.weight, h1.shape[2:], padding="same")
    signal = relus[0].backward(signal)
    return tc.ops.conv2d_vjp_input(signal, conv1.weight, x.shape[2:], padding="same")


deep_x = deep_trace.input
right = tc.backward(deep_trace, deep_seed, tc.rules.GUIDED)[0]
two = guided_by_hooks(deep, deep_x, deep_seed, [RememberingReLU(), RememberingReLU()])
once = RememberingReLU()
twice = guided_by_hooks(deep, deep_x, deep_seed, [once, once])

print(f"two objects:      cosine to the right map {cosine(two, right)[0]:.3f}")
print(f"one object twice: cosine to the right map {cosine(twice, right)[0]:.3f}")

# %% [markdown]
# No error, no warning, a wrong map. Here both uses have the same size. If they have not, you are lucky, and
# get an error:

# %%
uneven = tc.zoo.deep_cnn(channels=(32, 16), image=(48, 48), seed=0)
try:
    guided_by_hooks(uneven, deep_x, deep_seed, [once, once])
except ValueError as error:
    print(error)

# %% [markdown]
# In tinycnn a layer remembers nothing. What happened is in the trace, once for each *use*. So one object may
# be used as often as you like:

# %%
conv1, _, conv2, _, flatten, dense = deep.layers
relu = tc.ReLU()
reuses = SimpleNamespace(layers=[conv1, relu, conv2, relu, flatten, dense])
reuse_trace = tc.forward(reuses, deep_x)
reused = tc.backward(reuse_trace, deep_seed, tc.rules.GUIDED)[0]

print("one object, two steps:", reuse_trace[1].layer is reuse_trace[3].layer)
print("equal to two objects: ", np.array_equal(reused, right))


# %% [markdown]
# **Hidden.** A ReLU that is only a function call has no object to hang a hook on. The hooks miss it, and the
# plain gradient goes through. In our model, the first ReLU is such a function:


# %%
class UnseenReLU(RememberingReLU):
    def backward(self, signal):
        return signal * self.mask  # the gradient: the rule was never told


unseen = guided_by_hooks(deep, deep_x, deep_seed, [UnseenReLU(), RememberingReLU()])
print(f"first ReLU unseen: cosine to the right map {cosine(unseen, right)[0]:.3f}")

# %% [markdown]
# In tinycnn nothing runs outside the trace, and the row for activations is for every activation, one of your own
# included. A rule never guesses: if it has no row for a type of layer, it says so:


# %%
class Half(tc.Layer):
    """Of this type of layer, the rules have never heard."""

    def forward(self, x):
        return x / 2, None


hidden = SimpleNamespace(layers=[conv1, Half(), conv2, relu, flatten, dense])
try:
    tc.backward(tc.forward(hidden, deep_x), deep_seed, tc.rules.GUIDED)
except tc.MissingRowError as error:
    print(error)

# %% [markdown]
# **Overwritten.** A ReLU that works *in place* writes its output over its input, to save memory. Whoever
# remembered that array now remembers something else. In tinycnn the arrays of a trace cannot be written to.
# And `forward` copies the image, so you may change yours:

# %%
try:
    np.maximum(reuse_trace[0].output, 0, out=reuse_trace[0].output)
except ValueError as error:
    print("refused:", error)

mine = deep_x.copy()
kept = tc.forward(reuses, mine)
mine[:] = 0
print("trace unchanged:", np.array_equal(kept.input, deep_x))

# %% [markdown]
# ## 8. Exercises
#
# Write each function, and run the check below it. It says which law is broken, and where.
#
# **Exercise 1** (5 minutes, easy). Write guided backprop's row for a ReLU. `step.input` is the ReLU's input. The
# check tries all cases of section 2. Then it asks for a law on the network with two ReLUs: twice the signal, twice
# the result.
#
# <details><summary>A first hint</summary>
#
# Two conditions must hold: one on the signal, one on `step.input`. A comparison of arrays is an array of True and
# False, which multiplies as 1 and 0.
#
# </details>


# %% tags=["exercise"]
def guided_row(signal, step):
    """The signal that leaves a ReLU; signal, step.input and the result of one shape."""
    ### BEGIN SOLUTION
    return signal * (signal > 0) * (step.input > 0)
    ### END SOLUTION


# %% tags=["check"]
def check_guided_row(row):
    for z, R, right in ((3, 5, 5), (3, -2, 0), (-1, 5, 0), (-1, -2, 0), (0, 5, 0), (0, -2, 0)):
        leaves = np.asarray(row(np.array([[float(R)]]), SimpleNamespace(input=np.array([[float(z)]]))))
        reason = "the input was not positive" if z <= 0 else "the signal is negative" if R < 0 else "both are"
        assert leaves.shape == (1, 1) and leaves.item() == right, (
            f"input {z}, signal {R}: your row sends {leaves.ravel()}, not {right}; {reason}"
        )
    rule = tc.rules.GRADIENT.replace("mine", {tc.ReLU: row})
    net = tc.zoo.deep_cnn(channels=(8, 8), image=(16, 16), seed=1)
    trace = tc.forward(net, net.preprocess(tc.image.default()))
    seed = tc.targets.logit(0)(trace)
    ours, doubled = (tc.backward(trace, times * seed, rule)[0] for times in (1, 2))
    assert np.array_equal(2 * ours, doubled), "two ReLUs: twice the signal does not give twice the result"
    theirs = tc.backward(trace, seed, tc.rules.GUIDED)[0]
    assert np.array_equal(ours, theirs), "two ReLUs: the map is not that of guided backprop"
    print("passed")


check_guided_row(guided_row)

# %% [markdown]
# **Exercise 2** (10 minutes, medium). Guided backprop keeps a quarter of the plane of section 2, DeconvNet keeps half
# of it. Write the row that keeps what is missing. In a network with *one* ReLU, your map added to guided backprop's
# must give DeconvNet's. (When it does: what does your map know of the image?)
#
# <details><summary>A first hint</summary>
#
# Colour the plane of section 2: which quarter does DeconvNet keep that guided backprop leaves white? To which side
# does the line $z = 0$ belong?
#
# </details>


# %% tags=["exercise"]
def missing_row(signal, step):
    """What DeconvNet sends, and guided backprop does not; all of one shape."""
    ### BEGIN SOLUTION
    return signal * (signal > 0) * (step.input <= 0)
    ### END SOLUTION


# %% tags=["check"]
def check_missing_row(row):
    for z in (-1.0, 0.0, 3.0):
        for R in (-2.0, 5.0):
            leaves = np.asarray(row(np.array([[R]]), SimpleNamespace(input=np.array([[z]]))))
            guided, deconvnet = max(R, 0) * (z > 0), max(R, 0)
            assert leaves.shape == (1, 1) and guided + leaves.item() == deconvnet, (
                f"input {z:g}, signal {R:g}: guided backprop sends {guided:g} and your row {leaves.ravel()}, "
                f"but together they should send DeconvNet's {deconvnet:g}"
            )
    rule = tc.rules.GRADIENT.replace("mine", {tc.ReLU: row})
    net = tc.zoo.three_layer_cnn(filters=16, kernel=5, image=(24, 24), seed=1)
    trace = tc.forward(net, net.preprocess(tc.image.default()))
    seed = tc.targets.logit(0)(trace)
    ours, guided, deconvnet = (
        tc.backward(trace, seed, rule)[0] for rule in (rule, tc.rules.GUIDED, tc.rules.DECONVNET)
    )
    error = np.abs(ours + guided - deconvnet).max() / np.abs(deconvnet).max()
    assert error < 1e-5, f"the sum of the maps differs from DeconvNet's by {error:.1%} of its largest value"
    print("passed")


check_missing_row(missing_row)

# %% [markdown]
# **Exercise 3** (15 minutes, medium). Write the unpooling yourself, for windows that do not overlap. You get the
# signal and the switches of one channel, and the shape of the image. Two laws: each signal is where its switch says;
# and nothing is lost or added, so the sum stays.
#
# <details><summary>A first hint</summary>
#
# `image.ravel()` is the image as one row, in the same memory. A switch is a position in that row.
#
# </details>


# %% tags=["exercise"]
def follow_switches(signal, switches, shape):
    """The signal at the image, of that shape; signal and switches of one shape, switches counted row by row."""
    ### BEGIN SOLUTION
    image = np.zeros(shape)
    image.ravel()[switches] = signal
    return image
    ### END SOLUTION


# %% tags=["check"]
def check_follow_switches(follow):
    draw = np.random.default_rng()
    for shape in ((6, 8), (4, 10)):
        image, signal = (
            draw.standard_normal((1, 1, *shape)),
            draw.standard_normal((1, 1, shape[0] // 2, shape[1] // 2)),
        )
        trace = tc.forward(SimpleNamespace(layers=[tc.MaxPool2D(2, 2)]), image)
        switches = trace[0].saved[0, 0]
        ours = np.asarray(follow(signal[0, 0], switches, shape))
        assert ours.shape == shape, f"the shape is {ours.shape}, not that of the image, {shape}"
        found = ours.ravel()[switches]
        for at in np.ndindex(signal.shape[2:]):
            assert found[at] == signal[0, 0][at], (
                f"window {at}: the switch says {switches[at]}, which is pixel "
                f"{tuple(divmod(int(switches[at]), shape[1]))}; "
                f"there you have {found[at]:.2f}, not the signal {signal[0, 0][at]:.2f}"
            )
        assert np.count_nonzero(ours) == signal.size, (
            f"the signals sum to {signal.sum():.2f}, your image to {ours.sum():.2f}: {np.sum(ours != 0)} pixels are "
            f"not 0, and there are {signal.size} signals"
        )
        assert np.array_equal(ours, tc.backward(trace, signal, tc.rules.DECONVNET)[0][0, 0])
    print("passed")


check_follow_switches(follow_switches)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). A colleague computes guided backprop as "the gradient, with its negative pixels set to
# 0". Why is that another map? Where in a network would she be right?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - The clipping happens at every ReLU, before the convolution below adds signals up; a sum that is clipped is not the
#   sum of clipped terms.
# - They agree right below the last ReLU, as long as nothing mixes signals after it; or: guided maps have negative
#   pixels, as the last step back is a convolution.
#
# > **1 point.** Guided backprop sets negative signals to 0 at each ReLU. What is left is then multiplied by filter
# > weights and added up. She adds first, so that terms of both signs cancel, and clips the sum. Directly below the
# > last ReLU the two are equal; after the next convolution they are not, and the guided map has negative pixels
# > again.
#
# > **½ point.** Guided backprop clips at every ReLU and not only at the end. With one hidden layer she is right, with
# > more she is wrong.
#
# The first criterion is met in part, but one hidden layer is followed by a convolution on the way back, and there the
# maps differ already.
#
# > **0 points.** Negative pixels are evidence against the class. Guided backprop removes them, and this is what she
# > does, so it is the same up to details.
#
# An interpretation in the place of the mechanism, and the wrong conclusion.

# %% [markdown]
# **Question 2** (5 minutes). Section 5 changes the picture from a cat to a cup of coffee, and the DeconvNet map stays
# the same bit for bit. Why? Name one change of the network that would make the two maps differ.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - Nothing on the way back has seen the image: the seed, the transposed weights and the backward ReLU, which looks at
#   the signal only, are the same for both.
# - A max-pool (its switches), or any mask that depends on the forward pass.
#
# > **1 point.** On the way back DeconvNet uses the weights, the seed, and the sign of the signal. None of these
# > depends on the image, since it has no forward mask. With max-pooling the signal is sent to where the maximum was,
# > and that place depends on the image.
#
# > **½ point.** DeconvNet has no forward mask, so it cannot know the image. A deeper network, or a trained one, would
# > see the difference.
#
# The reason is right. More layers or other weights change nothing of it.
#
# > **0 points.** The network is random and cannot tell cats from cups, so it reacts to both in the same way.
#
# The logits of the two pictures do differ; and the other two rules tell them apart in the same random network.

# %% [markdown]
# ## Further reading
#
# - K. Simonyan, A. Vedaldi, A. Zisserman. *Deep inside convolutional networks: visualising image
#   classification models and saliency maps.* ICLR workshop 2014, arXiv:1312.6034. The saliency map; section 4
#   compares it with DeconvNet.
# - M. D. Zeiler, R. Fergus. *Visualizing and understanding convolutional networks.* ECCV 2014,
#   arXiv:1311.2901. DeconvNet and its switches, section 2.1.
# - J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller. *Striving for simplicity: the all
#   convolutional net.* ICLR workshop 2015, arXiv:1412.6806. Guided backprop, section 3.4.
# - A. Mahendran, A. Vedaldi. *Salient deconvolutional networks.* ECCV 2016. Mask, switch and backward ReLU,
#   in all eight combinations.
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039. Why guided backprop shows the image.
# - J. Adebayo and others. *Sanity checks for saliency maps.* NeurIPS 2018, arXiv:1810.03292. Randomise a
#   trained network and see which maps notice.
# - L. Sixt, M. Granz, T. Landgraf. *When explanations lie: why many modified BP attributions fail.* ICML
#   2020, arXiv:1912.09818.
