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
# # Class sensitivity and adversarial examples
#
# A map is said to explain why a network chose a class. Then the map of another class should be another map.
# And if the network changes its mind, its map should change too. Nie, Zhang and Patel (2018) found that
# saliency maps pass these two tests, and that guided backprop and DeconvNet hardly do. This notebook predicts
# by how much, and measures.
#
# After this notebook you can
#
# 1. measure how much the maps of two classes differ, and say what the number means;
# 2. derive how alike the guided-backprop maps of two logits of a random network are;
# 3. test a trained network against a ground truth;
# 4. attack a network with its own gradients, and see which maps notice.
#
# You need notebooks 04, 05 and 08. Everything runs offline, in less than a minute. The trained network is the
# small digits net that comes with tinycnn. Its digits are drawn from typefaces, so that no data set is needed.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.digit_pictures import digit_pictures, draw_digit
from tinycnn.experiments.attack import fgsm, shuffled
from tinycnn.experiments.two_digits import own_share, side_by_side
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import cosine, l2_distance
from tinycnn.ops.geometry import window
from tinycnn.pictures.slider import slide
from tinycnn.theory.claim import of_means, standard_error
from tinycnn.theory.depth import logit_correlations
from tinycnn.theory.noise import deconvnet_logit_cosine
from tinycnn.theory.perturbed import guided_change, saliency_change
from tinycnn.theory.recovery import rho_image
from tinycnn.theory.sensitivity import distance, logit_cosine, logit_cosine_image

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80
RULES = ["saliency", "deconvnet", "guided"]


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:42}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


def look(rows):
    """Draw rows of pictures, each stretched from its smallest to its largest value."""
    width = max(len(row) for row in rows)
    figure, panels = plt.subplots(len(rows), width, figsize=(1.7 * width, 1.9 * len(rows)), squeeze=False)
    for panel in panels.ravel():
        panel.set_axis_off()
    for row, line in zip(rows, panels, strict=True):
        for (title, picture), panel in zip(row.items(), line, strict=False):
            panel.imshow(minmax(picture), cmap="gray")
            panel.set_title(title, fontsize=8)
    plt.show()


# %% [markdown]
# ## 1. How far apart are two maps?
#
# Only the direction of a map counts, not its strength. So each map $s$ is divided by its norm $|s|$. The
# **distance** of two maps is that of two points on a sphere:
#
# $$D(s, t) = \left|\frac{s}{|s|} - \frac{t}{|t|}\right| = \sqrt{2 - 2\cos(s, t)}.$$
#
# It is 0 for the same direction, $\sqrt2 \approx 1.414$ for unrelated maps, and 2 for opposite ones.

# %%
s, t = np.random.default_rng(0).standard_normal((2, 1, 30, 30))
for name, other in {"itself": s, "twice itself": 2 * s, "noise": t, "its negative": -s}.items():
    formula = distance(float(cosine(s, other)))
    print(f"distance of a map and {name:13} {l2_distance(s, other):.3f}   by the formula {formula:.3f}")

# %% [markdown]
# ## 2. Two logits of a random network
#
# Take the network with one hidden layer of notebook 04. Logit 1 reads the hidden units with weights $V_1$,
# logit 2 with weights $V_2$. All weights are independent normal numbers.
#
# **Saliency** sends back $V_1$ for the one and $V_2$ for the other. They are independent, with mean 0. So the
# two maps are unrelated: their cosine is 0 on average, and their distance about $\sqrt2$.
#
# **DeconvNet** sends back $\mathrm{relu}(V)$ through filters without a mask. What two logits have in common is
# not the image, but flat colour (notebook 05). The library predicts their mean cosine.
#
# **Guided backprop** sends back $\mathrm{relu}(V_1)$ and $\mathrm{relu}(V_2)$. They are independent as well.
# But both have the *same mean*. The map of every logit is the same limit $m$, plus noise of energy $\rho |m|^2$.
# The noise comes from the finitely many filters, and the two logits share the filters. How much of the noise
# do they share? As much as the signals do:
#
# $$q = \frac{\mathrm{E}[h(V_1)\,h(V_2)]}{\mathrm{E}[h(V)^2]} = \frac{(\mathrm{E}\,h)^2}{\mathrm{E}\,h^2}
# = \frac{1/(2\pi)}{1/2} = \frac1\pi \quad\text{for } h = \mathrm{relu}.$$

