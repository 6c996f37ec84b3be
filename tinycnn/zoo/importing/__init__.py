"""Networks from elsewhere: ONNX files, Keras files, PyTorch modules, and files of our own."""
