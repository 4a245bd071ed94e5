"""Pages as rows of cells, and JSON without guesses: numbers are texts, and what readers understand differently is
refused."""

import pytest
from old_workbook import workbook

from tasks.domain.errors import Refused
from tasks.sources.formats.json_text import read_documents
from tasks.sources.formats.pages import GATE_BYTES_MAX, Link, read_page, read_workbook


def page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><body>{body}</body></html>".encode()


def table(body: str) -> list[list[str]]:
    (found,) = read_page(page(f"<table>{body}</table>"), "f.html").tables
    return found


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ("<tr><th>a</th><td>b <b>c</b></td></tr>", [["a", "b c"]]),
        ("<tr><td colspan=2>a</td><td>b</td></tr>", [["a", "a", "b"]]),
        ("<tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr>", [["a", "b"], ["a", "c"]]),
        (
            "<tr><td>a</td><td rowspan=3>b</td></tr><tr><td>c</td></tr><tr><td>d</td></tr>",
            [["a", "b"], ["c", "b"], ["d", "b"]],
        ),
        ("<tr><td rowspan=2 colspan=2>a</td></tr><tr></tr>", [["a", "a"], ["a", "a"]]),
        ("<tr><td colspan=x>a</td></tr>", [["a"]]),
        ("<tr><td>&lt;1&nbsp;</td></tr>", [["<1\xa0"]]),
        ("<tr><td><script>x</script>a<br>b</td></tr>", [["a b"]]),
        ("<tr><td>10,000 m<sup>3</sup></td><td><b>6</b><font>05.4</font></td></tr>", [["10,000 m3", "605.4"]]),
        # What a break, a footnote sign or a paragraph parts is no one number; hidden and struck digits are none.
        ("<tr><td>37<br>2</td><td>605.4<sup>1</sup></td></tr>", [["37 | 2", "605.4 | 1"]]),
        ("<tr><td>37<br/>.2</td><td><p>37</p><p>2</p></td></tr>", [["37 | .2", "37 | 2"]]),
        ("<tr><td><div>37</div>2</td><td>605.<sub>4</sub></td></tr>", [["37 | 2", "605. | 4"]]),
        ("<tr><td>37<span style='display: none'>2</span></td><td>37<i hidden>2</i></td></tr>", [["37 | [2]"] * 2]),
        ("<tr><td>37<span style='visibility:hidden'><b>2</b></span></td></tr>", [["37 | [2]"]]),
        (
            "<tr><td><s>37</s> 38</td><td><del>3</del>7</td><td><strike>3</strike></td></tr>",
            [["[37] | 38", "[3] | 7", "[3]"]],
        ),
        ("<tr><td><span style='text-decoration:line-through'>3</span>7</td></tr>", [["[3] | 7"]]),
        (
            "<tr style='display:none'><td>Toys</td><td>3</td></tr><tr><td>Toys</td><td hidden>4</td></tr>",
            [["", "[3]"], ["Toys", "[4]"]],
        ),
        ("<tr><td>Rare<br>earth<sup>a</sup></td><td>37<span hidden>n/a</span></td></tr>", [["Rare eartha", "37"]]),
        # Digits of another look are a note, a link, or what a style sheet elsewhere hides.
        *(
            (f"<tr><td>37{other}</td></tr>", [["37 | 2"]])
            for other in (
                "<a href='#n2'>2</a>",
                "<small>2</small>",
                "<ins>2</ins>",
                "<span class='x'>2</span>",
                "<font color=white>2</font>",
                "<i style='opacity:0.1'>2</i>",
                "<i aria-hidden=true>2</i>",
                "<b><span style='position:absolute'>2</span></b>",
                "<textarea>2</textarea>",
                "<button>2</button>",
                "<ruby>2</ruby>",
                "<svg><text>2</text></svg>",
                "<noscript>2</noscript>",
                "<select><option>2</select>",
                "<x-note>2</x-note>",
            )
        ),
        ("<tr><td><a href='#2'>2</a>37</td><td><i class=a>3</i><i class=b>7</i></td></tr>", [["2 | 37", "3 | 7"]]),
        (
            "<tr><td><i class=a>3</i><i class=a id=b>7.2</i></td><td><a href='#'>37</a></td>"
            "<td>37<i class=a>.</i>2</td><td><span><b>3</b></span><b title=x>7</b></td>"
            "<td>Toys 3<small>7</small></td></tr>",
            [["37.2", "37", "37.2", "37", "Toys 37"]],
        ),
        # Ends of cells and rows may be left out, and a template is no text.
        ("<tr><td>Toys<td>3<tr><th>Silk<td>4", [["Toys", "3"], ["Silk", "4"]]),
        ("<tr style='display:none'><td>Toys<td hidden>3<td>4<tr><td>Silk<td>5", [["", "[3]", "[4]"], ["Silk", "5"]]),
        (
            "<tr><td>37<template>2</template></td><td>4<!-- 5 --></td><td><i aria-hidden=true>6</i></td></tr>",
            [["37", "4", "6"]],
        ),
        ("", []),
    ],
)
def test_a_cell_is_in_every_row_and_column_that_it_spans(body: str, cells: list[list[str]]) -> None:
    assert table(body) == cells


