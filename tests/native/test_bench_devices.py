"""Measuring through a real adbd and a real sshd on loopback, and what is said when a device cannot be used."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError

from benchmarks.devices.adb import Adb, chosen, listed
from benchmarks.devices.programs import programs_for
from benchmarks.devices.session import Work, measure
from benchmarks.devices.ssh import Ssh
from benchmarks.devices.transport import DeviceError, Local, Transport, wait_until
from tests.native.bench import Board, Namespace, program_here, write_prompts

pytestmark = pytest.mark.llama

QUICK = ("--runs", "1", "--loads", "1", "--sustained-runs", "2", "--max-tokens", "30")
LONG = ("--runs", "10000", "--loads", "1")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of programs as the build makes it, with the program of this machine."""
    folder = tmp_path_factory.mktemp("build")
    (folder / os.uname().machine).mkdir()
    (folder / os.uname().machine / "robo-bench").symlink_to(program_here())
    return folder


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_prompts(tmp_path_factory.mktemp("prompts") / "some prompts.jsonl")


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    made = Namespace(tmp_path_factory.mktemp("phone"))
    yield made
    made.close()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    made = Board(tmp_path)
    yield made
    made.close()


def check_measured(device: Transport, work: Work, root: Path) -> None:
    """It writes what this machine writes, and leaves nothing behind."""
    result = measure(device, work)
    assert list(root.iterdir()) == []
    (root / "local").mkdir()
    assert result.answers_sha256() == measure(Local(root / "local"), work).answers_sha256()
    assert result.model.file == work.model.name
    assert [result.settings.runs, len(result.sustained)] == [1, 2]


def once_copied(root: Path, unplug: Callable[[], None]) -> None:
    """Unplug it when the last file is there and the program is about to run."""

    def work() -> None:
        assert wait_until(lambda: any(root.glob("robo-bench-*/*.jsonl")), 60)
        time.sleep(0.5)
        unplug()

    threading.Thread(target=work).start()


def test_a_phone_is_measured_through_adb(
    phone: Namespace, shipped: Path, build: Path, prompts: Path, tmp_path: Path
) -> None:
    device = Adb(program=str(phone.adb))
    device.root = str(tmp_path)
    assert not device.android()  # adbd on a computer
    assert device.battery() is None
    check_measured(
        device, Work(shipped, prompts=prompts, options=QUICK, cool_down_s=0, build=build), tmp_path
    )


def test_a_full_phone_says_so_before_anything_is_copied(phone: Namespace, shipped: Path, build: Path) -> None:
    device = Adb(phone.serial, program=str(phone.adb))
    device.root = str(phone.small)
    with pytest.raises(DeviceError, match=r"2 MB are free in .* MB are needed: free some space"):
        measure(device, Work(shipped, options=QUICK, build=build))


def test_a_copy_that_does_not_fit_says_so(phone: Namespace, shipped: Path) -> None:
    device = Adb(phone.serial, program=str(phone.adb))
    with pytest.raises(DeviceError, match="no space is left on it"):
        device.push([shipped], str(phone.small))


