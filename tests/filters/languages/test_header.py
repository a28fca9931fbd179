"""`.h` is C unless the content shows another language; comments and guarded code do not count."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

Language = Callable[[str, str], str | None]
Headers = Callable[[Path], dict[str, str | None]]

_GUARDED = """\
#ifndef SHOP_H
#define SHOP_H
#ifdef __cplusplus
extern "C" {
#endif
int shop_open(const char *name);
#ifdef __cplusplus
}
#endif
#endif
"""
_CPP_PART = (
    "int f(void);\n#if defined(__cplusplus)\nclass Shop {\n public:\n  Shop();\n};\n#endif\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "int f(void);\n",
        "/* a class of shops; using namespace std::x */\nint f(void);\n",
        "// template <class T> class Shop {\nint f(void);\n",
        'static const char *s = "std::vector<int>";\nconst char *t = "\\"class A {";\n',
        "#define SHOP class Shop { public: \\\n  virtual void f(); \\\n}\nint f(void);\n",
        "#define N 1 /* over\n * class Shop {\n * lines */\nint f(void);\n",
        _GUARDED,
        _CPP_PART,
        "#ifndef __cplusplus\ntypedef int bool;\n#else\nusing std::string;\n#endif\nint x;\n",
        "#if !defined(__cplusplus)\nint x;\n#elif A\nint y;\n#else\nclass A {};\n#endif\n",
        "#if defined(A) && defined(__cplusplus)\n#if B\nclass A {};\n#endif\n#endif\nint x;\n",
        "#ifdef __OBJC__\n@class NSString;\n#else\ntypedef void NSString;\n#endif\nint f(void);\n",
        "#if 0\nclass Shop {};\n#endif\nint f(void);\n",
        "struct shop { int class; int (*virtual)(int); int private; };\n",
        "struct flags { unsigned open : 1; };\nint a = b ? c : d;\n",
        '#include <stdio.h>\n#include <sys/types.h> // std::x\n#include "shop.h"\n',
        "#define BEGIN\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\n",
        "/* an unfinished comment about class Shop {\n",
    ],
)
def test_c_headers(text: str, language: Language) -> None:
    assert language("a.h", text) == "C"
    assert language("a.h", text.replace("\n", "\r\n")) == "C"


@pytest.mark.parametrize(
    "text",
    [
        "class Shop {\n public:\n  int n;\n};\n",
        "class EXPORT Shop final : public Base {\n};\n",
        "class Shop;\nint f(Shop *s);\n",
        "namespace shop {\nint f();\n}\n",
        "namespace shop::till {}\n",
        "template <typename T>\nT f(T x);\n",
        "using Name = int;\n",
        "using namespace shop;\n",
        "#include <vector>\nint f(int n);\n",
        "#include <boost/any.hpp>\nint f(int n);\n",
        '#include "shop.hpp"\nint f(int n);\n',
        "inline int f() { return std::max(1, 2); }\n",
        "struct A { virtual int f() = 0; };\nint g(const Shop& shop);\n",
        "struct A {\n  ~A();\n  bool operator==(const A &) const;\n};\n",
        "struct B : public A { int f() override; };\n",
        'extern "C" int f(int);\n',
        "enum class Door { open, shut };\n",
        "int *p = static_cast<int *>(q);\n",
        "#pragma once\n#ifdef __cplusplus\nclass Shop {\n};\n#endif\n",
    ],
)
def test_cpp_headers(text: str, language: Language) -> None:
    assert language("a.h", text) == "C++"
    assert language("a.h", text.replace("\n", "\r\n")) == "C++"


@pytest.mark.parametrize(
    "text",
    [
        "#import <Foundation/Foundation.h>\n",
        "@interface Shop : NSObject\n@property (nonatomic) int n;\n@end\n",
        "@protocol Seller;\n@class Shop;\n",
        "FOUNDATION_EXPORT NSString *const Name;\n",
        "#ifdef __OBJC__\n@class Shop;\n#endif\n",
    ],
)
def test_objective_c_headers(text: str, language: Language) -> None:
    assert language("a.h", text) == "Objective-C"


def test_objective_cpp_headers_contain_both(language: Language) -> None:
    text = "#import <Foundation/Foundation.h>\n#include <vector>\n@interface A : NSObject\n@end\n"
    assert language("a.h", text) == "Objective-C++"


def test_cuda_headers_contain_kernels(language: Language) -> None:
    assert language("a.h", "__global__ void add(int n, float *x);\n") == "Cuda"
    assert language("a.h", "template <class T>\n__device__ T f(T x) { return x; }\n") == "Cuda"
    assert language("a.h", "/* __global__ void add(); */\nint f(void);\n") == "C"


def test_an_upper_case_h_is_cpp_and_cuh_is_cuda(language: Language) -> None:
    assert language("a.H", "int f(void);\n") == "C++"
    assert language("a.cuh", "int f(void);\n") == "Cuda"


def test_pythons_headers_are_c(headers: Headers, include: Path) -> None:
    found = headers(include)
    if not found:
        pytest.skip("this Python has no headers")
    assert Counter(found.values()) == {"C": len(found)}


def test_numpys_headers_are_c(headers: Headers) -> None:
    found = headers(Path(np.get_include()) / "numpy")
    assert len(found) > 10
    assert Counter(found.values()) == {"C": len(found)}


def test_arrows_headers_are_nearly_all_cpp(headers: Headers) -> None:
    """The others have no C++ outside conditions: lists of includes, macros, C structures."""
    found = headers(Path(pa.get_include()))
    counts = Counter(found.values())
    assert len(found) > 200
    assert set(counts) == {"C", "C++"}
    assert counts["C++"] > 0.85 * len(found)
    assert found["arrow/array/array_base.h"] == "C++"
    assert found["arrow/c/abi.h"] == "C"
