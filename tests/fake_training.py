"""A training process that learns nothing and keeps to the contract of the run directory.

``python fake_training.py BEHAVIOR JOB``; see the functions for the behaviors. It uses the standard
library only, so that it starts fast and checks the contract from outside.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_PATIENCE_SECONDS = 60.0


class Run:
    """The run directory, seen from the process's side."""

    def __init__(self, job_path: Path) -> None:
        self.path = job_path.parent
        self.job = json.loads(job_path.read_text("utf-8"))
        self.steps = 0

    def write_pid(self) -> None:
        (self.path / "pid").write_text(str(os.getpid()))

    def write(self, text: str) -> None:
        with (self.path / "events.jsonl").open("a") as file:
            file.write(text)

    def say(self, event: str, **values: object) -> None:
        self.write(json.dumps({"event": event, **values}) + "\n")

    def begin(self) -> None:
        self.write_pid()
        self.say("started", total_steps=4, trainable=10, total=100)

    def step(self) -> None:
        self.steps += 1
        self.say(
            "progress",
            step=self.steps,
            total_steps=4,
            loss=1 / self.steps,
            learning_rate=0.001,
            seconds=float(self.steps),
            eta_seconds=4.0 - self.steps,
        )

    def save(self) -> str:
        folder = self.path / "adapter"
        folder.mkdir(exist_ok=True)
        (folder / "adapter.safetensors").write_bytes(b"learned")
        return str(folder)

    def wait_for(self, name: str, *, ending: str = "") -> None:
        """Wait until a file of the run directory is there; give up when nobody cares any more."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_there(name, ending) and time.monotonic() < deadline:
            time.sleep(0.01)

    def wait_for_stop(self) -> None:
        # A file is there a moment before what is written to it.
        self.wait_for("commands.jsonl", ending="\n")
        assert json.loads((self.path / "commands.jsonl").read_text()) == {"command": "stop"}

    def _is_there(self, name: str, ending: str) -> bool:
        file = self.path / name
        return file.exists() and file.read_text().endswith(ending)


def finish(run: Run) -> None:
    """Four steps, then the end."""
    run.begin()
    for _ in range(4):
        run.step()
    run.say("validated", step=4, accuracy={"verb": 0.75, "action": 0.5})
    run.say("message", text="Half of the videos are dark.")
    run.say("finished", adapter=run.save(), metrics={"action": 0.5})


def until_stopped(run: Run) -> None:
    """One step, then wait for the command to stop; what was learned is kept."""
    run.begin()
    run.step()
    run.wait_for_stop()
    run.say("stopped", adapter=run.save())


def stopped_too_early(run: Run) -> None:
    """Stopped before anything could be kept."""
    run.begin()
    run.wait_for_stop()
    run.say("stopped", adapter=None)


def fail(run: Run) -> None:
    """Say what is wrong and end."""
    run.begin()
    print("looking at the videos")  # noqa: T201
    run.say("failed", message="The video “a.mp4” has gone; put it back and start again.")


def crash(run: Run) -> None:
    """Print much and die in the middle."""
    run.begin()
    run.step()
    for line in range(30):
        print(f"line {line}", flush=True)  # noqa: T201
    raise RuntimeError("out of luck")


def die_at_once(run: Run) -> None:
    """End before anything was written to the run directory."""
    sys.exit("no module named training")


def mute(run: Run) -> None:
    """Live and say nothing."""
    run.wait_for_stop()


def partial_lines(run: Run) -> None:
    """Write an event in two parts; the second when a file named "go" appears."""
    run.begin()
    text = json.dumps({"event": "message", "text": "in two parts"}) + "\n"
    run.write(text[:20])
    (run.path / "half").touch()
    run.wait_for("go")
    run.write(text[20:])
    run.say("finished", adapter=run.save(), metrics={})


def nonsense(run: Run) -> None:
    """One line that is no event among good ones."""
    run.begin()
    run.write("Epoch 1 / 3\n")
    run.say("finished", adapter=run.save(), metrics={})


if __name__ == "__main__":
    behaviors = [
        finish,
        until_stopped,
        stopped_too_early,
        fail,
        crash,
        die_at_once,
        mute,
        partial_lines,
        nonsense,
    ]
    named = {behavior.__name__: behavior for behavior in behaviors}
    named[sys.argv[1]](Run(Path(sys.argv[2])))
