"""Where the figures of a run go besides its own folder: TensorBoard, Trackio, Weights & Biases.

Every tracker writes locally. W&B sends only when `WANDB_MODE=online` says so (`wandb sync` does it later),
Trackio when `TRACKIO_SPACE_ID` or `TRACKIO_SERVER_URL` names a place. A new tracker is one entry of
`TRACKERS` and of `trackers` in `config.py`.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data, write_json

PROJECT = "robolm"
"""The name under which W&B and Trackio group the runs."""


class Tracker(Protocol):
    """What is asked of a tracker; Lightning's loggers are such."""

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Keep the figures of a step."""

    def finalize(self, status: str) -> None:
        """End the run; `status` is `success` or `failed`."""


@dataclass(frozen=True)
class Start:
    """What a tracker is told when a run starts or goes on."""

    folder: Path
    """The run folder."""
    name: str
    """A name that no other run has: a run that goes on keeps its own."""
    step: int
    """Steps already done."""
    recorded: int
    """The last step of which something was recorded: beyond `step` where a run goes on that was killed."""
    recipe: dict[str, Any]


def _tensorboard(start: Start) -> Tracker:
    from lightning.pytorch.loggers import TensorBoardLogger

    logger = TensorBoardLogger(start.folder, name="", version="tensorboard", purge_step=start.step + 1)
    if not start.step:
        logger.experiment.add_text("recipe", f"```\n{json.dumps(start.recipe, indent=1)}\n```")
    tracker: Tracker = logger
    return tracker


def _wandb(start: Start) -> Tracker:
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when wandb is imported
    mode = os.environ.setdefault("WANDB_MODE", "offline")
    from lightning.pytorch.loggers import WandbLogger

    class Wandb(WandbLogger):
        def finalize(self, status: str) -> None:
            self.experiment.finish(exit_code=0 if status == "success" else 1)

    logger: Tracker = Wandb(
        project=os.environ.get("WANDB_PROJECT", PROJECT), name=start.name, version=start.name,
        save_dir=start.folder, config=start.recipe, mode=mode, settings={"console": "off"},
    )  # fmt: skip
    return logger


class _Trackio:
    """Trackio's local database, shared by the runs beside this one, so that they can be compared."""

    def __init__(self, start: Start) -> None:
        os.environ.setdefault("TRACKIO_DIR", str(start.folder.parent / "trackio"))  # read at import
        if not any(os.environ.get(place) for place in ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL")):
            os.environ.setdefault("HF_HUB_OFFLINE", "1")  # else it asks the hub who is logged in
        import trackio

        self._run = trackio.init(
            project=PROJECT, name=start.name, resume="allow", config=start.recipe, embed=False,
            auto_log_gpu=False, auto_log_cpu=False,
        )  # fmt: skip

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        self._run.log(dict(metrics), step=step)

    def finalize(self, status: str) -> None:
        self._run.finish()


@dataclass(frozen=True)
class Kind:
    """A tracker that can be chosen."""

    package: str
    extra: str
    """The extra of robo-train that installs it; empty when robo-train itself does."""
    open: Callable[[Start], Tracker]
    rewinds: bool = False
    """It forgets the steps beyond the one where a killed run goes on; others are not told those again."""


TRACKERS: dict[str, Kind] = {
    "tensorboard": Kind("tensorboard", "", _tensorboard, rewinds=True),
    "trackio": Kind("trackio", "trackio", _Trackio),
    "wandb": Kind("wandb", "wandb", _wandb),
}


def check_trackers(names: Sequence[str]) -> None:
    """Make sure, before hours of work, that the chosen trackers are installed.

    Raises:
        RoboError: a package is missing; says what to install.
    """
    for name in names:
        kind = TRACKERS[name]
        if find_spec(kind.package) is None:
            what = f"robo-train[{kind.extra}]" if kind.extra else kind.package
            where = f"-e 'train[{kind.extra}]'" if kind.extra else kind.package
            raise RoboError(
                f"--tracker {name} needs the package {kind.package}; install {what} (in a checkout:"
                f" .venv/bin/python -m pip install {where}) or choose another tracker"
            )


def run_name(folder: Path, name: str, goes_on: bool) -> str:
    """A name among all runs: `name` with the time of the first start, kept while the run goes on."""
    note = folder / "tracking.json"
    if goes_on and note.exists():
        return str(read_data(note)["run"])
    unique = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    write_json(note, {"run": unique})
    return unique


class Trackers:
    """All trackers of a run. One that fails is named once and left out: it never stops a training."""

    def __init__(self, names: Sequence[str], start: Start) -> None:
        self._start = start
        self._open: dict[str, Tracker] = {}
        for name in dict.fromkeys(names):
            self._try(name, lambda n: self._open.update({n: TRACKERS[n].open(start)}))

    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Tell every tracker the figures of a step."""
        for name in list(self._open):
            if TRACKERS[name].rewinds or step > self._start.recorded:
                self._try(name, lambda n: self._open[n].log_metrics(figures, step=step))

    def close(self, status: str) -> None:
        """End the run in every tracker."""
        for name in list(self._open):
            self._try(name, lambda n: self._open[n].finalize(status))
        self._open = {}

    def _try(self, name: str, action: Callable[[str], None]) -> None:
        try:
            action(name)
        except Exception as e:
            self._open.pop(name, None)
            warnings.warn(f"the tracker {name} is left out, training goes on: {e}", stacklevel=3)
