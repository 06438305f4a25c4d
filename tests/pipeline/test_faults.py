"""What a user reads when something is wrong."""

import pickle

import pytest

from pipeline.faults import Fault, Faults


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("there is no such file"), "there is no such file"),
        (Fault("no tag", place="a.flac"), "a.flac: no tag"),
        (Fault("99 at most", path="deliver.cd"), "deliver.cd: 99 at most"),
        (
            Fault('"XX" is not an ISRC', "album.yaml:14:11", "tracks[2].isrc", "write 12 characters"),
            'album.yaml:14:11: tracks[2].isrc: "XX" is not an ISRC; write 12 characters',
        ),
    ],
)
def test_a_fault_is_one_line(fault, line):
    assert str(fault) == line


def test_faults_are_counted_and_kept_in_order():
    first, second = Fault("b"), Fault("a")
    assert str(Faults([first])) == "1 fault (1 sub-exception)"
    both = Faults([first, second])
    assert str(both).startswith("2 faults ")
    assert both.faults == (first, second)


def test_a_part_of_faults_is_faults():
    matched, rest = Faults([Fault("a"), Fault("b")]).split(lambda fault: getattr(fault, "problem", "") == "a")
    assert isinstance(matched, Faults)
    assert isinstance(rest, Faults)
    assert (matched.faults, rest.faults) == ((Fault("a"),), (Fault("b"),))


def test_a_fault_can_be_told_by_another_process():
    fault = Fault("clipped", "album.yaml:3:1", "tracks[0].mix", "mix it again")
    assert pickle.loads(pickle.dumps(fault)) == fault


def test_a_fault_can_be_raised_and_passed_on():
    with pytest.raises(Fault) as raised:
        try:
            raise OSError("disk")
        except OSError as error:
            raise Fault("unreadable") from error
    assert str(raised.value.__cause__) == "disk"
