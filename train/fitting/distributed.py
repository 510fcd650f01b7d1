"""Training in several processes, started by torchrun, with torch's DistributedDataParallel.

CPUs communicate by gloo, GPUs by NCCL. fastai's own distributed mode is for CUDA only, so a callback adds torch's to its learner. Each
process takes its share of every batch, rank 0 alone writes, and losses and metrics are over all of them.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import torch
import torch.distributed as dist
from fastai.callback.core import Callback
from torch.nn.parallel import DistributedDataParallel


def processes() -> int:
    """The number of processes that train together: 1 unless `together` is active under torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def asked() -> int:
    """The number of processes that torchrun has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """The rank of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_writer() -> bool:
    """Whether this process writes files and prints messages."""
    return rank() == 0


def device() -> torch.device:
    """The device of this process: its own CUDA GPU, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("mps" if torch.backends.mps.is_available() and processes() == 1 else "cpu")


@contextmanager
def together() -> Iterator[None]:
    """Join the process group that torchrun has started, for the length of the block.

    Does nothing without torchrun.
    """
    if asked() < 2:
        yield
        return
    own_gpu = torch.cuda.is_available()
    if own_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if own_gpu else "gloo")
    try:
        yield
        dist.barrier()  # one that leaves early would close the connections under the others
    finally:
        dist.destroy_process_group()


@contextmanager
def writer_first() -> Iterator[None]:
    """Run the block in the writer before the other processes, so that downloads and caches are made, and messages printed, once."""
    if processes() > 1 and not is_writer():
        dist.barrier()
        with redirect_stderr(io.StringIO()):
            yield
        return
    yield
    if processes() > 1:
        dist.barrier()


def total(values: list[float]) -> list[float]:
    """`values` summed over all processes."""
    if processes() == 1:
        return values
    summed = torch.tensor(values, dtype=torch.float64 if device().type != "mps" else torch.float32, device=device())
    dist.all_reduce(summed)
    return summed.tolist()


def gathered(value: Any) -> list[Any]:
    """The `value` of each process, by rank."""
    if processes() == 1:
        return [value]
    values: list[Any] = [None] * processes()
    dist.all_gather_object(values, value)
    return values


class Parallel(Callback):
    """Run the forward pass of training batches through DistributedDataParallel.

    At any other time the learner's model is the bare network. The recorded loss is the mean over the processes, so that all of them take
    the same decisions, and validation metrics are over all their images.
    """

    order = 40  # before fastai's Recorder reads losses and metrics

    def before_fit(self) -> None:
        network = self.learn.model
        self._bare = network
        own = [device().index] if device().type == "cuda" else None
        self._parallel = DistributedDataParallel(network, device_ids=own)

    def before_batch(self) -> None:
        if self.training:
            self.learn.model = self._parallel

    def after_pred(self) -> None:
        self.learn.model = self._bare

    def after_loss(self) -> None:
        if self.training:
            (loss,) = total([float(self.loss.detach())])
            self.learn.loss = self.loss.new_tensor(loss / processes())

    def after_validate(self) -> None:
        for metric in self.recorder._valid_mets:  # fastai's own sums: value times count, and count
            if hasattr(metric, "total"):
                metric.total, metric.count = total([float(metric.total), float(metric.count)])

    def before_validate(self) -> None:
        """Copy the writer's running averages of the norms to the other processes, since each has its own."""
        average = getattr(self.learn, "average", None)  # train.fitting.callbacks.Average, if the recipe has it
        for network in (self.model, *([average.mean.module] if average and average.mean else [])):
            for buffer in network.buffers():
                dist.broadcast(buffer, 0)

    def after_fit(self) -> None:
        self.learn.model = self._bare

    def after_cancel_batch(self) -> None:
        self.learn.model = self._bare
