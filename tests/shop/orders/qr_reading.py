"""Reading a QR code back from its drawing (ISO/IEC 18004: byte mode, level M, versions 5 to 8), as a bank app does."""

import re

# Data codewords of each block at level M, by version.
_BLOCKS = {5: [43, 43], 6: [27] * 4, 7: [31] * 4, 8: [38, 38, 39, 39]}
_ALIGNED = {5: [6, 30], 6: [6, 34], 7: [6, 22, 38], 8: [6, 24, 42]}
_LEVEL_M = 0b00
_FORMAT_MASK = 0b101010000010010


def grid_of(path: str, size: int, quiet: int = 4) -> list[list[int]]:
    """The modules a path of horizontal strokes draws, quiet zone cut off."""
    grid = [[0] * size for _ in range(size)]
    for column, row, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path):
        for offset in range(int(length)):
            grid[int(row)][int(column) + offset] = 1
    return [row[quiet : size - quiet] for row in grid[quiet : size - quiet]]


def text_in(grid: list[list[int]]) -> str:
    """The text of a code without damage (nothing is corrected: what was drawn must be right)."""
    size = len(grid)
    version = (size - 17) // 4
    bits = [grid[8][column] for column in (0, 1, 2, 3, 4, 5, 7, 8)] + [grid[row][8] for row in (7, 5, 4, 3, 2, 1, 0)]
    format_bits = int("".join(map(str, bits)), 2) ^ _FORMAT_MASK
    assert format_bits >> 13 == _LEVEL_M, "not level M"
    masked = _masks()[format_bits >> 10 & 0b111]
    stream = [grid[row][column] ^ masked(row, column) for row, column in _order(size, version)]
    words = [int("".join(map(str, stream[at : at + 8])), 2) for at in range(0, len(stream) // 8 * 8, 8)]
    return _text(_deinterleaved(words, _BLOCKS[version]))


def _masks() -> list:  # type: ignore[type-arg]
    return [
        lambda row, column: int((row + column) % 2 == 0),
        lambda row, _column: int(row % 2 == 0),
        lambda _row, column: int(column % 3 == 0),
        lambda row, column: int((row + column) % 3 == 0),
        lambda row, column: int((row // 2 + column // 3) % 2 == 0),
        lambda row, column: int(row * column % 2 + row * column % 3 == 0),
        lambda row, column: int((row * column % 2 + row * column % 3) % 2 == 0),
        lambda row, column: int(((row + column) % 2 + row * column % 3) % 2 == 0),
    ]


def _order(size: int, version: int) -> list[tuple[int, int]]:
    """The places of data modules, two columns at a time from the right, up and down in turn."""
    places, upward = [], True
    for right in [*range(size - 1, 6, -2), *range(5, 0, -2)]:
        rows = range(size - 1, -1, -1) if upward else range(size)
        places += [
            (row, column) for row in rows for column in (right, right - 1) if not _reserved(row, column, size, version)
        ]
        upward = not upward
    return places


def _reserved(row: int, column: int, size: int, version: int) -> bool:
    finders = (row < 9 and column < 9) or (row < 9 and column >= size - 8) or (row >= size - 8 and column < 9)
    if finders or row == 6 or column == 6:
        return True
    if version >= 7 and ((row < 6 and column >= size - 11) or (column < 6 and row >= size - 11)):
        return True
    centres = _ALIGNED[version]
    corners = {(6, 6), (6, centres[-1]), (centres[-1], 6)}
    return any(abs(row - y) <= 2 and abs(column - x) <= 2 for y in centres for x in centres if (y, x) not in corners)


def _deinterleaved(words: list[int], blocks: list[int]) -> list[int]:
    """Data words of the blocks one after the other; the error correction that follows is not needed."""
    found: list[list[int]] = [[] for _ in blocks]
    source = iter(words)
    for place in range(max(blocks)):
        for block, length in zip(found, blocks, strict=True):
            if place < length:
                block.append(next(source))
    return [word for block in found for word in block]


def _text(words: list[int]) -> str:
    bits = "".join(f"{word:08b}" for word in words)
    assert bits[:4] == "0100", "not in byte mode"
    length = int(bits[4:12], 2)
    return bytes(int(bits[12 + 8 * at : 20 + 8 * at], 2) for at in range(length)).decode()
