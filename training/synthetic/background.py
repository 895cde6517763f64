"""Batches rendered by other processes while the network learns."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue

import cv2

from training.synthetic.batches import FRAMES, Batch, batches

AHEAD = 4
"""Batches that wait, at most, for each worker."""


@contextmanager
def parallel_batches(
    seed: int, size: int, *, workers: int, frames: int = FRAMES
) -> Iterator[Iterator[Batch]]:
    """Render with ``workers`` processes; their batches take turns, so the order is always the same.

    Args:
        seed: Of everything random.
        size: Clips in a batch.
        workers: Processes, at least 1.
        frames: Frames of a clip.

    Yields:
        An endless iterator of batches; it ends with the ``with`` block.
    """
    context = multiprocessing.get_context("spawn")
    queues: list[Queue[Batch]] = [context.Queue(AHEAD) for _ in range(workers)]
    processes = [
        context.Process(
            target=_render, args=(queue, seed * 1000 + number, size, frames), daemon=True
        )
        for number, queue in enumerate(queues)
    ]
    for process in processes:
        process.start()
    try:
        yield _take_turns(queues)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _take_turns(queues: list[Queue[Batch]]) -> Iterator[Batch]:
    while True:
        for queue in queues:
            yield queue.get()


def _render(queue: Queue[Batch], seed: int, size: int, frames: int) -> None:
    cv2.setNumThreads(1)
    for batch in batches(seed, size, frames=frames):
        queue.put(batch)
