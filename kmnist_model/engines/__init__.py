"""What runs the networks: ONNX Runtime on CPUs, PyTorch on GPUs or where it is asked for."""