# %%
v = np.random.default_rng(1).standard_normal((2, 1_000_000))
h = np.maximum(v, 0)
compare("q for the backward ReLU", 1 / np.pi, h[0] * h[1] / np.mean(h**2))

# %% [markdown]
# Two vectors of energy $1 + \rho$ that share $1 + \rho q$ have the cosine
#
# $$\cos = \frac{1 + \rho\,q}{1 + \rho}.$$
#
# With more filters, $\rho$ shrinks like $1/N$. So the maps of all logits become *the same map*. The library
# takes into account that patches overlap. We measure.

# %%
side, k = 32, 3
x = tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.sample("coffee")).astype(np.float32)
at = window((side, side), (k, k), padding="same")


def logit_pairs(N, nets, rules):
    """Cosines of the maps of two logits, for independent networks: a dict of (nets,)."""
    found = {rule: [] for rule in rules}
    for seed in range(nets):
        model = tc.zoo.three_layer_cnn(N, k, image=(side, side), classes=2, seed=1000 * N + seed)
        both = tc.targets.several([tc.targets.logit(0), tc.targets.logit(1)])
        for rule, maps in tc.visualize(model, x, rules, both).items():
            found[rule].append(float(cosine(maps[0], maps[1])))
    return {rule: np.array(values) for rule, values in found.items()}


for N, nets in ((16, 150), (64, 150), (256, 80)):
    cosines = logit_pairs(N, nets, RULES)
    predicted = logit_cosine_image(x[0], at, N)
    compare(f"guided, N = {N}: cosine of two logits", predicted, cosines["guided"])
    compare("    their distance", distance(predicted), [distance(value) for value in cosines["guided"]])
    compare(f"saliency, N = {N}: cosine of two logits", 0, cosines["saliency"])
    compare(f"DeconvNet, N = {N}: cosine", deconvnet_logit_cosine(), cosines["deconvnet"])

# %% [markdown]
# (The formula divides two means. The mean of the cosine itself lies a little below it where filters are few.)
#
# Move the slider over the number of filters. The two maps on the right come together; the two on the left do
# not.


# %%
def draw(N):
    model = tc.zoo.three_layer_cnn(N, k, image=(side, side), classes=2, seed=3)
    both = tc.targets.several([tc.targets.logit(0), tc.targets.logit(1)])
    maps = tc.visualize(model, x, ["saliency", "guided"], both)
    look([{"image": x[0]} | {f"{r}, logit {j}": maps[r][j] for r in maps for j in (0, 1)}])


slide(draw, "filters", [4, 16, 64, 256, 1024])

# %% [markdown]
# Depth makes it worse. With every layer, the signals of two logits pass the same masks, and become more alike.
# Notebook 08 has derived how. The share $q$ of the noise that two logits have in common goes to 1. (New output
# weights are as good as those of another logit. So the same formula says what is left of a map when the last layer
# is drawn anew: notebook 12.)

# %%
print("hidden layers   share q of the noise   cosine of two logits if rho = 1")
for depth in (1, 2, 4, 8):
    q = logit_correlations([1] * depth)[0]
    print(f"{depth:13}   {q:20.3f}   {logit_cosine(1.0, q):30.3f}")
print(f"(rho of the net with 64 filters above: {rho_image(x[0], at, 64):.3f})")

# %% [markdown]
# ## 3. A trained network
#
# The theory is about random weights. What does training change? The digits net reads 0 to 9. We take the maps
# of all ten logits of each picture, and the mean distance of two of them: once with the trained weights, and
# once with those before training.

# %%
digits, labels = digit_pictures(30, seed=0)
weights = {"trained": "digits", "before training": "digits-initial"}
nets = {name: tc.zoo.digits(source) for name, source in weights.items()}
trained = nets["trained"]
pictures = np.concatenate([trained.preprocess(digit) for digit in digits])
print(f"the trained net reads {np.mean(tc.predict(trained, pictures).argmax(axis=1) == labels):.0%} of them")

every = tc.targets.several([tc.targets.logit(label) for label in range(10)])
first, second = np.triu_indices(10, 1)
for name, net in nets.items():
    found = {rule: [] for rule in RULES}
    for picture in pictures:
        for rule, maps in tc.visualize(net, picture[None], RULES, every).items():
            found[rule].append(l2_distance(maps[first], maps[second]).mean())
    for rule, values in found.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        print(f"{name:16} {rule:10} distance of two logits {np.mean(values):.3f} ± {error:.3f}")

