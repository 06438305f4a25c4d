"""What the helpers of these tests assert is explained as in the tests themselves."""

import pytest

pytest.register_assert_rewrite("tests.pipeline.build.revisions", "tests.pipeline.build.truths")
