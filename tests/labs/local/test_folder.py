"""The stack's folder serves one stack at a time, and remembers."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from labs.local.console import Console
from labs.local.folder import FolderDamaged, StackFolder, StackRunning
from labs.local.stack import CHECKOUT
from labs.local.up import reset, run_stack

HOLDER = """
import sys, time
from pathlib import Path
from labs.local.folder import StackFolder
folder = StackFolder(Path(sys.argv[1]))
folder.open()
print("open", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that has the folder."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / ".labs")]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_a_second_stack_in_the_same_folder_is_refused(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StackRunning, match=rf"already runs \(process {holder.pid}\). Stop it first."):
        StackFolder(tmp_path / ".labs").open()


def test_up_and_reset_say_so_and_touch_nothing(
    tmp_path: Path, holder: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = f"The stack of {tmp_path / '.labs'} already runs (process {holder.pid}). Stop it first."
    assert run_stack(tmp_path / ".labs", web_port=1, console=Console()) == 1
    assert reset(tmp_path / ".labs", console=Console()) == 1
    assert [line.partition("│ ")[2] for line in capsys.readouterr().out.splitlines()] == [sentence, sentence]
    assert (tmp_path / ".labs" / "lock").exists()


def test_a_killed_holder_leaves_the_folder_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    folder = StackFolder(tmp_path / ".labs")
    folder.open()
    assert len(folder.held) == 1
    folder.close()
    assert folder.held == ()


def test_reset_forgets_the_folder_and_again_is_no_error(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path / ".labs")
    folder.open()
    folder.remember(ports={"web": 1})
    folder.close()
    assert [reset(tmp_path / ".labs", console=Console()) for _ in range(2)] == [0, 0]
    assert not (tmp_path / ".labs").exists()


def test_secrets_are_drawn_once_and_differ(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path / ".labs")
    folder.open()
    first = {name: folder.secret(name) for name in ("redis", "postgres")}
    folder.close()
    again = StackFolder(tmp_path / ".labs")
    assert {name: again.secret(name) for name in first} == first
    assert len(set(first.values())) == 2
    assert stat.S_IMODE(folder.memory.stat().st_mode) == 0o600


def test_a_damaged_memory_is_named_and_can_be_reset(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path / ".labs")
    folder.path.mkdir()
    folder.memory.write_text('{"ports": {"we')
    with pytest.raises(FolderDamaged, match=r"remembered.json is damaged .* make reset"):
        folder.secret("redis")
    assert reset(folder.path, console=Console()) == 0
    assert not folder.path.exists()