three = pictures[3:4]
maps = tc.visualize(trained, three, RULES, every)
look([{"input": three[0]} | {f"{rule}, logit {j}": maps[rule][j] for j in (3, 5, 8)} for rule in RULES])

# %% [markdown]
# Saliency maps of the trained net are *further* apart than unrelated ones. Why? Training compares the logits
# with each other: what speaks for one class speaks against the rest. Suppose that the maps $s_1, \ldots, s_K$
# of the $K$ logits have equal norms, and add up to zero. Then, with the mean taken over pairs of logits,
#
# $$0 = \Big|\sum_k s_k\Big|^2 = K\,|s|^2 + K(K-1)\,|s|^2\,\overline{\cos},
# \qquad\text{so}\qquad \overline{\cos} = -\frac{1}{K-1}.$$
#
# This is a model, and not a law. The measurement decides.

# %%
negative = []
for picture in pictures:
    maps = tc.visualize(trained, picture[None], ["saliency"], every)["saliency"]
    negative.append(cosine(maps[first], maps[second]).mean())
compare("saliency, trained: cosine of two logits", -1 / 9, negative)

# %% [markdown]
# The model explains most of it. It is not exact: the maps neither quite add up to zero, nor have quite the same
# norm. Notebook 14 has what does add up to zero in every network, weighted by the probabilities: the maps of their
# logarithms. There, too, it turns out that one logit by itself is a poor question.
#
# The order of the three rules is that of the paper. But the trained net is small. Its guided-backprop maps of
# two logits do differ somewhat. The distance alone does not say whether they differ in the right way.
#
# ## 4. A ground truth
#
# A distance shows that two maps differ. It does not show that they are *right*. So we set a 3 and an 8 side by
# side. The net reads both halves with the same weights, and adds the evidence. The map of logit 3 should lie on
# the 3. How much of its energy, the sum of its squares, does? One half means: it does not know which digit is
# which.

# %%
rng = np.random.default_rng(0)
canvases = [np.hstack([draw_digit(3, rng), draw_digit(8, rng)]) for _ in range(24)]
both = tc.targets.several([tc.targets.logit(3), tc.targets.logit(8)])
for name, net in nets.items():
    wide = side_by_side(net)
    shares = {rule: [] for rule in RULES}
    for canvas in canvases:
        for rule, pair in tc.visualize(wide, wide.preprocess(canvas), RULES, both).items():
            shares[rule].append(own_share(pair))
    for rule, values in shares.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        print(f"{name:16} {rule:10} share on its own digit {np.mean(values):.3f} ± {error:.3f}")

wide = side_by_side(trained)
maps = tc.visualize(wide, wide.preprocess(canvases[0]), RULES, both)
look([{f"{rule}, logit {label}": maps[rule][j] for rule in RULES} for j, label in enumerate((3, 8))])

# %% [markdown]
# This is not what the distances made us expect. Before training no map knows which digit is which. After
# training all three do, a little. And the two rules whose maps of different classes are so much alike put *more*
# of their energy on the right digit, not less! The small part of their maps that depends on the class is well
# placed. A saliency map also lies on the other digit: what is there speaks against the class, and the gradient
# shows that as well. So keep two questions apart: *how much* of a map depends on the class, and *where* that
# part lies. The paper answers the first. (`tc.checks.grid_pointing_game` asks the second of any model and images,
# and notebook 12 sets checks of both kinds side by side.)
#
# ## 5. Adversarial examples
#
# Now we change the decision, and hardly the picture. The **fast gradient sign method** (Goodfellow, Shlens and
# Szegedy 2015) moves every pixel a small step in the direction that makes another class more likely:
#
# $$x \leftarrow x + \epsilon\,\mathrm{sign}\!\left(\frac{\partial \log p_{\text{other}}}{\partial x}\right).$$
#
# Why the sign? To first order a change $\delta$ of the pixels gains $\langle g, \delta\rangle = \sum_a g_a
# \delta_a$, where $g$ is the gradient. If no pixel $a$ may move by more than $\epsilon$, each term is largest for
# $\delta_a = \epsilon\,\mathrm{sign}(g_a)$. The whole gain is then $\epsilon \sum_a |g_a|$. We raise the
# difference of the logits 8 and 3, on a picture of a 3.

