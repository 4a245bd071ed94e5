"""A disk that loses what was not synced, in memory.

Every call really happens in a folder (what a running system sees) and is mirrored in a model of what the medium has:
the data of a file is safe after `fsync_file`, the names in a folder after `fsync_directory` of that folder, and
nothing else is ever safe. `Disk.after_power_loss` writes one of the many states that the medium may be in; SQLite's
test6.c is the idea.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.faulty import FaultyFileSystem

# (what becomes of names not synced, what becomes of data not synced)
LOSSES = (
    ("lost", "lost"),
    ("kept", "lost"),
    ("kept", "zeros"),
    ("prefix", "random"),
    ("subset", "random"),
)
Loss = tuple[str, str]


@dataclass(eq=False)
class File:
    data: bytes = b""
    durable: bytes = b""


@dataclass(eq=False)
class Link:
    text: str


@dataclass(eq=False)
class Folder:
    names: dict[str, "Node"] = field(default_factory=dict)
    durable: dict[str, "Node"] = field(default_factory=dict)
    pending: list[dict[str, "Node | None"]] = field(default_factory=list)

    def apply(self, step: "dict[str, Node | None]") -> None:
        _apply(self.names, step)
        self.pending.append(step)

    def sync(self) -> None:
        self.durable, self.pending = dict(self.names), []


Node = File | Link | Folder


def _apply(names: dict[str, Node], step: dict[str, Node | None]) -> None:
    for name, node in step.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class Disk:
    """The model of one folder, all of it safe at the start."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.inodes: dict[int, File] = {}
        self.root = self._take_in(base)
        self.open: dict[int, File] = {}

    def _take_in(self, path: Path) -> Folder:
        folder = Folder()
        for name in sorted(os.listdir(path)):
            child = path / name
            node: Node
            if child.is_symlink():
                node = Link(os.readlink(child))
            elif child.is_dir():
                node = self._take_in(child)
            else:
                data = child.read_bytes()
                node = self.inodes.setdefault(child.stat().st_ino, File(data, data))
            folder.names[name] = node
        folder.sync()
        return folder

    def find(self, path: Path) -> Node:
        node: Node = self.root
        for name in path.relative_to(self.base).parts:
            assert isinstance(node, Folder)
            node = node.names[name]
        return node

    def folder(self, path: Path) -> Folder:
        node = self.find(path)
        assert isinstance(node, Folder)
        return node

    def put(self, path: Path, node: Node | None) -> None:
        self.folder(path.parent).apply({path.name: node})

    def move(self, source: Path, target: Path) -> None:
        node = self.find(source)
        if source.parent == target.parent:
            self.folder(source.parent).apply({target.name: node, source.name: None})
        else:
            self.put(target, node)
            self.put(source, None)

    def after_power_loss(self, target: Path, loss: Loss, chance: random.Random) -> None:
        """Write one state that the medium may be in to `target`."""
        names, data = loss
        written: dict[File, Path] = {}

        def write(folder: Folder, path: Path) -> None:
            path.mkdir()
            for name, node in sorted(_surviving_names(folder, names, chance).items()):
                place = path / name
                if isinstance(node, Folder):
                    write(node, place)
                elif isinstance(node, Link):
                    place.symlink_to(node.text)
                elif node in written:
                    os.link(written[node], place)
                else:
                    place.write_bytes(_surviving_data(node, data, chance))
                    written[node] = place

        write(self.root, target)


def _surviving_names(folder: Folder, loss: str, chance: random.Random) -> dict[str, Node]:
    pending = folder.pending
    if loss == "lost":
        pending = []
    if loss == "prefix":
        pending = pending[: chance.randint(0, len(pending))]
    if loss == "subset":
        pending = [step for step in pending if chance.random() < 0.5]
    names = dict(folder.durable)
    for step in pending:
        _apply(names, step)
    return names


def _surviving_data(file: File, loss: str, chance: random.Random) -> bytes:
    if loss == "random":
        loss = chance.choice(["lost", "zeros", "kept", "part"])
    if loss == "kept" or file.data == file.durable:
        return file.data
    if loss == "zeros":
        return bytes(len(file.data))
    return file.data[: chance.randint(0, len(file.data))] if loss == "part" else file.durable


def never(_name: str, _path: Path) -> bool:
    return False


class PowerFileSystem(FaultyFileSystem):
    """Mirrors every call on a Disk. `forgets` names the syncs that are left out, for protocols broken on purpose."""

    def __init__(
        self, disk: Disk, fault: str = "stop", at: int = 0, forgets: Callable[[str, Path], bool] = never
    ) -> None:
        super().__init__(fault, at)
        self.disk, self.forgets = disk, forgets

    def effect(self, name: str, *arguments: Any) -> Any:
        new_lock = name == "lock" and not arguments[0].exists()
        result = super().effect(name, *arguments)
        if name.startswith("fsync") and self.forgets(name, arguments[0]):
            return result
        mirror = getattr(self, f"_{name}", None)
        if mirror is not None:
            mirror(result, *arguments)
        if new_lock:
            self.disk.put(arguments[0], File())
        return result

    def _create(self, descriptor: int, path: Path, _mode: int) -> None:
        self.disk.open[descriptor] = file = File()
        self.disk.put(path, file)

    def _write(self, written: int, descriptor: int, data: memoryview) -> None:
        self.disk.open[descriptor].data += bytes(data[:written])

    def _fsync_file(self, _: None, path: Path) -> None:
        file = self.disk.find(path)
        assert isinstance(file, File)
        file.durable = file.data

    def _fsync_directory(self, _: None, path: Path) -> None:
        self.disk.folder(path).sync()

    def _link(self, _: None, source: Path, target: Path) -> None:
        self.disk.put(target, self.disk.find(source))

    def _symlink(self, _: None, text: str, path: Path) -> None:
        self.disk.put(path, Link(text))

    def _rename(self, _: None, source: Path, target: Path) -> None:
        self.disk.move(source, target)

    def _replace(self, _: None, source: Path, target: Path) -> None:
        self.disk.move(source, target)

    def _make_directory(self, _: None, path: Path) -> None:
        self.disk.put(path, Folder())

    def _remove(self, _: None, path: Path) -> None:
        self.disk.put(path, None)

    def _remove_directory(self, _: None, path: Path) -> None:
        self.disk.put(path, None)
