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
# # Write your own rule
#
# A backward rule is easy to write and easy to get wrong: a wrong one still draws a picture, often a pretty one.
# In this notebook you write a rule, are caught, and mend it. After it you can
#
# 1. write a rule as a row of a table;
# 2. state what a rule should do as a **law**, and have the law tried on hundreds of small networks;
# 3. read a **counterexample**, and follow it by hand;
# 4. tell laws that every rule must obey from laws that set rules apart;
# 5. check any vector-Jacobian product, your own or another framework's.
#
# You need notebook 01. Everything runs offline, in less than a minute.

# %%
import numpy as np

import tinycnn as tc
from tinycnn.testing import LAWS, Case, check_adjoint, check_rule, check_vjp, verdicts


def attempt(check, *arguments, **options):
    """Run a check, and print what it says."""
    try:
        check(*arguments, **options)
        print("passed")
    except Exception as error:
        print(error)


# %% [markdown]
# ## 1. A row
#
# A rule says, for each type of layer, how a signal passes back through it. Most rules differ from the gradient
# in one row, that of the ReLU. A row is a function of the **signal** that arrives at the layer's output and of
# the **step**, which remembers what happened on the way forward: `step.input` and `step.output`.
#
# Here is somebody's guided backprop. The signal should pass where the input was positive *and* the signal is.


# %%
def my_guided(signal, step):
    return np.maximum(signal, 0) * (step.input >= 0)


# %% [markdown]
# It runs, and on a photograph nobody will see a difference. Is it right? `check_rule` takes a row, builds small networks
# of all kinds around it, and compares the maps with those of the rule that it claims to be.

# %%
attempt(check_rule, my_guided, like=tc.rules.GUIDED)

# %% [markdown]
# The answer is a network of a single ReLU, one pixel, and one signal. Of all the cases in which the two rules
# differ it is about the smallest. Read it, and compute both maps in your head: the input is exactly 0, so the mask
# of guided backprop is closed; ours says "or equal", and lets the signal through. Where is an input exactly 0?
# Wherever an image is black or padded, and there is no bias.
#
# The lines below it are code to paste; `rule` in the last one is your row. Here is the case once more, pasted:

# %%
case = Case(
    (tc.ReLU(),),
    x=np.array([[[[0]]]], float),
    seed=np.array([[[[1]]]], float),
)
print("guided backprop:", case.map(tc.rules.GUIDED).item())
print("our row:        ", case.map(tc.rules.GRADIENT.replace("mine", {tc.ReLU: my_guided})).item())

# %% [markdown]
# We mend it.


# %%
def my_guided(signal, step):
    return np.maximum(signal, 0) * (step.input > 0)


attempt(check_rule, my_guided, like=tc.rules.GUIDED, examples=50)

# %% [markdown]
# ## 2. What every rule must do
#
# Often there is nothing to compare with: the rule is new. But some things can be said of *any* rule. It must not
# change the arrays that it is given. A batch of images must give what the images give one by one. A signal three
# times as large must make a map three times as large. A signal at one output must not reach inputs that the
# output has never seen. These are **laws**, and `check_rule` tries those that every rule must obey.

# %%
for law in LAWS.values():
    if law.required:
        print(f"{law.name:15}{law.statement}")


# %% [markdown]
# A popular way to break them is to make maps look alike by force:


# %%
def normalised(signal, step):
    passed = signal * (step.input > 0)
    return passed / max(np.abs(passed).max(), 1e-12)


attempt(check_rule, normalised)


# %% [markdown]
# Another is to save memory:


# %%
def in_place(signal, step):
    signal[step.input <= 0] = 0
    return signal


attempt(check_rule, in_place)

# %% [markdown]
# The second row computes the gradient correctly, once. But whoever looked at the signals afterwards would see other
# ones than were sent. So a row is only lent its arguments, and is stopped when it writes to them.
#
# ## 3. Laws that set rules apart
#
# Other laws hold for some rules and not for others, and say what kind of rule it is. The gradient is **additive**:
# the map of a sum of signals is the sum of their maps. And it is **complete**: in a ReLU network without biases,
# the inner product of the map and the image is the output that was explained. Guided backprop is neither.

