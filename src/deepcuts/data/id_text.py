"""The one rule by which ids become text, whichever way they come in; docs/ids.md has its table.

`deepcuts.ingest.tabular.rules` says the same in SQL, for files and tables that are never whole in memory; a test holds
both to each other.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.checks import shown
from deepcuts.errors import DataError
from deepcuts.wording import counted, with_article

WIDEST = ("Int128", "UInt128")  # of polars; Arrow has no integers as wide
EXACT_BITS = 53  # whole floats below 2 ** 53 are exact: at that size 9007199254740993 is already 9007199254740992
_NO_IDS = (bool, np.bool_, datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
_PART_ROWS = 1 << 20  # that are turned into text at once
_KINDS_OF_ID = "Ids are text, whole numbers, decimals, UUIDs or bytes of UTF-8 text"


def to_text(values: Any, kind: str, *, allow_missing: bool = False) -> pa.StringArray:
    """Ids as text, by one rule for all types that hold them.

    Parameters
    ----------
    values
        Ids: an Arrow array, a NumPy array, a column of pandas or polars, or anything that can be iterated over, once.
    kind
        What the ids name, for messages: "user" or "item".
    allow_missing
        Whether None, NaN, NaT, pandas' NA and Arrow's null are allowed, and become null.

    Raises
    ------
    DataError
        If an id is missing, is no id (a fraction, a date, a truth value), or is not UTF-8 text without NUL characters.
    """
    return joined(text_chunks(values, kind, allow_missing=allow_missing), kind)


def text_chunks(values: Any, kind: str, *, allow_missing: bool = False) -> pa.ChunkedArray:
    """Ids as text, in chunks, as one Arrow array holds 2 GiB at most; see `to_text`."""
    parts = [_checked_text(part, kind) for part in _parts(_as_arrow(values, kind))]
    texts = pa.chunked_array(parts, pa.string())
    if texts.null_count and not allow_missing:
        raise DataError(
            f"Of {counted(len(texts), f'{kind} id')}, {counted(texts.null_count, 'is', 'are')} "
            f"missing (None, NaN or null). Give every {kind} "
            "an id, or leave those rows out."
        )
    return texts


def one_text(value: Any, kind: str) -> str:
    """One id as text; see `to_text`.

    Raises
    ------
    DataError
        If it is missing, or is no id.
    """
    text: str = to_text([value], kind)[0].as_py()
    return text


def is_one_id(value: Any) -> bool:
    """Whether a value is a single id, where several could be given as well."""
    if isinstance(value, str | bytes | pa.Scalar | UUID | Decimal) or value is None:
        return True
    return isinstance(value, Real | np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0)


def chunked(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """An array as a column of one chunk; a column as it is."""
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def joined(texts: pa.ChunkedArray, kind: str) -> pa.StringArray:
    """Return the text of a column as one array.

    Raises
    ------
    DataError
        If it is more than 2 GiB.
    """
    if texts.num_chunks == 1:
        return texts.chunk(0)  # no copy
    try:
        return pa.concat_arrays(texts.chunks) if texts.num_chunks else pa.array([], pa.string())
    except pa.ArrowInvalid:
        raise _too_long(kind) from None


def _parts(values: pa.Array | pa.ChunkedArray) -> Iterator[pa.Array]:
    """Chunks whose text is likely to fit one array: of other types than strings, some rows each."""
    for chunk in chunked(values).chunks:
        n_rows = max(1, len(chunk)) if chunk.type == pa.string() else _PART_ROWS
        yield from (chunk.slice(start, n_rows) for start in range(0, max(1, len(chunk)), n_rows))


def _as_arrow(values: Any, kind: str) -> pa.Array | pa.ChunkedArray:
    """Values as Arrow data of whatever type they have; what NumPy or Python hold otherwise becomes text here."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if hasattr(values, "columns"):
        names = list(getattr(values, "column_names", values.columns))
        what = f"a table ({type(values).__name__}) with the columns {shown(names)[1:-1]}"
        raise DataError(f"The {kind} ids are {what}. Pass one column of it.")
    if isinstance(getattr(values, "values", None), pa.StringArray):
        return values.values  # of `Ids`, without a string of Python for each
    if isinstance(getattr(values, "dtype", None), np.dtype) and hasattr(values, "to_numpy"):
        values = values.to_numpy()  # a column of pandas
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise DataError(f"The {kind} ids are an array of shape {values.shape}. Pass one dimension, an id for each.")
        if not isinstance(values, np.ma.MaskedArray) and _is_plain(values.dtype):
            # Arrow wants the byte order of the machine; arrays read from elsewhere may have the other.
            return pa.array(values.astype(values.dtype.newbyteorder("="), copy=False))
        values = values.tolist() if isinstance(values, np.ma.MaskedArray) else list(values)
    if hasattr(values, "__arrow_c_stream__"):
        is_too_wide = str(getattr(values, "dtype", "")) in WIDEST  # for Arrow, not for text
        return pa.chunked_array(values.cast(str) if is_too_wide else values)
    if isinstance(values, str | bytes | bytearray) or not isinstance(values, Iterable):
        raise DataError(f"The {kind} ids are {shown(values)}. Pass a list of ids, even of a single one.")
    return _text_of_objects(list(values), kind)


