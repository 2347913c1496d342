import pytest

from shop.catalogue.toml_lines import Path, line_for, lines_of

TEXT = '''\
# A comment with [brackets] and "quotes
top = 1
[[thing]]
name = "first # not a comment"
list = [ # a comment
  { a = 1, b = { c = "]" } },

  """two
lines""", 'three',
]
[thing.inner]
"quoted.key" = 2026-01-01 10:00:00
dotted.key = """
  closing quotes""\\" inside
"""
[[thing]]
name = 'second'
[[thing.inner]]
deep = 1
[[thing.inner]]
deep = 2
[last]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("thing", 0), 3),
        (("thing", 0, "name"), 4),
        (("thing", 0, "list"), 5),
        (("thing", 0, "list", 0), 6),
        (("thing", 0, "list", 0, "b", "c"), 6),
        (("thing", 0, "list", 1), 8),
        (("thing", 0, "list", 2), 9),
        (("thing", 0, "inner"), 11),
        (("thing", 0, "inner", "quoted.key"), 12),
        (("thing", 0, "inner", "dotted", "key"), 13),
        (("thing", 1), 16),
        (("thing", 1, "inner", 0, "deep"), 19),
        (("thing", 1, "inner", 1, "deep"), 21),
        (("last",), 22),
    ],
)
def test_every_value_has_the_line_it_begins_on(path: Path, line: int) -> None:
    assert lines_of(TEXT)[path] == line


def test_what_is_not_there_has_the_line_of_what_is_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_for(lines, ("thing", 1, "inner", 1, "absent", 3)) == 20
    assert line_for(lines, ("absent",)) == 1


def test_lines_are_the_same_in_a_file_made_on_windows() -> None:
    assert lines_of(TEXT.replace("\n", "\r\n")) == lines_of(TEXT)
