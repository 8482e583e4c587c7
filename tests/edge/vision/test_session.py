import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import onnxruntime as ort
import pytest

from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.errors import ModelError
from edge.vision import session as module
from edge.vision.session import (
    CPU,
    CUDA,
    TENSORRT,
    XNNPACK,
    Execution,
    open_session,
    placement,
    prove,
    provider_options,
    require_providers,
    warm_up,
)

DETECTOR = MODELS_FOLDER / "plate-detector.onnx"
READER = MODELS_FOLDER / "plate-reader.onnx"


@dataclass
class ToldSession:
    """A session that says on which providers it started and where its nodes lie."""

    providers: Sequence[str]
    nodes: Sequence[str] = ()
    may_fall_back: bool = True

    def get_providers(self) -> list[str]:
        return list(self.providers)

    def get_provider_graph_assignment_info(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(ep_name=name, get_nodes=lambda: ["one"]) for name in self.nodes]

    def disable_fallback(self) -> None:
        self.may_fall_back = False


@pytest.fixture
def every_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    built = [TENSORRT, CUDA, XNNPACK, CPU]
    monkeypatch.setattr(module.ort, "get_available_providers", lambda: built)


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("xnnpack", "--use_xnnpack"),
        ("cuda", "onnxruntime-gpu .* Jetson"),
        ("tensorrt", "TensorRT .* Jetson"),
        ("CUDAExecutionProvider", "onnxruntime-gpu"),
    ],
)
def test_a_provider_that_is_not_here_is_an_error_with_its_remedy(asked: str, remedy: str) -> None:
    with pytest.raises(ModelError) as e:
        wiring_eyes.detector(Models(providers=(asked, "cpu")))
    assert "onnxruntime here has no" in e.value.cause
    assert re.search(remedy, e.value.remedy)


def test_an_unknown_provider_or_none_at_all_names_those_that_are_here() -> None:
    for wanted in ((), ("cdua",)):
        with pytest.raises(ModelError, match=r"some of: .*cpu"):
            require_providers(wanted)


@pytest.mark.usefixtures("every_provider")
def test_short_and_full_names_mean_the_same() -> None:
    assert require_providers(("tensorrt", "CUDAExecutionProvider", "cuda", "cpu")) == [
        TENSORRT,
        CUDA,
        CPU,
    ]


@pytest.mark.usefixtures("every_provider")
def test_cpu_before_an_accelerator_is_refused_because_it_would_take_everything() -> None:
    with pytest.raises(ModelError, match="Put cpu last"):
        require_providers(("cpu", "cuda"))


def test_a_provider_whose_libraries_did_not_load_is_refused_though_onnxruntime_goes_on() -> None:
    with pytest.raises(ModelError, match="could not start it") as e:
        prove(ToldSession([CPU]), [CUDA, CPU])
    assert "onnxruntime-gpu" in e.value.remedy


def test_an_accelerator_that_takes_no_node_is_refused() -> None:
    with pytest.raises(ModelError, match="all of it would run on the CPU"):
        prove(ToldSession([XNNPACK, CPU], [CPU, CPU]), [XNNPACK])


def test_single_nodes_on_the_cpu_beside_an_accelerator_are_normal() -> None:
    session = ToldSession([TENSORRT, CUDA, CPU], [TENSORRT, CPU])
    prove(session, [TENSORRT, CUDA])
    assert placement(session) == {TENSORRT: 1, CPU: 1}


def test_a_proven_session_may_not_fall_back_later() -> None:
    session = ToldSession([CUDA, CPU], [CUDA])
    prove(session, [CUDA])
    assert not session.may_fall_back


def test_a_model_opened_on_the_cpu_has_all_its_nodes_there_and_the_threads_asked_for() -> None:
    session = open_session(DETECTOR, Execution(("cpu",), 3))
    assert set(placement(session)) == {CPU}
    assert session.get_session_options().intra_op_num_threads == 3


def test_a_model_that_leaves_its_sides_open_gets_those_asked_for() -> None:
    whole, part = (
        open_session(DETECTOR, Execution()),
        open_session(DETECTOR, Execution(), (192, 320)),
    )
    assert [s.get_inputs()[0].shape[2:] for s in (whole, part)] == [[384, 640], [192, 320]]


@pytest.mark.usefixtures("every_provider")
def test_a_silent_fallback_at_opening_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_when_libraries_are_missing(
        path: str, options: ort.SessionOptions, providers: list[object], enable_fallback: int
    ) -> ToldSession:
        assert enable_fallback == 0
        return ToldSession([CPU])

    monkeypatch.setattr(module.ort, "InferenceSession", as_when_libraries_are_missing)
    with pytest.raises(ModelError, match="built with cuda but could not start it"):
        open_session(DETECTOR, Execution(("cuda", "cpu")))


@pytest.mark.usefixtures("every_provider")
def test_xnnpack_has_the_threads_and_the_session_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def noted(path: str, options: ort.SessionOptions, **rest: object) -> ToldSession:
        seen["session"] = options.intra_op_num_threads
        seen["providers"] = rest["providers"]
        return ToldSession([XNNPACK, CPU], [XNNPACK])

    monkeypatch.setattr(module.ort, "InferenceSession", noted)
    open_session(DETECTOR, Execution(("xnnpack",), 4))
    assert seen == {"session": 1, "providers": [(XNNPACK, {"intra_op_num_threads": "4"})]}


def test_tensorrt_keeps_its_engines_in_the_folder_of_the_box(tmp_path: Path) -> None:
    engines = tmp_path / "state" / "engines"
    told = provider_options(TENSORRT, Execution(("tensorrt",), engines=engines))
    assert told["trt_engine_cache_enable"] == "True"
    assert told["trt_engine_cache_path"] == str(engines)
    assert engines.is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"models\.engines"):
        provider_options(TENSORRT, Execution(("tensorrt",), engines=tmp_path / "file" / "engines"))


@pytest.mark.parametrize("model", [DETECTOR, READER], ids=["detector", "reader"])
def test_a_warm_up_runs_every_model_in_its_true_shape(model: Path) -> None:
    assert len(warm_up(open_session(model, Execution()), 2)) == 2


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be opened by onnxruntime on cpu"):
        open_session(tmp_path / "a.onnx", Execution())
