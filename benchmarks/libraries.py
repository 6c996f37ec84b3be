"""Libraries of the extra ``[benchmarks]``, or one line that says how to get them."""

try:
    import h5py
    import safetensors.numpy as safetensors
    from threadpoolctl import threadpool_info, threadpool_limits
except ImportError as error:
    raise SystemExit(f"benchmarks need {error.name}: pip install 'tinycnn[benchmarks,peers]'") from None

__all__ = ["h5py", "safetensors", "threadpool_info", "threadpool_limits"]
