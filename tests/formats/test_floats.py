"""The compiled reader of numbers: every float32 correctly rounded, whatever the decimal form."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embed.formats import _floats, word2vec_text


def compiled(line: bytes, dim: int = 1) -> np.ndarray | None:
    """Return the numbers of one line, or None if the compiled reader leaves it to the slow one."""
    numbers, places = np.empty((1, dim), np.float32), np.empty((1, 2), np.int64)
    read, used = _floats.float_rows(line, 0, numbers, places)
    assert used == (len(line) if read else 0)
    return numbers[0] if read else None


def nearest(text: str) -> np.float32:
    """Return the float32 nearest to a decimal number, of two the even one, by exact arithmetic."""
    exact = Fraction(text)
    guess = np.float32(float(exact))
    candidates = [np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.float32(np.inf))]
    best = min(candidates, key=lambda x: (abs(Fraction(float(x)) - exact), int(x.view(np.uint32)) & 1))
    return np.float32(-0.0) if best == 0 and text.startswith("-") else best


def same_bits(a: np.float32, b: np.float32) -> bool:
    return np.float32(a).view(np.uint32) == np.float32(b).view(np.uint32)


DIGITS = st.text("0123456789", min_size=1, max_size=26)
DECIMALS = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{whole}{fraction}{exponent}",
    st.sampled_from(["", "-", "+"]),
    DIGITS,
    st.one_of(st.just(""), DIGITS.map(lambda digits: "." + digits)),
    st.one_of(st.just(""), st.integers(-70, 45).map(lambda power: f"e{power}")),
)


@given(DECIMALS)
@example("16777217")  # exactly between two float32
@example("0.00000000000000000000000000000000000001")
@example("340282346638528859811704183484516925440")
@example("7.038531e-26")
@example("9999999999999999999")
@example("18446744073709551616")
@example("0." + "0" * 70 + "1e75")
def test_read_float_is_the_nearest(text: str) -> None:
    if abs(Fraction(text)) > Fraction(float(np.finfo(np.float32).max)):
        return
    found = compiled(f"w {text}\n".encode())
    if found is not None:
        assert same_bits(found[0], nearest(text)), text


@given(st.integers(0x00800000, 0x7F7FFFFE), st.integers(-3, 3), st.integers(1, 40))
def test_numbers_at_the_boundary_between_two_are_right_in_a_file(
    tmp_path_factory: pytest.TempPathFactory, pattern: int, last: int, digit: int
) -> None:
    low, high = np.array([pattern, pattern + 1], np.uint32).view(np.float32)
    middle = (Fraction(float(low)) + Fraction(float(high))) / 2
    nudged = middle * (1 + Fraction(last, 10**digit))
    power = 0
    while nudged.denominator != 1 and power < 200:
        nudged, power = nudged * 10, power + 1
    text = f"{int(nudged)}e-{power}"
    if Fraction(text) > Fraction(float(np.finfo(np.float32).max)):
        return
    path = tmp_path_factory.getbasetemp() / "boundary.txt"
    path.write_text(f"w 1 {text}\n")
    value = Fraction(text)
    if value * value < Fraction(float(np.finfo(np.float32).max)) ** 2 // 4:
        assert same_bits(word2vec_text.read(path).matrix[0, 1], nearest(text))


def test_random_bits_come_back_and_hardly_any_line_is_slow() -> None:
    rng = np.random.default_rng(0)
    patterns = rng.integers(0x00900000, 0x7F000000, 200_000, dtype=np.uint32)
    numbers = np.where(rng.random(len(patterns)) < 0.5, patterns, patterns | 0x80000000).astype(np.uint32)
    rows = numbers.view(np.float32).reshape(-1, 10)
    ordinary = rng.normal(size=(len(rows), 10)).astype(np.float32)
    # Whole numbers above 2**24 often lie exactly between two float32: these are for the slow reader to round.
    for matrix, most_slow in ((rows, len(rows) // 20), (ordinary, 1)):
        lines = word2vec_text.format_lines([b"w"] * len(matrix), matrix)
        found, places = np.empty_like(matrix), np.empty((len(matrix), 2), np.int64)
        read = begin = 0
        slow = 0
        while begin < len(lines):
            count, begin = _floats.float_rows(lines, begin, found[read:], places[read:])
            np.testing.assert_array_equal(
                found[read : read + count].view(np.uint32), matrix[read : read + count].view(np.uint32)
            )
            read += count
            if begin < len(lines):  # a line for the slow reader
                begin = lines.index(b"\n", begin) + 1
                read += 1
                slow += 1
        assert read == len(matrix)
        assert slow <= most_slow


@pytest.mark.parametrize(
    "line",
    [
        b"w\n",
        b"w \n",
        b" 1\n",
        b"\n",
        b"w 1 2\n",
        b"w x\n",
        b"w 1x\n",
        b"w .\n",
        b"w -\n",
        b"w 1e\n",
        b"w 1e+\n",
        b"w +-1\n",
        b"w 0x1\n",
        b"w nan\n",
        b"w inf\n",
        b"w 1e39\n",
        b"w 1e-40\n",
        b"w 1e999999999999\n",
        b"w 1,5\n",
        b"w 1\x00\n",
    ],
)
def test_lines_in_another_form_are_left_alone(line: bytes) -> None:
    assert compiled(line) is None


@pytest.mark.parametrize("line", [b"w 0\n", b"w -0.0 \n", b"w\t0e5\r\n", b"w  0.000 \t\n", b"w 0e-999\n"])
def test_zeros_and_white_space(line: bytes) -> None:
    found = compiled(line)
    assert found is not None
    assert found[0] == 0
    assert np.signbit(found[0]) == (b" -" in line)


def test_places_of_words_and_arguments() -> None:
    data = b"ab 1 2\nc 3 4\n"
    numbers, places = np.zeros((5, 2), np.float32), np.zeros((5, 2), np.int64)
    assert _floats.float_rows(data, 7, numbers, places) == (1, len(data))
    assert places[0].tolist() == [7, 8]
    assert numbers[0].tolist() == [3, 4]
    assert _floats.float_rows(data, 0, numbers[:1], places[:1]) == (1, 7)
    assert _floats.float_rows(data, len(data), numbers, places) == (0, len(data))
    for wrong in (b"", b"a 1 2"):
        with pytest.raises(ValueError, match="whole lines"):
            _floats.float_rows(wrong, 0, numbers, places)
    with pytest.raises(ValueError, match="whole lines"):
        _floats.float_rows(data, 99, numbers, places)
    with pytest.raises(ValueError, match="shape"):
        _floats.float_rows(data, 0, numbers, places[:2])


def test_one_odd_line_does_not_slow_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = []
    original = word2vec_text.RowReader._add_line
    monkeypatch.setattr(
        word2vec_text.RowReader,
        "_add_line",
        lambda self, number, line: (slow.append(number), original(self, number, line)),
    )
    path = tmp_path / "v.txt"
    path.write_text("100 2\n" + "".join(f"{'new york' if i == 50 else f'w{i}'} {i} 1.5\n" for i in range(100)))
    vectors = word2vec_text.read(path)
    assert len(vectors) == 100
    assert vectors.words[50] == "new york"
    assert slow == [52]


def written(numbers: np.ndarray) -> list[str]:
    return _floats.rows_as_lines([b""], np.ascontiguousarray(numbers, np.float32).reshape(1, -1)).decode().split()


def test_the_forms_that_are_written() -> None:
    numbers = [0, -0.0, 1, -1.5, 123456789, 1e12, 9.999999e12, 1e13, 3.4028235e38, 0.1, 1.25e-6, 1e-6, 9.5e-7, 1e-45]
    assert written(np.array(numbers)) == [
        *("0.0", "-0.0", "1.0", "-1.5", "123456790.0", "1000000000000.0", "9999999000000.0", "1e+13"),
        *("3.4028235e+38", "0.1", "0.00000125", "0.000001", "9.5e-7", "1e-45"),
    ]
    assert written(np.array([7.0385307e-26])) == ["7.0385307e-26"]  # its shortest form, 7.038531e-26, is rounded twice


@given(st.lists(st.integers(1, 0x7E000000), min_size=1, max_size=50))
@example([1, 2, 0x7FFFFF, 0x800000, 0x800001, 0x1000000, 0x7E000000])
def test_no_shorter_or_nearer_text_gives_the_same_number(patterns: list[int]) -> None:
    numbers = np.array(patterns, np.uint32).view(np.float32)
    for number, text in zip(numbers, written(numbers), strict=True):
        value = Fraction(text)
        assert same_bits(nearest(text), number)
        if number.view(np.uint32) == 0x15AE43FD:
            continue
        _, digits, power = Decimal(text).normalize().as_tuple()
        unit = Fraction(10) ** int(power)
        exact = Fraction(float(number))
        for other in (value - unit, value + unit):  # as long, and no nearer
            assert abs(exact - other) >= abs(exact - value) or not same_bits(nearest(str(other)), number)
        shorter = value // (10 * unit) * 10 * unit
        for other in (shorter, shorter + 10 * unit):  # one digit less is another number
            assert len(digits) == 1 or not same_bits(nearest(str(other)), number)


def test_words_and_rows_belong_together() -> None:
    rows = np.array([[1, 2], [3, 4]], np.float32)
    assert _floats.rows_as_lines([b"a", "é b".encode()], rows) == b"a 1.0 2.0\n\xc3\xa9 b 3.0 4.0\n"
    assert _floats.rows_as_lines([], rows[:0]) == b""
    with pytest.raises(ValueError, match="as many words as rows"):
        _floats.rows_as_lines([b"a"], rows)
    with pytest.raises(TypeError):
        _floats.rows_as_lines(["a", "b"], rows)
