"""The checksum of a file is known when it has been written."""

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.hashed import NOTES, HashingFile, note, take_notes


@given(parts=st.lists(st.binary(max_size=300), max_size=5))
def test_it_is_that_of_the_file(tmp_path_factory, parts):
    path: Path = tmp_path_factory.mktemp("hashed") / "a"
    file = HashingFile(path)
    for part in parts:
        assert file.write(memoryview(part)) == len(part)
    file.close()
    assert path.read_bytes() == b"".join(parts)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@given(
    names=st.lists(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1))
)
def test_notes_are_taken_once_and_the_last_of_a_name_counts(tmp_path_factory, names):
    folder: Path = tmp_path_factory.mktemp("noted")
    told = {}
    for number, name in enumerate(names):
        told[name] = hashlib.sha256(bytes(number)).hexdigest()
        note(folder / name, told[name])
    assert take_notes(folder) == told
    assert not (folder / NOTES).exists()
    assert take_notes(folder) == {}
