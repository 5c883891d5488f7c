"""Every call on Spark itself gives what one machine does."""

from __future__ import annotations

import pytest

from spark.conftest import write
from spark.every_call import assert_local, make_every_call


@pytest.mark.slow
def test_all_calls_are_those_of_one_machine(spark, plays, tmp_path):
    write(tmp_path / "plays.parquet", plays.to_arrow())
    make_every_call(spark, tmp_path)
    assert_local(tmp_path, plays)
