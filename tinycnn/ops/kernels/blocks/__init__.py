"""Kernels on images in blocks, (n, chunks, h, w, LANES) float32: see `tinycnn.ops.kernels.blocks.layout`."""