def test_a_phone_that_is_unplugged_half_way_is_told(
    phone: Namespace,
    shipped: Path,
    build: Path,
    prompts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = Adb(phone.serial, program=str(phone.adb))
    device.root = str(tmp_path)
    once_copied(tmp_path, phone.unplug)
    with pytest.raises(DeviceError, match=r"the connection was lost .* no result was written"):
        measure(device, Work(shipped, prompts=prompts, options=LONG, cool_down_s=0, build=build))
    assert "which does not answer: remove it there" in capsys.readouterr().err
    phone.start()
    assert device.shell("exit 9").status == 9


def test_a_board_is_measured_through_ssh(
    board: Board, shipped: Path, build: Path, prompts: Path, tmp_path: Path
) -> None:
    root = tmp_path / "a folder"
    root.mkdir()
    device = Ssh("board", config=board.config, root=str(root))
    check_measured(device, Work(shipped, prompts=prompts, options=QUICK, cool_down_s=0, build=build), root)


def test_a_board_that_goes_away_half_way_is_told(
    board: Board, shipped: Path, build: Path, prompts: Path, tmp_path: Path
) -> None:
    device = Ssh("board", config=board.config, root=str(tmp_path))
    once_copied(tmp_path, board.unplug)
    with pytest.raises(DeviceError, match=r"no result was written|no ssh server answers there"):
        measure(device, Work(shipped, prompts=prompts, options=LONG, cool_down_s=0, build=build))


def test_a_host_that_cannot_be_reached_is_told_with_its_remedy(board: Board) -> None:
    with pytest.raises(DeviceError, match=r"Permission denied.*ssh-copy-id"):
        Ssh("stranger", config=board.config)
    board.close()
    with pytest.raises(DeviceError, match=r"Connection refused.*no ssh server answers there"):
        Ssh("board", config=board.config)
    with pytest.raises(DeviceError, match="no name of a host"):
        Ssh("-oProxyCommand=x")


def test_what_the_program_refuses_is_what_the_user_reads(shipped: Path, build: Path, tmp_path: Path) -> None:
    options = (*QUICK, "--cpus", "9999")
    with pytest.raises(RoboError, match="this machine: --cpus 9999: this device has the processors 0 to"):
        measure(Local(tmp_path), Work(shipped, options=options, build=build))
    assert list(tmp_path.iterdir()) == []


def test_a_program_of_another_kind_is_told(shipped: Path, tmp_path: Path) -> None:
    programs = tmp_path / "build" / os.uname().machine
    programs.mkdir(parents=True)
    (programs / "robo-bench").write_bytes(b"\x7fELF" + bytes(60))
    (tmp_path / "root").mkdir()
    with pytest.raises(DeviceError, match=r"robo-bench cannot be run in .*Exec format error.*--folder"):
        measure(Local(tmp_path / "root"), Work(shipped, options=QUICK, build=tmp_path / "build"))


def test_devices_that_have_no_program_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match="the phone is 'armv8l', a 32-bit system"):
        programs_for("armv8l", "the phone")
    with pytest.raises(RoboError, match=r"is not built: ./justw bench-device-build --target aarch64"):
        programs_for("aarch64", "the phone", tmp_path)
    (tmp_path / "aarch64").mkdir()
    for name in ("robo-bench", "robo-bench-i8mm", "robo-bench.tmp"):
        (tmp_path / "aarch64" / name).touch()
    assert [p.name for p in programs_for("aarch64", "x", tmp_path)] == ["robo-bench", "robo-bench-i8mm"]


LISTING = (
    "* daemon not running; starting now at tcp:5037\n* daemon started successfully\n"
    "List of devices attached\nR58M12ABCDE\tunauthorized\nemulator-5554\tdevice\n????\tno permissions; see [url]\n\n"
)


@pytest.mark.parametrize(
    ("devices", "serial", "words"),
    [
        ({}, None, "no device is connected: switch on USB debugging"),
        (
            listed(LISTING),
            None,
            r"3 devices are connected: R58M12ABCDE \(unauthorized\).*choose one with --serial",
        ),
        (listed(LISTING), "R58M12ABCDE", "'unauthorized': unlock the phone and allow USB debugging"),
        (listed(LISTING), "????", "udev rules"),
        (listed(LISTING), "X", "no device X is connected; there are: R58M12ABCDE, emulator-5554"),
        ({"X": "offline"}, None, "adb reconnect offline"),
    ],
)
def test_a_phone_that_cannot_be_used_is_told_with_its_remedy(
    devices: dict[str, str], serial: str | None, words: str
) -> None:
    with pytest.raises(DeviceError, match=words):
        chosen(devices, serial)


def test_the_one_phone_that_is_meant_is_taken() -> None:
    assert chosen({"X": "device"}, None) == "X"
    assert chosen(listed(LISTING), "emulator-5554") == "emulator-5554"


def test_without_adb_it_says_how_to_get_it() -> None:
    with pytest.raises(DeviceError, match="apt install adb"):
        Adb(program="/none/adb")