def test_texts_by_class_and_links_with_their_place() -> None:
    found = read_page(
        page(
            '<div class="title">May <b>2025</b></div><a href="/x">out</a><table><tr><td><a'
            ' href="\\y">in</a></td></tr></table>'
        ),
        "f",
    )
    assert found.texts == {"title": "May 2025"}
    assert found.links == [Link("out", "/x", -1, -1), Link("in", "\\y", 0, 0)]


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "empty file"),
        (b" \n", "empty file"),
        (b"PK\x03\x04<html>", "not a page"),
        (b"a,b\n1,2", "not a page"),
        (b"<html>\xff</html>", "undecodable"),
        (b"<html><table></table>", "cut off"),
        (page("Please enable JavaScript"), "gate"),
        (page("Captcha"), "gate"),
        (page("<table>" + "<tr><td colspan=100>a</td></tr>" * 1001 + "</table>"), "too many cells"),
    ],
)
def test_what_is_no_whole_page_is_refused(raw: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_page(raw, "f.html")
    assert (refusal.value.rule, refusal.value.where) == (rule, "f.html")


def test_a_page_of_statistics_may_have_a_script_against_robots_in_its_frame() -> None:
    read_page(page("captcha<table></table>"), "f")
    read_page(page("captcha" + " " * GATE_BYTES_MAX), "f")


def test_the_first_sheet_of_a_workbook_as_texts() -> None:
    assert read_workbook(workbook([["Title", None], ["a", 1.5]]), "f.xls") == [["Title", ""], ["a", "1.5"]]
    with pytest.raises(Refused, match="Download the attachment again"):
        read_workbook(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", "f.xls")


@pytest.mark.parametrize(
    ("raw", "documents"),
    [
        (b'{"a": 1.50, "b": 12345678901234567890}', [{"a": "1.50", "b": "12345678901234567890"}]),
        (b'\xef\xbb\xbf [1e5, true, null, "x"]\n', [["1e5", True, None, "x"]]),
        (b'{"a": 1}\n{"a": 2}', [{"a": "1"}, {"a": "2"}]),
        (b"[][]", [[], []]),
        ('["数据"]'.encode(), [["数据"]]),
    ],
)
def test_documents_one_after_another_with_numbers_as_they_were_sent(raw: bytes, documents: list[object]) -> None:
    assert read_documents(raw, "f.json") == documents


@pytest.mark.parametrize(
    ("raw", "rule", "found"),
    [
        (b"", "empty file", "no text"),
        (b" \n", "empty file", "no text"),
        (b"PK\x03\x04", "not JSON", "a binary"),
        (b"[\xff]", "undecodable", "no UTF-8 at byte 1"),
        (b"<html>", "not JSON", "'<html>': a page or a message"),
        (b"1", "not JSON", "begins with '1'"),
        (b"[NaN]", "unclear JSON", "NaN, which is no number"),
        (b"[-Infinity]", "unclear JSON", "-Infinity"),
        (b'{"a": 1, "a": 1}', "unclear JSON", "the key 'a' twice in one record"),
        (b'{"a": 1', "no whole JSON", "cut off"),
        (b"[1][2", "no whole JSON", "cut off"),
        (b"[" * 100_000, "unclear JSON", "lists in lists without end"),
    ],
)
def test_anything_else_is_refused_by_name(raw: bytes, rule: str, found: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_documents(raw, "f.json")
    assert refusal.value.rule == rule
    assert refusal.value.where.startswith("f.json")
    assert found in refusal.value.found
