"""Templates are found, and say so when something is missing."""

import jinja2
import pytest

from pipeline.wording import template, templates_folder


def test_the_templates_are_beside_the_package_or_in_it():
    assert (templates_folder() / "album.yaml.j2").is_file()


def test_what_a_template_uses_must_be_given():
    with pytest.raises(jinja2.UndefinedError):
        template("album.yaml.j2").render()
