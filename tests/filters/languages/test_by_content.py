"""Ambiguous extensions, shebangs and mode lines; test_header.py has the tests of `.h`."""

from collections.abc import Callable

import pytest

Language = Callable[[str, str], str | None]

_XML = '<?xml version="1.0"?>\n<map version="1.0"/>\n'

CASES: list[tuple[str, str, str | None]] = [
    ("a.m", "#import <Foundation/Foundation.h>\n\nint main(void) { return 0; }\n", "Objective-C"),
    ("a.m", "@implementation Shop\n- (void)open {}\n@end\n", "Objective-C"),
    ("a.m", '#include "shop.h"\nint price(int n) { return n; }\n', "Objective-C"),
    ("a.m", "function y = f(x)\n% squares\ny = x' * x;\nend\n", None),
    ("a.m", "(* a list *)\nTable[i^2, {i, 10}]\n", None),
    ("a.m", ":- module shop.\n:- interface.\n", None),
    ("a.mm", "#import <vector>\nstd::vector<int> v;\n", "Objective-C++"),
    ("a.mm", '<map version="0.9.0">\n<node TEXT="plan"/>\n</map>\n', None),
    ("a.ts", "export const n: number = 1;\n", "TypeScript"),
    ("a.d.ts", "declare module 'x';\n", "TypeScript"),
    ("a_de.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1"/>\n', None),
    ("a.tsx", "export const A = () => <div>one</div>;\n", "TypeScript"),
    ("a.tsx", '<?xml version="1.0"?>\n<tileset name="grass"/>\n', None),
    ("a.cls", "\\NeedsTeXFormat{LaTeX2e}\n\\ProvidesClass{letterhead}\n", "TeX"),
    ("a.cls", "VERSION 1.0 CLASS\nAttribute VB_Name = \"Shop\"\n", None),
    ("a.cls", "public class Shop {\n  public Integer open() { return 1; }\n}\n", None),
    ("a.def", "\\def\\shop{open}\n", "TeX"),
    ("a.def", "LIBRARY shop\nEXPORTS\n  open @1\n", None),
    ("a.ins", "\\input docstrip.tex\n\\keepsilent\n", "TeX"),
    ("a.r", "x <- c(1, 2)\nplot(x)\n", "R"),
    ("a.R", "library(stats)\n", "R"),
    ("a.r", 'REBOL [\n  Title: "shop"\n]\nprint "open"\n', None),
    ("a.inc", "<?php\n$open = true;\n", "PHP"),
    ("a.inc", "<div class='top'>\n</div>\n", "HTML"),
    ("a.inc", "#include <stdio.h>\n#define OPEN 1\nstatic int n;\n", "C"),
    ("a.inc", "#include <vector>\ntemplate <class T> void f(T);\n", "C++"),
    ("a.inc", "procedure Open(N: Integer);\nbegin\n  Inc(N);\nend;\n", "Pascal"),
    ("a.inc", "{$IFDEF FPC}\n{$MODE DELPHI}\n{$ENDIF}\n", "Pascal"),
    ("a.inc", "%macro open 1\n  mov eax, %1\n%endmacro\n", None),
    ("a.inc", "      INTEGER N\n      COMMON /SHOP/ N\n", "Fortran"),
    ("a.inc", "CREATE TABLE shop (id int);\n", "SQL"),
    ("a.inc", "#!/bin/bash\nsource ./shop\n", "Shell"),
    ("a.inc", "SRC_URI = \"file://shop\"\nPV = \"1\"\n", None),
    ("a.cgi", "#!/usr/bin/python\nprint(1)\n", "Python"),
    ("a.cgi", "#!/bin/sh\necho\n", "Shell"),
    ("a.cgi", "#!/usr/bin/perl -w\nprint 1;\n", None),
    ("a.cgi", "\n<?php echo 1;\n", "PHP"),
    ("a.fcgi", "plain words\n", None),
    ("a.php", "<?php\necho 1;\n", "PHP"),
    ("a.php", "<html>\n<?= $title ?>\n</html>\n", "PHP"),
    ("a.php", "<?hh\nfunction f(): int { return 1; }\n", None),
    ("a.php", "<html><body>no code</body></html>\n", None),
    ("shop.module", "<?php\n\nfunction shop_menu() {}\n", "PHP"),
    ("shop.module", "module: shop\n", None),
    ("shop.install", "<?php\nfunction shop_install() {}\n", "PHP"),
    ("shop.install", "post_install() {\n  echo done\n}\n", "Shell"),
    ("shop.install", "usr/bin/shop\n", None),
    ("a.sql", "-- shops\nselect *\nfrom shop;\n", "SQL"),
    ("a.sql", "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT 1 $$;\n", "SQL"),
    ("a.sql", "{{ config(a='b') }}\n\nwith a as (\n  select 1\n)\nselect * from a\n", "SQL"),
    ("a.sql", "SQLite format 3, or so says its first line\n", None),
    ("a.tab", "name\tprice\nselected\t1\n", None),
    ("a.tab", "CREATE TABLE shop (id int);\n", "SQL"),
    ("a.f", "      PROGRAM SHOP\n      END\n", "Fortran"),
    ("a.for", "C     A COMMENT\n      X = 1\n      END\n", "Fortran"),
    ("a.f", "\\ squares\n: square dup * ;\n", None),
    ("a.pas", "unit Shop;\n\ninterface\n\nimplementation\n\nend.\n", "Pascal"),
    ("a.pp", "program shop;\nbegin\n  writeln(1)\nend.\n", "Pascal"),
    ("a.pp", "class shop {\n  package { 'shop':\n    ensure => present,\n  }\n}\n", None),
    ("a.pas", "user:secret\nroot:toor\n", None),
    ("a.cs", "namespace Shop { class Till { } }\n", "C#"),
    ("a.cs", "'From Squeak3.8 of 5 May 2005'!\n!Shop methodsFor: 'opening'!\n", None),
    ("a.cs", "open = (door) ->\n  door.turn()\n", None),
    ("a.rs", "fn main() {}\n", "Rust"),
    ("a.rs", '#pragma version(1)\n#pragma rs java_package_name(a.b)\n', None),
    ("a.rs", _XML, None),
    ("a.sc", "object Shop extends App { println(1) }\n", "Scala"),
    ("a.sc", "SynthDef(\\bell, { |out| Out.ar(out, SinOsc.ar) }).add;\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), CASES)
def test_the_content_decides_ambiguous_extensions(
    path: str, text: str, expected: str | None, language: Language
) -> None:
    assert language(path, text) == expected


@pytest.mark.parametrize(("path", "text", "expected"), CASES)
def test_line_ends_and_a_byte_order_mark_change_nothing(
    path: str, text: str, expected: str | None, language: Language
) -> None:
    assert language(path, text.replace("\n", "\r\n")) == expected
    if text.startswith(("#!", "<?xml")):
        assert language(path, "\ufeff" + text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#!/bin/sh", "Shell"),
        ("#! /bin/bash -e", "Shell"),
        ("#!/usr/bin/env zsh", "Shell"),
        ("#!/usr/bin/python3.11", "Python"),
        ("#!/usr/bin/env python3", "Python"),
        ("#!/usr/bin/env -S python3 -u", "Python"),
        ("#!/usr/bin/env -i LANG=C python", "Python"),
        ("#!/opt/my python/bin/pypy3", None),
        ("#!/usr/bin/env -S uv run --script", "Python"),
        ("#!/usr/bin/env node", "JavaScript"),
        ("#!/usr/bin/env deno run", "TypeScript"),
        ("#!/usr/bin/php8.2", "PHP"),
        ("#!/usr/bin/env Rscript", "R"),
        ("#!/usr/bin/env scala", "Scala"),
        ("#!/usr/bin/instantfpc", "Pascal"),
        ("#!python", "Python"),
        ("#!/usr/bin/perl", None),
        ("#!/usr/bin/env ruby", None),
        ("#!/usr/bin/make -f", None),
        ("#!/bin/shell-of-my-own", None),
        ("#!/bin/tcsh", None),
        ("#!", None),
        (" #!/bin/sh", None),
        ("#!@PYTHON@", None),
    ],
)
def test_a_shebang_decides_the_language(
    line: str, expected: str | None, language: Language
) -> None:
    assert language("bin/run", line + "\nx\n") == expected
    assert language("bin/run", line) == expected
    assert language("bin/run", line + "\r\nx\r\n") == expected
    assert language("bin/run.local", line + "\n") == expected


def test_a_shebang_does_not_override_an_extension(language: Language) -> None:
    assert language("a.py", "#!/bin/sh\nexec python3 $0\n") == "Python"
    assert language("a.tcl", "#!/bin/sh\n") is None
    assert language("a.txt", "#!/bin/sh\n") is None


def test_a_shell_script_that_restarts_an_interpreter_is_in_its_language(language: Language) -> None:
    tcl = '#!/bin/sh\n# restarts with tclsh \\\nexec tclsh "$0" "$@"\nputs 1\n'
    scala = '#!/bin/sh\nexec scala "$0" "$@"\n!#\nprintln(1)\n'
    wrapper = '#!/bin/sh\ncd /srv\nexec python3 main.py "$@"\n'
    assert language("run", tcl) is None
    assert language("run", scala) == "Scala"
    assert language("run", wrapper) == "Shell"


def test_a_mode_line_decides_if_nothing_else_does(language: Language) -> None:
    mode = "// <vector> -*- C++ -*-\n\nnamespace std {}\n"
    assert language("include/vector", mode) == "C++"
    assert language("run", "#!/bin/sh\n# -*- mode: Python; coding: utf-8 -*-\n") == "Shell"
    assert language("run", "\n# -*- mode: Python; coding: utf-8 -*-\n") == "Python"
    assert language("run", "\n\n# -*- mode: Python -*-\n") is None
    assert language("notes", "plain words\n") is None


def test_only_the_prefix_of_a_text_is_searched(language: Language) -> None:
    filler = "-- " + "x" * 60 + "\n"
    assert language("a.sql", filler * 100 + "SELECT 1;\n") == "SQL"
    assert language("a.sql", filler * 1000 + "SELECT 1;\n") is None