# %%
seed = np.zeros((1, 10), np.float32)
seed[0, [8, 3]] = 1, -1
trace = tc.forward(trained, three)
g = tc.backward(trace, seed, tc.rules.GRADIENT)[0]
for epsilon in (0.0001, 0.001, 0.01, 0.1):
    after = tc.forward(trained, three + np.float32(epsilon) * np.sign(g)).output
    gain = float(np.sum((after - trace.output) * seed))
    print(f"step {epsilon:6}: predicted gain {epsilon * np.abs(g).sum():8.4f}   measured {gain:8.4f}")

# %% [markdown]
# (Pixels of the net's input run from 0 to 1.) For small steps the two agree. For large ones ReLUs switch, and
# the prediction promises too much.
#
# So we repeat the step, small and with a new gradient, until the net sees the other class. An honest
# explanation should change as the decision does. To see how much is due to the change of the *decision*, and
# not of the pixels, we also add the same changes in random order. They are as large, but they aim at nothing.

# %%
attacked, rows = {rule: [] for rule in RULES}, []
control = {rule: [] for rule in RULES}
for picture, label in zip(pictures[:20], labels[:20], strict=True):
    start, other = picture[None], (int(label) + 5) % 10
    if tc.predict(trained, start).argmax() != label:
        continue
    end = fgsm(trained, start, other, step=2.0, steps=60)
    if end is None:
        continue
    before, after = (tc.visualize(trained, image, RULES, "max") for image in (start, end))
    random = tc.visualize(trained, shuffled(start, end, seed=int(label)), RULES, "max")
    for rule in RULES:
        attacked[rule].append(l2_distance(before[rule][0], after[rule][0]))
        control[rule].append(l2_distance(before[rule][0], random[rule][0]))
    if len(rows) < 2:
        rows += [
            {f"seen as {label}": start[0]} | {rule: before[rule][0] for rule in RULES},
            {f"seen as {other}": end[0]} | {rule: after[rule][0] for rule in RULES},
        ]
print(f"{len(attacked['saliency'])} pictures attacked")
for rule in RULES:
    one, two = np.mean(attacked[rule]), np.mean(control[rule])
    error = np.std(np.subtract(attacked[rule], control[rule]), ddof=1) / np.sqrt(len(attacked[rule]))
    print(f"{rule:10} moved by {one:.3f}; aimless change {two:.3f}; difference {one - two:.3f} ± {error:.3f}")
look(rows)

# %% [markdown]
# The saliency map moves most, as in the paper: about as far as an unrelated map would be. The maps of guided
# backprop move least. But they do move, and more than by an aimless change. Note that two things have changed:
# the picture, and *which logit* is explained. A map that stands still is not robust. It has not noticed that the
# decision changed.
#
# How far *should* they move? In a random three-layer network the answer is exact, for any two images $x$ and $x'$. A
# unit's term of the saliency map is lost or gained if just one of its two patches opens it. Patches at the angle
# $\theta_j$ do that with probability $\theta_j/\pi$:
#
# $$\frac{\mathrm{E}|s - s'|^2}{\mathrm{E}|s|^2} = \frac{2}{\pi}\,\overline{\theta}
# \quad\text{(saliency)}.$$
#
# Here $\overline\theta$ is the mean over the patches, each counted by how many of its numbers lie on the image. It does
# not depend on the number of filters. In guided backprop only the *noise* changes like that, and the noise has the
# share $\rho/(1+\rho)$ of the map's energy. So for the smallest changes the two distances have nearly the ratio
# $\sqrt{\rho/(1+\rho)}$: guided backprop stands still because it is mostly the image. For a larger change the image
# in the map has moved, too, and that shows the more, the less noise there is. The library's formula has both parts.

