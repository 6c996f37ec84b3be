"""Kernels on images as they are given, (n, c, h, w), in either precision."""
