"""How the rows of the matrices lie."""

from __future__ import annotations

import numpy as np
import pytest

from embed.engine import _kernels
from embed.model.parameters import padded_matrix, stride_of


@pytest.mark.parametrize("dim", [1, 16, 17, 100, 300, 1000, 1008, 1009, 1024, 1025, 2048, 4096, 16384])
def test_rows_are_whole_cache_lines_and_never_a_multiple_of_4096_bytes(dim: int) -> None:
    stride = stride_of(dim)
    assert stride % _kernels.ROW_FLOATS == 0
    assert stride * 4 % 4096 != 0
    assert dim <= stride < dim + 2 * _kernels.ROW_FLOATS


def test_a_row_is_a_line_longer_only_where_it_has_to_be() -> None:
    assert [stride_of(dim) for dim in (100, 512, 1000, 1024)] == [112, 512, 1008, 1040]
    matrix = padded_matrix(3, 1024)
    assert matrix.shape == (3, 1040)
    assert matrix.dtype == np.float32
    assert not matrix.any()