# %%
photo = tc.zoo.three_layer_cnn(4, 3, image=(16, 16)).preprocess(tc.image.default())
nudge = np.random.default_rng(0).standard_normal(photo.shape).astype(np.float32)
moved = photo + np.float32(0.05 * np.linalg.norm(photo) / np.linalg.norm(nudge)) * nudge
at = window((16, 16), (3, 3), padding="same")
both, nets = np.concatenate([photo, moved]), range(200)
for filters in (16, 64, 256):
    found = {"saliency": [], "guided": []}
    for number in nets:
        net = tc.zoo.three_layer_cnn(filters, 3, image=(16, 16), classes=1, seed=1000 * number + filters)
        for rule, maps in tc.visualize(net, both, ["saliency", "guided"], target=0).items():
            s, other = maps.astype(float)
            found[rule].append((np.sum((s - other) ** 2), np.sum(s**2)))
    pair = photo[0].astype(float), moved[0].astype(float)
    expected = {"saliency": saliency_change(*pair, at), "guided": guided_change(*pair, at, filters)}
    for rule, values in found.items():
        ratios = of_means(lambda change, energy: change / energy, *np.transpose(values))
        print(
            f"N = {filters:4} {rule:9} |s - s'|² / |s|²: predicted {expected[rule]:.4f}   "
            f"measured {ratios.mean():.4f} ± {standard_error(ratios):.4f}"
        )
    rho = rho_image(pair[0], at, filters)
    ratio = np.sqrt(expected["guided"] / expected["saliency"])
    print(f"{'':9} guided moves by {ratio:.2f} of what saliency does; sqrt(rho / (1 + rho)) = {np.sqrt(rho / (1 + rho)):.2f}")

# %% [markdown]
# The numbers of the command line are those of more pictures and larger nets: `tinycnn reproduce
# class-sensitivity adversarial two-digits`.
#
# ## 6. Exercises
#
# **Exercise 1** (5 minutes, easy). Write the distance of two maps.
#
# <details><summary>A first hint</summary>
#
# Divide each map by its own norm before anything else.
#
# </details>


# %% tags=["exercise"]
def map_distance(a, b):
    """Two maps (c, h, w) to a number from 0 to 2."""
    ### BEGIN SOLUTION
    return np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b))
    ### END SOLUTION


# %% tags=["check"]
def check_map_distance(found):
    a, b = np.random.default_rng().standard_normal((2, 3, 5, 4))
    assert np.isclose(found(a, b), found(10 * a, b)), (
        f"only directions count: ten times the first map should be as far from the second, but you say "
        f"{found(a, b):.3f} and {found(10 * a, b):.3f}"
    )
    assert np.isclose(found(a, a), 0, atol=1e-7), f"a map is at distance 0 from itself, you say {found(a, a)}"
    assert np.isclose(found(a, -a), 2), f"opposite maps are at distance 2, you say {found(a, -a):.3f}"
    assert np.isclose(found(a, b), l2_distance(a, b)), (
        f"sqrt(2 - 2 cos) is {l2_distance(a, b):.4f} here, you say {found(a, b):.4f}"
    )
    print("passed")


check_map_distance(map_distance)

# %% [markdown]
# **Exercise 2** (15 minutes, medium). Somebody has measured the cosine of the maps of two logits, in networks with
# `filters` filters. What is it in networks with `other` filters? `q` is the share of the noise that two logits have
# in common. Nothing else is known, and no network need be built.
#
# <details><summary>A first hint</summary>
#
# Solve the formula of section 2 for $\rho$. In which proportion does $\rho$ shrink when the number of filters grows?
#
# </details>


# %% tags=["exercise"]
def cosine_with_filters(cosine, filters, other, q):
    """The cosine of two logits' maps with `filters` filters to that with `other` filters."""
    ### BEGIN SOLUTION
    rho = (1 - cosine) / (cosine - q) * filters / other
    return (1 + rho * q) / (1 + rho)
    ### END SOLUTION


# %% tags=["check"]
def check_cosine_with_filters(predict):
    rng = np.random.default_rng()
    for _ in range(5):
        q, rho, filters, factor = rng.uniform((0.1, 0.2, 10, 2), (0.6, 3, 90, 9))
        cosine = logit_cosine(rho, q)
        case = f"q = {q:.2f}, cosine {cosine:.3f} at {filters:.0f} filters"
        same = predict(cosine, filters, filters, q)
        assert np.isclose(same, cosine), f"{case}: at as many filters it is the same, you say {same:.3f}"
        many, few = predict(cosine, filters, 1e9, q), predict(cosine, filters, 1e-9, q)
        assert abs(many - 1) < 1e-3, f"{case}: with ever more filters all maps become one, you say {many:.3f}"
        assert abs(few - q) < 1e-3, (
            f"{case}: with ever fewer filters maps are all noise, of which two share {q:.2f}; you say {few:.3f}"
        )
        found, expected = predict(cosine, filters, factor * filters, q), logit_cosine(rho / factor, q)
        assert np.isclose(found, expected), (
            f"{case}, where rho is {rho:.3f}: {factor:.2f} times as many filters have {factor:.2f} times less of it, "
            f"and the cosine {expected:.4f}; you say {found:.4f}"
        )
    print("passed")


