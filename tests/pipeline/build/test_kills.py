"""Whole builds that are killed: the old delivery or the new one stands, and the next build ends well."""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.build.history import contents as of_rows
from pipeline.build.publish import STEPS
from pipeline.files import exchange
from tests.end_to_end import contents, listing
from tests.pipeline.build.disturbed import Ended, Workshop, left_over, revise, write_album

WAYS = ("one step", "two steps")
# Up to here the old delivery is to stand after a recovery, from here the new one.
COMMITTED = STEPS.index("committed")
INSTANTS = 60
FIRST_INSTANTS = 12
CLEANS = 6


@dataclass(frozen=True)
class State:
    """A delivery as the checksums of its files, and the approvals that belong to it."""

    delivery: dict[str, str]
    approvals: str | None

    @classmethod
    def of(cls, folder: Path) -> "State":
        approvals = folder / "approvals.yaml"
        return cls(contents(folder / "delivery"), approvals.read_text() if approvals.is_file() else None)


@dataclass(frozen=True)
class Scene:
    """An album that is to be built, how it is before and after an undisturbed build, and how that went."""

    folder: Path
    before: State
    after: State
    build: dict[str, Ended]

    def copied(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.folder, folder / "album"))


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


def scene_of(workshop: Workshop, folder: Path, place: Path) -> Scene:
    """Built undisturbed in both ways, and proved."""
    ended = {}
    for way in WAYS:
        built = Path(shutil.copytree(folder, place / way))
        ended[way] = workshop.done("build", built / "album.yaml", "--jobs", "1", way=way)
        assert left_over(built) == []
        workshop.done("verify", built / "delivery")
    return Scene(folder, State.of(folder), State.of(place / WAYS[0]), ended)