def _is_plain(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iuf" and dtype.itemsize <= 8  # Arrow has no longer numbers


def _text_of_objects(values: list[Any], kind: str) -> pa.StringArray:
    """Text of Python objects, each by its own type."""
    if not all(type(value) is str for value in values):  # not isinstance: subclasses have texts of their own
        values = [_text_of_object(value, kind) for value in values]
    try:
        return _within_limit(pa.array(values, pa.string()), kind)
    except UnicodeEncodeError:
        wrong = next(value for value in values if value is not None and not _is_unicode(value))
        raise _not_text(wrong, kind) from None


def _text_of_object(value: Any, kind: str) -> str | None:
    if isinstance(value, pa.Scalar):
        value = value.as_py()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if _is_missing(value):
        return None
    if isinstance(value, str):
        return str.__str__(value)  # of a member of an enumeration, its value
    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value), kind)
    return _text_of_number(value, kind)


def _text_of_number(value: Any, kind: str) -> str:
    if isinstance(value, _NO_IDS):  # first: a bool is an Integral too
        raise _no_id(value, kind)
    if isinstance(value, Integral):
        return _digits(int(value), kind)
    if isinstance(value, Decimal) and value.is_finite():
        text = format(value, "f")  # without an exponent
        return _without_zeros(text)
    if isinstance(value, Real):
        return _text_of_float(value, kind)
    if isinstance(value, UUID):
        return str(value)
    raise _no_id(value, kind)


def _text_of_float(value: Any, kind: str) -> str:
    # The stored bits of the significand, and the leading one that is not stored.
    bits = min(np.finfo(value).nmant + 1 if isinstance(value, np.floating) else EXACT_BITS, EXACT_BITS)
    whole = int(value) if abs(value) < 1 << bits else None
    if whole is None or whole != value:
        raise _inexact(value, kind, bits)
    return str(whole)


def _digits(value: int, kind: str) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no more than 4,300 digits
        raise DataError(f"{_an_id(kind)} is a whole number of more than 4,300 digits. Give ids as text.") from None


def _without_zeros(text: str) -> str:
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT, pandas' NA or a masked entry."""
    if value is None or value is np.ma.masked or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _checked_text(values: pa.Array, kind: str) -> pa.StringArray:
    """Text of an Arrow array of any type, as valid UTF-8 without NUL characters."""
    texts = _text_of_arrow(values, kind)
    try:
        texts.validate(full=True)  # arrays from elsewhere may hold any bytes: Arrow checks UTF-8 on request only
    except pa.ArrowInvalid:
        raise _not_utf8(kind) from None
    if _holds_nul(texts):
        wrong = texts.filter(pc.fill_null(pc.match_substring(texts, "\0"), False))
        if len(wrong):
            raise _not_text(wrong[0].as_py(), kind)
    return texts


def _text_of_arrow(array: pa.Array, kind: str) -> pa.StringArray:
    for is_of_type, convert in _CONVERSIONS:
        if is_of_type(array.type):
            return convert(array, kind)
    raise DataError(f"The {kind} ids are of the type {shown(str(array.type))[1:-1]}. {_KINDS_OF_ID}.")


def _decoded_dictionary(array: pa.DictionaryArray, kind: str) -> pa.StringArray:
    try:
        return _text_of_arrow(_without_views(array).dictionary_decode(), kind)
    except pa.ArrowInvalid:
        raise _too_long(kind) from None


def _without_views(array: pa.DictionaryArray) -> pa.DictionaryArray:
    """Views among the values of a dictionary, as polars gives them, as what Arrow can take: strings, or bytes."""
    plain = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}.get(array.type.value_type)
    return array if plain is None else pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(plain))


def _text_of_floats(array: pa.Array, kind: str) -> pa.StringArray:
    bits = np.finfo(array.type.to_pandas_dtype()).nmant + 1
    numbers = array.cast(pa.float64()).to_numpy(zero_copy_only=False)  # null as NaN
    missing = np.isnan(numbers)
    exact = missing | ((np.abs(numbers) < 2.0**bits) & (np.trunc(numbers) == numbers))
    if not np.all(exact):
        raise _inexact(float(numbers[np.argmin(exact)]), kind, bits)
    whole = np.where(missing, 0, numbers).astype(np.int64)
    return pa.array(whole, mask=missing).cast(pa.string())


