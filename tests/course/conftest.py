"""Without the extra there is no course."""

from __future__ import annotations

import pytest

for name in ("nbformat", "IPython", "psutil"):
    pytest.importorskip(name, reason="the course needs the extra: pip install 'tinycnn[notebooks]'")
