"""Who may import whom: a module imports lower floors only, and two adapters never meet."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "edge": 0,
    "edge.types": 0,
    "edge.errors": 0,
    "edge.closing": 0,
    "edge.ports": 1,
    "edge.storefile": 1,
    "edge.passage": 2,
    "edge.access": 2,
    "edge.record": 2,
    "edge.counts": 2,
    "edge.vision": 2,
    "edge.vision.model": 3,
    "edge.vision.detector": 3,
    "edge.vision.reader": 3,
    "edge.vision.session": 3,
    "edge.capture": 3,
    "edge.housing": 3,
    "edge.registry": 3,
    "edge.access.pack": 3,
    "edge.record.keys": 3,
    "edge.record.evidence": 3,
    "edge.record.keyfile": 3,
    "edge.record.signer_command": 3,
    "edge.record.client": 3,
    "edge.feed": 3,
    "edge.casebook": 3,
    "edge.update": 3,
    "edge.clock": 3,
    "edge.witness": 3,
    "edge.config": 3,
    "edge.settings": 4,
    "firmware_bridge": 3,
    "edge.daemon": 4,
    "edge.daemon.wiring": 5,
    "edge.daemon.wiring_body": 5,
    "edge.daemon.wiring_camera": 5,
    "edge.daemon.wiring_delivery": 5,
    "edge.daemon.wiring_eyes": 5,
    "edge.daemon.wiring_firmware": 5,
    "edge.daemon.wiring_law": 5,
    "edge.daemon.wiring_panel": 5,
    "edge.daemon.wiring_sync": 5,
    "edge.replay": 6,
    "edge.protocol": 6,
    "edge.provision": 6,
    "edge.cli": 6,
    "edge.panel": 6,
    "tools": 7,
}
OUTSIDE_WORLD = {"sqlite3", "socket", "paho", "onnxruntime", "serial", "time", "logging", "os"}


def floor(module: str) -> int | None:
    parts = module.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((FLOORS[name] for name in names if name in FLOORS), None)


def package(module: str) -> str:
    top, *rest = module.split(".")
    return top if top == "firmware_bridge" else ".".join([top, *rest[:1]])


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


MODULES = sorted(
    p for top in ("edge", "firmware_bridge", "tools") for p in (ROOT / top).rglob("*.py")
)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_lower_floors_only(path: Path) -> None:
    here = name_of(path)
    level = floor(here)
    assert level is not None
    for other in imports(path):
        other_level = floor(other)
        if other_level is None or package(other) == package(here):
            continue
        assert other_level <= level, f"{here} (floor {level}) imports {other} ({other_level})"
        adapters_meet = level == other_level == 3
        assert not adapters_meet, f"two adapters meet: {here} imports {other}"


RULES = [path for path in MODULES if floor(name_of(path)) == 2]


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_rules_touch_nothing_outside(path: Path) -> None:
    touched = {name.split(".")[0] for name in imports(path)} & OUTSIDE_WORLD
    assert not touched, f"{name_of(path)} is pure but imports {touched}"


BRIDGE = [path for path in MODULES if name_of(path).startswith("firmware_bridge")]
BRIDGE_RULES = {
    "firmware_bridge.alignment",
    "firmware_bridge.cobs",
    "firmware_bridge.fields",
    "firmware_bridge.messages",
    "firmware_bridge.packet",
    "firmware_bridge.session",
    "firmware_bridge.simulator.device",
    "firmware_bridge.simulator.ranges",
}


@pytest.mark.parametrize("path", BRIDGE, ids=name_of)
def test_the_bridge_knows_nothing_of_the_box(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(path)}
    assert not tops & {"edge", "tools"}
    if name_of(path) in BRIDGE_RULES:
        touched = tops & (OUTSIDE_WORLD | {"threading"})
        assert not touched, f"{name_of(path)} is pure but imports {touched}"


def test_the_pure_modules_of_the_bridge_are_there() -> None:
    assert {name_of(path) for path in BRIDGE} >= BRIDGE_RULES