# %%
for name in ("saliency", "guided"):
    for verdict in verdicts(
        tc.rules.get(name), ["additivity", "completeness", "non-negativity", "input-sign"]
    ):
        print(f"{name:10}{verdict.law.name:16}{'holds' if verdict.holds else 'is broken'}")

# %% [markdown]
# Look at the last line for guided backprop. **input-sign** says: if the first layers are a convolution without
# bias and a ReLU, the inner product of map and image is never negative. It holds for *any* weights, trained or
# random, and for any output. A positive correlation of the map with the image is therefore no evidence that a
# network has learned anything; the rule alone brings it about.
#
# The counterexample for additivity, once more as small as can be:

# %%
attempt(check_rule, tc.rules.GUIDED, laws=["additivity"])

# %% [markdown]
# `tinycnn laws` prints which rule obeys which law, and `tinycnn check FILE.py::my_rule` does all of this from the
# command line.
#
# ## 4. Vector-Jacobian products
#
# The other rows of a table are vector-Jacobian products of layers. For a linear function $L$ the product is its
# transpose, and the transpose is known by one identity: $\langle L v, u \rangle = \langle v, L^T u \rangle$ for
# all $v$ and $u$. Random ones are enough. Here is somebody's way back through a convolution along one line: the
# kernel should have been turned around.

# %%
kernel = np.array([1.0, 2.0, 3.0])


def convolve(x):
    return np.correlate(x, kernel, mode="valid")


attempt(check_adjoint, convolve, lambda u: np.correlate(u, kernel, mode="full"), np.zeros(5))

# %%
attempt(check_adjoint, convolve, lambda u: np.correlate(u, kernel[::-1], mode="full"), np.zeros(5))

# %% [markdown]
# A function that is not linear is compared with finite differences, at a point that is not on a kink. The error
# names the worst entry.

# %%
x = np.array([1.0, -2.0, 0.5])
attempt(check_vjp, np.tanh, lambda signal, x: signal * (1 - np.tanh(x)), x)

# %%
attempt(check_vjp, np.tanh, lambda signal, x: signal * (1 - np.tanh(x) ** 2), x)

# %% [markdown]
# ## 5. Exercises
#
# Write each function, and run the check below it. Here the checks are laws, and what they say is a counterexample.
#
# **Exercise 1** (5 minutes, easy). Write DeconvNet's row for a ReLU.
#
# <details><summary>A first hint</summary>
#
# The row needs only one of the two things that it is given.
#
# </details>


# %% tags=["exercise"]
def deconvnet_row(signal, step):
    """The signal that leaves a ReLU; signal, step.input and the result of one shape."""
    ### BEGIN SOLUTION
    return np.maximum(signal, 0)
    ### END SOLUTION


# %% tags=["check"]
def check_deconvnet_row(row):
    check_rule(row, laws=[], like=tc.rules.DECONVNET)
    print("passed")


check_deconvnet_row(deconvnet_row)

# %% [markdown]
# **Exercise 2** (15 minutes, hard). Find a row that obeys all laws that every rule must obey, lets no negative signal
# through (**non-negativity**), changes nothing when it is applied twice (**idempotence**), and yet does *not* commute
# with the backward ReLU.
#
# <details><summary>A first hint</summary>
#
# Non-negativity leaves two things to do with a negative signal: drop it, or turn it. What does the backward ReLU make
# of a negative signal, before your row and after it?
#
# </details>


# %% tags=["exercise"]
def riddle_row(signal, step):
    """The signal that leaves a ReLU; signal, step.input and the result of one shape."""
    ### BEGIN SOLUTION
    return np.abs(signal) * (step.input > 0)
    ### END SOLUTION


# %% tags=["check"]
def check_riddle_row(row):
    check_rule(row, examples=50)
    check_rule(row, laws=["non-negativity", "idempotence"])
    (verdict,) = verdicts(row, ["backward-relu"])
    assert not verdict.holds, "it commutes with the backward ReLU; what could a row do with negative signals?"
    print("passed")


check_riddle_row(riddle_row)

