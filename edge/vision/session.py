"""onnxruntime's sessions: on the providers asked for and no others, warm before they are needed."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from edge.errors import ModelError

# onnxruntime's exceptions share no root of their own.
ORT_ERRORS: tuple[type[Exception], ...] = (
    ort_state.EPFail,
    ort_state.Fail,
    ort_state.InvalidArgument,
    ort_state.InvalidGraph,
    ort_state.InvalidProtobuf,
    ort_state.NotImplemented,
    ort_state.RuntimeException,
    IndexError,
    RuntimeError,
    TypeError,
    ValueError,
)

CPU = "CPUExecutionProvider"
XNNPACK = "XnnpackExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
FULL_NAMES = {"cpu": CPU, "xnnpack": XNNPACK, "cuda": CUDA, "tensorrt": TENSORRT}
SHORT_NAMES = {full: short for short, full in FULL_NAMES.items()}

INSTEAD = 'or set models.providers to ["cpu"]'
GPU_WHEEL = (
    "Install onnxruntime-gpu in place of onnxruntime, with the {} it was built for (on a Jetson: \
NVIDIA's own wheel for its JetPack), "
    + INSTEAD
)
REMEDIES = {
    XNNPACK: "No onnxruntime wheel for Linux has it: build onnxruntime with --use_xnnpack, "
    + INSTEAD,
    CUDA: GPU_WHEEL.format("CUDA and cuDNN"),
    TENSORRT: GPU_WHEEL.format("CUDA, cuDNN and TensorRT"),
}

SIDES_PX = (384, 640)
"""Height and width of a whole frame's tensor, for a model that leaves them open."""

TYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}
WARM_UP_RUNS = 3


@dataclass(frozen=True, slots=True)
class Execution:
    """How a model runs: on which providers, best first, and on how many threads.

    `engines` is the folder where TensorRT keeps what it compiled for this very device.
    """

    providers: tuple[str, ...] = ("cpu",)
    threads: int = 2
    engines: Path | None = None


class Placed(Protocol):
    """What a session tells of where it runs."""

    def get_providers(self) -> list[str]:
        """Return the providers that started, best first."""
        ...

    def disable_fallback(self) -> None:
        """Let a failing run fail."""
        ...


def open_session(
    path: Path, execution: Execution, sides_px: tuple[int, int] = SIDES_PX
) -> ort.InferenceSession:
    """Open a model on exactly the providers asked for.

    What a model calls `height` and `width` become these sides: accelerators want them settled.
    Raises ModelError when one is missing, did not start or takes no part of the model.
    """
    names = require_providers(execution.providers)
    threads = 1 if XNNPACK in names else execution.threads  # XNNPACK brings threads of its own
    options = session_options(threads)
    for name, size in zip(("height", "width"), sides_px, strict=True):
        options.add_free_dimension_override_by_name(name, size)
    try:
        session = ort.InferenceSession(
            str(path),
            options,
            providers=[(name, provider_options(name, execution)) for name in names],
            enable_fallback=0,
        )
    except ORT_ERRORS as e:
        raise ModelError(
            f"{path} cannot be opened by onnxruntime on {' and '.join(map(short, names))}.",
            _remedy(names[0], "Install the models again."),
        ) from e
    prove(session, names)
    return session


def session_options(threads: int) -> ort.SessionOptions:
    """Return options for a small model beside other work: few threads, no spinning."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    options.log_severity_level = 3
    return options


def provider_options(name: str, execution: Execution) -> dict[str, str]:
    """Return what one provider must be told.

    Raises ModelError when TensorRT's folder cannot be made.
    """
    if name == XNNPACK:
        return {"intra_op_num_threads": str(execution.threads)}
    if name == TENSORRT and execution.engines is not None:
        kept = {"trt_engine_cache_enable": "True", "trt_timing_cache_enable": "True"}
        return kept | {"trt_engine_cache_path": str(_folder(execution.engines))}
    return {}


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ModelError(
            f"models.engines, {path}, cannot be made a folder ({e.strerror}).",
            "Name a folder that this user may write to.",
        ) from e
    return path


def require_providers(wanted: tuple[str, ...]) -> list[str]:
    """Return onnxruntime's names of the providers asked for, by short name or full.

    Raises ModelError for one that this machine lacks: there is no fallback.
    """
    names = list(dict.fromkeys(FULL_NAMES.get(name, name) for name in wanted))
    available = ort.get_available_providers()
    missing = [name for name in names if name not in available]
    if missing or not names:
        known = ", ".join(name for name, full in FULL_NAMES.items() if full in available)
        lacking = f"onnxruntime here has no {', '.join(map(short, missing))}."
        raise ModelError(
            lacking if missing else "models.providers is empty.",
            _remedy(missing[0] if missing else "", f"Set models.providers to some of: {known}."),
        )
    if CPU in names[:-1]:
        raise ModelError(
            "models.providers names cpu before another one, which would never be used.",
            "Put cpu last, or leave the others out.",
        )
    return names


def short(name: str) -> str:
    """Return the name that box.toml uses for a provider."""
    return SHORT_NAMES.get(name, name)


def _remedy(name: str, otherwise: str) -> str:
    return f"{REMEDIES[name]}." if name in REMEDIES else otherwise


def prove(session: Placed, names: list[str]) -> None:
    """Refuse a session that runs on less than what was asked for, and forbid it to become one.

    onnxruntime only logs a warning when a provider's libraries do not load, and goes on without
    it. Single nodes on the CPU beside an accelerator are normal; all of them are not.
    Raises ModelError.
    """
    lost = [name for name in names if name not in session.get_providers()]
    if lost:
        raise ModelError(
            f"onnxruntime was built with {short(lost[0])} but could not start it: "
            "its libraries or its device are missing, or of another version.",
            _remedy(lost[0], "Correct models.providers."),
        )
    taken = placement(session)
    if names[0] != CPU and taken and not set(taken) - {CPU}:
        raise ModelError(
            f"{short(names[0])} takes no part of the model: all of it would run on the CPU.",
            'Name another model, or set models.providers to ["cpu"].',
        )
    session.disable_fallback()


def placement(session: Placed) -> dict[str, int]:
    """Return how many nodes of its graph each provider took; nothing where it cannot tell."""
    tell = getattr(session, "get_provider_graph_assignment_info", None)
    if tell is None:  # an onnxruntime before 1.24, as on an older JetPack
        return {}
    nodes: Counter[str] = Counter()
    for part in tell():
        nodes[part.ep_name] += len(part.get_nodes())
    return dict(nodes)


def warm_up(session: ort.InferenceSession, runs: int = WARM_UP_RUNS) -> list[float]:
    """Run a session on an empty picture of its true shape; return each run's milliseconds.

    The first run allocates, and on an accelerator compiles: no vehicle should wait for that.
    Raises ModelError when the model does not run here.
    """
    try:
        feed = {node.name: _empty(node.shape, node.type) for node in session.get_inputs()}
        return [_milliseconds(session, feed) for _ in range(runs)]
    except ORT_ERRORS as e:
        raise ModelError(
            f"A model opens but does not run on {short(session.get_providers()[0])}.",
            _remedy(session.get_providers()[0], "Install the models again."),
        ) from e


def _empty(shape: list[int | str | None], kind: str) -> np.ndarray:
    return np.zeros(
        [size if isinstance(size, int) else 1 for size in shape], TYPES.get(kind, np.float32)
    )


def _milliseconds(session: ort.InferenceSession, feed: dict[str, np.ndarray]) -> float:
    start = time.perf_counter()
    session.run(None, feed)
    return (time.perf_counter() - start) * 1000