@pytest.fixture(scope="module")
def first(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Nothing has been delivered yet."""
    place = tmp_path_factory.mktemp("first")
    write_album(place / "album")
    return scene_of(workshop, place / "album", place)


@pytest.fixture(scope="module")
def second(workshop: Workshop, first: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Revision 1 stands, and all of it is approved; a mix and a title are others by now."""
    place = tmp_path_factory.mktemp("second")
    folder = first.copied(place)
    workshop.done("build", folder / "album.yaml")
    workshop.done("approve", "--all", "--by", "Zoë", "--manifest", folder / "album.yaml")
    revise(folder)
    return scene_of(workshop, folder, place)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """With and without a file system that swaps two names in one step."""
    skip_unless_possible(request.param, tmp_path)
    return str(request.param)


def skip_unless_possible(way: str, folder: Path) -> None:
    pair = [folder / "first", folder / "second"]
    for each in pair:
        each.mkdir()
    if way == "one step" and not exchange(*pair):
        pytest.skip("the file system of the tests cannot swap names")


def moments_of(ended: Ended, step: str) -> int:
    """How many come before a step."""
    return ended.moments.index(f"deadwax.step {step}")


def built_again(workshop: Workshop, folder: Path, scene: Scene, way: str) -> None:
    """The next build ends well, and all is as if nothing had happened."""
    ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", way=way)
    assert ended.status == 0, ended.err
    assert "Traceback" not in ended.err
    assert State.of(folder) == scene.after
    assert_records(folder)
    assert left_over(folder) == []
    workshop.done("build", folder / "album.yaml")  # with nothing to do
    assert State.of(folder) == scene.after


def assert_records(folder: Path) -> None:
    """The last record of the history, and no other, is of the delivery that stands."""
    records = [json.loads(path.read_text()) for path in sorted((folder / ".deadwax/history").glob("*.json"))]
    number = listing(folder / "delivery")["revision"]
    assert [record["revision"] for record in records] == list(range(1, number + 1))
    delivered = of_rows(listing(folder / "delivery")["files"])
    assert [of_rows(record["files"]) == delivered for record in records] == [False] * (number - 1) + [True]


def assert_whole(folder: Path, scene: Scene, ended: Ended, way: str) -> None:
    """At once, before anybody has put anything right."""
    done = [line.removeprefix("deadwax.step ") for line in ended.moments if line.startswith("deadwax.step")]
    if not (folder / "delivery").exists():
        # Where names cannot be swapped there is an instant between two renames.
        assert "swapped" not in done
        assert scene.before.delivery == {} or (way == "two steps" and "committed" in done)
        return
    # Just before a step is said it has been done already.
    possible = [scene.before, scene.after][("swapped" in done) : 1 + ("committed" in done)]
    assert contents(folder / "delivery") in [state.delivery for state in possible]


@pytest.mark.parametrize("step", STEPS)
def test_a_build_that_is_killed_at_a_step_of_the_swap(
    workshop: Workshop, second: Scene, way: str, step: str, tmp_path: Path
) -> None:
    if way == "one step" and step == "put aside":
        pytest.skip("nothing is put aside where names can be swapped")
    folder = second.copied(tmp_path)
    ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", stop_at=step, way=way)
    assert ended.status == -9
    assert_whole(folder, second, ended, way)
    expected = second.after if STEPS.index(step) >= COMMITTED else second.before
    workshop.done("plan", folder / "album.yaml", way=way)  # any command that takes the lock puts it right
    assert State.of(folder) == expected
    assert_records(folder)
    assert left_over(folder) == []
    built_again(workshop, folder, second, way)


@pytest.mark.parametrize("instant", range(INSTANTS))
def test_a_build_that_is_killed_at_any_instant(
    workshop: Workshop, second: Scene, instant: int, tmp_path: Path
) -> None:
    """Spread over the whole build, in both ways by turns."""
    way = WAYS[instant % 2]
    skip_unless_possible(way, tmp_path)
    total = len(second.build[way].moments)
    moment = int((instant + random.Random(instant).random()) * total / INSTANTS)
    folder = second.copied(tmp_path)
    ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", stop_at=moment, way=way)
    assert (ended.status, len(ended.moments)) == (-9, moment + 1)
    assert_whole(folder, second, ended, way)
    if moment > moments_of(second.build[way], "settled"):
        workshop.done("plan", folder / "album.yaml", way=way)
        assert State.of(folder) in (second.before, second.after)
        assert_records(folder)
    built_again(workshop, folder, second, way)


def test_a_build_that_is_killed_again_and_again(
    workshop: Workshop, second: Scene, way: str, tmp_path: Path
) -> None:
    """Each time a bit later than before: what was finished is kept, so it gets there in the end."""
    folder = second.copied(tmp_path)
    for kill in range(14):
        ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", stop_at=15 + 5 * kill, way=way)
        assert ended.status in (0, -9)
        if not (folder / "delivery").exists():
            workshop.done("plan", folder / "album.yaml", way=way)
        assert contents(folder / "delivery") in (second.before.delivery, second.after.delivery)
    built_again(workshop, folder, second, way)


@pytest.mark.parametrize("instant", range(FIRST_INSTANTS))
def test_a_first_build_that_is_killed_at_any_instant(
    workshop: Workshop, first: Scene, instant: int, tmp_path: Path
) -> None:
    """Half of them while it is published."""
    build = first.build["one step"]
    total, settled = len(build.moments), moments_of(build, "settled")
    share = (instant // 2 + random.Random(instant).random()) / (FIRST_INSTANTS / 2)
    moment = int(settled * share) if instant % 2 else settled + int((total - settled) * share)
    folder = first.copied(tmp_path)
    ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", stop_at=moment)
    assert (ended.status, len(ended.moments)) == (-9, moment + 1)
    assert_whole(folder, first, ended, "one step")
    built_again(workshop, folder, first, "one step")


def test_a_clean_that_is_killed(workshop: Workshop, second: Scene, tmp_path: Path) -> None:
    """No entry is left that is half removed, and nothing of the delivery was."""
    command = ("--keep", "0")
    total = len(workshop.done("clean", second.copied(tmp_path / "whole") / "album.yaml", *command).moments)
    for moment in range(6, total, total // CLEANS):
        folder = second.copied(tmp_path / str(moment))
        assert workshop.run("clean", folder / "album.yaml", *command, stop_at=moment).status == -9
        assert State.of(folder) == second.before
        built = workshop.done("build", folder / "album.yaml", "--jobs", "1", "--verbose")
        assert "damaged" not in built.err
        assert State.of(folder) == second.after
        assert left_over(folder) == []
        workshop.done("clean", folder / "album.yaml", *command)
        assert [path for path in (folder / ".deadwax/cache").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("part", range(3))
def test_an_approval_that_is_killed(workshop: Workshop, second: Scene, part: int, tmp_path: Path) -> None:
    """It publishes the last delivery anew, with another word in it; every third moment of it."""
    command = ("approve", "2", "--by", "Ada", "--manifest")
    approved = second.copied(tmp_path / "approved")
    given = workshop.done(*command, approved / "album.yaml")
    states = [second.before, State.of(approved)]
    assert states[0] != states[1]
    for moment in range(part, len(given.moments), 3):
        folder = second.copied(tmp_path / str(moment))
        assert workshop.run(*command, folder / "album.yaml", stop_at=moment).status == -9
        assert contents(folder / "delivery") in [state.delivery for state in states]
        workshop.done("plan", folder / "album.yaml")
        assert State.of(folder) in states
        assert left_over(folder) == []
        workshop.done(*command, folder / "album.yaml")
        assert State.of(folder) == states[1]
        shutil.rmtree(folder)


@pytest.mark.parametrize("step", [step for step in STEPS if step != "put aside"])
def test_a_build_that_is_interrupted_at_a_step_of_the_swap(
    workshop: Workshop, second: Scene, step: str, tmp_path: Path
) -> None:
    """From the keyboard. What was committed and not yet swapped is taken back."""
    skip_unless_possible("one step", tmp_path)
    folder = second.copied(tmp_path)
    ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", stop_at=step, by="SIGINT")
    assert (ended.status, ended.out) == (130, "")
    assert "Traceback" not in ended.err
    swapped = STEPS.index(step) >= STEPS.index("swapped")
    assert contents(folder / "delivery") == (second.after if swapped else second.before).delivery
    assert swapped or left_over(folder) == []
    built_again(workshop, folder, second, "one step")


@pytest.mark.parametrize("instant", range(4))
def test_a_build_that_is_terminated(workshop: Workshop, second: Scene, instant: int, tmp_path: Path) -> None:
    folder = second.copied(tmp_path)
    total = len(second.build["one step"].moments)
    moment = int((instant + random.Random(instant).random()) * total / 4)
    ended = workshop.run("build", folder / "album.yaml", "--jobs", "1", stop_at=moment, by="SIGTERM")
    assert ended.status == -15
    assert_whole(folder, second, ended, "one step")
    built_again(workshop, folder, second, "one step")