# %% [markdown]
# **Exercise 3** (10 minutes, easy). A leaky ReLU is $z$ where $z > 0$, and $z / 10$ elsewhere. Write its
# vector-Jacobian product.
#
# <details><summary>A first hint</summary>
#
# The derivative of a leaky ReLU depends on $z$ alone. The product multiplies each signal by it.
#
# </details>


# %% tags=["exercise"]
def leaky_vjp(signal, z):
    """The signal at the input z of a leaky ReLU; signal, z and the result of one shape."""
    ### BEGIN SOLUTION
    return signal * np.where(z > 0, 1, 0.1)
    ### END SOLUTION


# %% tags=["check"]
def check_leaky_vjp(vjp):
    def leaky(z):
        return np.where(z > 0, z, z / 10)

    sizes = np.random.default_rng().uniform(0.2, 3, 4)
    check_vjp(leaky, vjp, sizes * np.array([1, -1, 1, -1]))
    print("passed")


check_leaky_vjp(leaky_vjp)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). Your rule has passed all required laws on some hundred networks. What do you know now,
# and what do you not know?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - No counterexample was found among the cases drawn: that is evidence, not a proof, and it is silent about cases
#   that are never drawn (layers that are missing, sizes, precision).
# - The laws say that the rule is well formed. They say neither that it is the rule that was meant, nor that its map
#   explains a decision.
#
# > **1 point.** I know that none of the drawn networks breaks a law, so simple mistakes, such as writing into the
# > signal or mixing images of a batch, are unlikely. It is no proof. And a rule that returns zeros passes as well:
# > the laws do not say that my rule is guided backprop, or that its maps mean anything.
#
# > **½ point.** I know that it is probably correct, because random tests find most mistakes, but there could be a
# > rare case that was not tried.
#
# The first criterion. "Correct" needs a specification: compared with what?
#
# > **0 points.** Now the rule is proved correct for all networks, since the networks are drawn at random.
#
# A sample proves nothing about all cases, and nothing about the purpose.

# %% [markdown]
# **Question 2** (10 minutes). Guided backprop is neither additive nor complete. Is it wrong, then? Say what a user
# loses by one of the two, and why the required laws are another matter.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - A loss that follows: without additivity the map of a difference of two logits is not the difference of their maps;
#   without completeness the map does not add up to the output, so its numbers are no shares of it.
# - These laws describe kinds of rules, and guided backprop does what its definition says. Required laws say that a
#   map is a well-defined function of image and signal at all.
#
# > **1 point.** It is not wrong, it is another kind of rule. What one loses: I cannot take the maps of cat and dog,
# > subtract them, and call it the map of "cat rather than dog". A required law is different. If a rule changes its
# > arguments or depends on the other images of the batch, its map is not determined by what it claims to explain.
#
# > **½ point.** It is not wrong, because the laws are optional for it. Completeness would be nice since then the
# > pixels sum to the logit.
#
# A true consequence, but not why some laws are required of everybody.
#
# > **0 points.** It is wrong, since the map must sum to the output in order to explain the output.
#
# States a wish as a necessity, and gives no reason; then most rules in use would be wrong.

# %% [markdown]
# ## Further reading
#
# - K. Claessen, J. Hughes. *QuickCheck: a lightweight tool for random testing of Haskell programs.* ICFP 2000.
#   Laws tried on random cases, and where the idea comes from.
# - D. R. MacIver, Z. Hatfield-Dodds and others. *Hypothesis: a new approach to property-based testing.* Journal of
#   Open Source Software 4 (2019), 1891. The library that finds and shrinks our counterexamples.
# - A. Griewank, A. Walther. *Evaluating derivatives.* SIAM 2008. Vector-Jacobian products, from the ground up.
# - M. Ancona, E. Ceolini, C. Öztireli, M. Gross. *Towards better understanding of gradient-based attribution
#   methods for deep neural networks.* ICLR 2018, arXiv:1711.06104. Rules as a changed gradient at the nonlinearity.
# - M. Sundararajan, A. Taly, Q. Yan. *Axiomatic attribution for deep networks.* ICML 2017, arXiv:1703.01365.
#   Completeness as a law.