check_cosine_with_filters(cosine_with_filters)

# %% [markdown]
# **Exercise 3** (5 minutes, easy). Write one step of the attack. Every pixel moves by `size` in the direction of the
# sign of the gradient, and stays between 0 and 255.
#
# <details><summary>A first hint</summary>
#
# `np.sign` forgets how large a gradient is; `np.clip` keeps numbers in a range.
#
# </details>


# %% tags=["exercise"]
def attack_step(x, gradient, size):
    """Pixels and gradient (c, h, w) to new pixels."""
    ### BEGIN SOLUTION
    return np.clip(x + size * np.sign(gradient), 0, 255)
    ### END SOLUTION


# %% tags=["check"]
def check_attack_step(step):
    rng = np.random.default_rng()
    x, gradient, size = rng.uniform(20, 235, (1, 6, 5)), rng.standard_normal((1, 6, 5)), rng.uniform(1, 9)
    moved = step(x.copy(), gradient, size) - x
    assert (moved * gradient).sum() > 0, "the step should follow the gradient: it lowers what it should raise"
    assert np.allclose(np.abs(moved), size), (
        f"every pixel moves by the same {size:.2f}, whatever the size of its gradient; you move by "
        f"{np.abs(moved).min():.2f} to {np.abs(moved).max():.2f}"
    )
    edge = step(np.array([[[0.5, 254.5]]]), np.array([[[-1.0, 1.0]]]), 2.0)
    assert np.array_equal(edge, [[[0.0, 255.0]]]), f"pixels stay in 0..255, but 0.5 and 254.5 became {edge}"
    print("passed")


check_attack_step(attack_step)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). A picture is attacked and its class changes; the guided map hardly moves. A reviewer
# praises the map as robust. Your reply?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Two things have changed, the decision and the logit that is explained; a map that stands still has not noticed. A
#   change is what one asks of an explanation here.
# - A comparison that carries it: an aimless change of the same size, the distance that saliency moves, or the share
#   of the map that is image and not class (rho).
#
# > **1 point.** The map explains another logit than before, and this logit is now the largest. If the explanation of
# > "3" and that of "8" are the same picture, it explains neither. It stands still because it is mostly the image: between
# > two logits of a random network it moves only sqrt(rho (1 - q) / (1 + rho)) of what saliency does. It does move, by
# > 0.77 where an aimless change moves it by 0.32; saliency moves by 1.44.
#
# > **½ point.** Robust means that small changes have small effects, and the attack is small. But the decision
# > changed, so the map should change too.
#
# The first criterion. Nothing is said that could be checked.
#
# > **0 points.** I agree: an attack must not change the explanation, since the object is still the same.
#
# It explains the decision, not the object.

# %% [markdown]
# **Question 2** (10 minutes). Beside an 8, guided backprop puts more energy on the 3 than saliency does, when asked
# for the 3. Yet its maps of the two classes are more alike than those of saliency. How can both be true?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - They are two questions: how much of a map depends on the class, and where that part lies.
# - The energy has no sign. Saliency marks the other digit as well, since what is there speaks against the class, and
#   that lowers the share; the backward ReLU drops much of it.
#
# > **1 point.** The distance measures how much of the map changes with the class, and for guided backprop it is a
# > small part. The share measures where energy lies, and the part that changes lies well. Saliency has evidence
# > against the 3 on the 8, with negative sign. Squared it counts as energy on the wrong digit, though it is right
# > evidence.
#
# > **½ point.** The two measures are different, so they can give different results. The share is the better one as
# > there is a ground truth.
#
# That they are two questions; not which two, and no mechanism.
#
# > **0 points.** It must be noise, since a map that does not depend on the class cannot be on the right digit.
#
# The error bars are given, and the difference is many times as large.

# %% [markdown]
# ## Further reading
#
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039v4. The sections on class sensitivity and adversarial examples.
# - I. J. Goodfellow, J. Shlens, C. Szegedy. *Explaining and harnessing adversarial examples.* ICLR 2015,
#   arXiv:1412.6572. The attack.
# - A. Mahendran, A. Vedaldi. *Salient deconvolutional networks.* ECCV 2016. Maps that depend on the image more
#   than on the neuron.