def _text_of_decimals(array: pa.Array, _: str) -> pa.StringArray:
    """Digits without zeros at the end and without an exponent, which Arrow's own cast would give small decimals."""
    scale = array.type.scale
    if array.type.bit_width < 128:
        array = array.cast(pa.decimal128(array.type.precision, scale))
    whole_type = type(array.type)
    make = pa.decimal128 if whole_type is pa.Decimal128Type else pa.decimal256
    # The same buffers read with a scale of 0: all digits, without the point.
    whole = pa.Array.from_buffers(make(array.type.precision, 0), len(array), array.buffers(), offset=array.offset)
    digits = whole.cast(pa.string())
    if scale <= 0:
        padded = pc.binary_join_element_wise(digits, "0" * -scale, "")
        return pc.if_else(pc.equal(digits, "0"), digits, padded)
    sign = pc.if_else(pc.starts_with(digits, "-"), "-", "")
    digits = pc.utf8_lpad(pc.utf8_ltrim(digits, "-"), scale + 1, "0")  # one digit at least before the point
    point = pc.if_else(pc.is_valid(digits), ".", None)  # null stays null
    text = pc.binary_join_element_wise(
        sign, pc.utf8_slice_codeunits(digits, 0, -scale), point, pc.utf8_slice_codeunits(digits, -scale), ""
    )
    return pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")


def _text_of_bytes(array: pa.Array, kind: str) -> pa.StringArray:
    try:
        return array.cast(pa.large_binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return _text_of_objects(array.to_pylist(), kind)  # raises at the first that is not UTF-8


def _cast(array: pa.Array, kind: str) -> pa.StringArray:
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        texts = array.cast(pa.large_string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        raise _not_utf8(kind) from None  # the bytes, not their number, are at fault
    raise _too_long(kind)


def _within_limit(texts: pa.Array | pa.ChunkedArray, kind: str) -> pa.StringArray:
    """Refuse text that Arrow has cut into chunks, as it does past 2 GiB."""
    if isinstance(texts, pa.ChunkedArray):
        raise _too_long(kind)
    return texts


def _holds_nul(texts: pa.StringArray) -> bool:
    """Whether the bytes of some text may hold a 0; also those of null count, as they are rare."""
    _, offsets, content = texts.buffers()
    if not len(texts) or content is None or not content.size:
        return False
    first, *_, last = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset)[[0, -1]]
    used = np.frombuffer(content, np.uint8)[first:last]
    return bool(len(used)) and int(used.min()) == 0


def _decoded(value: bytes, kind: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_text(value, kind) from None


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _an_id(kind: str) -> str:
    return f"{with_article(kind).capitalize()} id"


def _not_text(value: str | bytes, kind: str) -> DataError:
    return DataError(f"{_an_id(kind)} is {shown(value)}. Ids are UTF-8 text without NUL characters; convert them.")


def _not_utf8(kind: str) -> DataError:
    return DataError(f"{_an_id(kind)} is not UTF-8 text. Convert the ids to UTF-8.")


def _no_id(value: Any, kind: str) -> DataError:
    return DataError(f"{_an_id(kind)} is {shown(value)}, of the type {type(value).__name__}. {_KINDS_OF_ID}.")


def _inexact(value: Any, kind: str, bits: int) -> DataError:
    return DataError(
        f"{_an_id(kind)} is the floating-point number {shown(value)}. As ids, these are whole and below 2^{bits} "
        f"({2**bits:,}), up to where each stands for one number; give ids as whole numbers or text."
    )


def refuse_doubles(texts: pa.StringArray, values: Mapping[Any, Any], kind: str) -> None:
    """Refuse a mapping of which two keys are the same id.

    Raises
    ------
    DataError
        Naming both.
    """
    first: dict[str, Any] = {}
    for text, key in zip(texts.to_pylist(), values, strict=True):
        if text in first:
            raise DataError(
                f"{shown(first[text])} and {shown(key)} are the same {kind} id, {shown(text)}. Give each {kind} once."
            )
        first[text] = key


def _too_long(kind: str) -> DataError:
    return DataError(
        f"The {kind} ids are more than 2 GiB of text, which is the most that is kept at once. Give shorter ids, such "
        "as numbers, or split the data."
    )


def _is_uuid(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.UuidType)


_TYPES = pa.types
_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array, str], pa.StringArray]], ...] = (
    (_TYPES.is_string, lambda array, _: array),
    (_TYPES.is_dictionary, _decoded_dictionary),
    (_TYPES.is_run_end_encoded, lambda array, kind: _text_of_arrow(pc.run_end_decode(array), kind)),
    (_TYPES.is_integer, _cast),
    (_TYPES.is_null, _cast),
    (_TYPES.is_large_string, _cast),
    (_TYPES.is_string_view, _cast),
    (_TYPES.is_decimal, _text_of_decimals),
    (_TYPES.is_floating, _text_of_floats),
    (_TYPES.is_binary, _text_of_bytes),
    (_TYPES.is_large_binary, _text_of_bytes),
    (_TYPES.is_binary_view, _text_of_bytes),
    (_TYPES.is_fixed_size_binary, _text_of_bytes),
    (_is_uuid, lambda array, kind: _text_of_objects(array.to_pylist(), kind)),
)
