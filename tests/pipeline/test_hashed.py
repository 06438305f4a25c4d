"""The checksum of a file is known when it has been written."""

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.hashed import HashingFile


@given(parts=st.lists(st.binary(max_size=300), max_size=5))
def test_it_is_that_of_the_file(tmp_path_factory, parts):
    path: Path = tmp_path_factory.mktemp("hashed") / "a"
    file = HashingFile(path)
    for part in parts:
        assert file.write(memoryview(part)) == len(part)
    file.close()
    assert path.read_bytes() == b"".join(parts)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
