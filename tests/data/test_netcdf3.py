from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.netcdf3 import is_cut_short

FORMATS = ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"]


def write(path: Path, form: str, unlimited: bool, odd: bool) -> None:
    """Two variables over time; with `odd` one of them has records that need padding."""
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.title = "a title"
        file.createDimension("time", None if unlimited else 3)
        file.createDimension("lat", 5)
        file.createVariable("tas", "f4", ("time", "lat"))[:] = np.ones((3, 5))
        if odd:
            file.createVariable("n", "i2", ("time", "lat"))[:] = np.ones((3, 5))
            file["n"].units = "1"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("unlimited", [True, False])
@pytest.mark.parametrize("odd", [True, False])
def test_a_whole_file_is_whole_and_a_cut_one_is_not(
    tmp_path: Path, form: str, unlimited: bool, odd: bool
) -> None:
    path = tmp_path / "file.nc"
    write(path, form, unlimited, odd)
    assert not is_cut_short(path)
    data = path.read_bytes()
    for kept in (4, 30, len(data) // 2, len(data) - 4):
        path.write_bytes(data[:kept])
        assert is_cut_short(path)


@given(rest=st.binary(max_size=200), version=st.sampled_from([b"\x01", b"\x02", b"\x05"]))
def test_rubbish_is_judged_without_a_crash(
    rest: bytes, version: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "rubbish.nc"
    path.write_bytes(b"CDF" + version + rest)
    assert is_cut_short(path) in (True, False)
