"""tinycnn against PyTorch and Captum: interleaved in one run, each side in a process of its own.

``python -m benchmarks`` prints paired ratios of time and of peak memory, and writes them as JSON.
"""
