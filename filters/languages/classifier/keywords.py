"""Keywords, common types and functions of the confusable languages, as hash tables.

From the languages' standards and their vendors' references. `confusable_languages` replaces all
other words by their shapes.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.tokens import KINDS, token_at

C_LIKE = """
alignas alignof asm auto bool break case catch char char16_t char32_t class const const_cast
consteval constexpr continue decltype default define defined delete do double dynamic_cast elif
else endif enum error explicit export extern false final float for friend goto if ifdef ifndef
import include inline int long main mutable namespace new noexcept nullptr operator override
pragma private protected public register reinterpret_cast requires restrict return short signed
sizeof static static_assert static_cast struct switch template this throw true try typedef typeid
typename typeof undef union unsigned using virtual void volatile wchar_t while size_t ssize_t
int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uchar uint ulong NULL TRUE FALSE
FILE std string vector assert malloc free memcpy printf strlen __attribute__ __cplusplus __inline
__restrict __global__ __device__ __host__ __shared__ __constant__ __launch_bounds__
__forceinline__ __syncthreads threadIdx blockIdx blockDim gridDim dim3 cudaStream_t cudaError_t
cudaMalloc cudaMemcpy thrust cub interface implementation protocol property end selector
autoreleasepool id self super nil YES NO BOOL SEL Class instancetype NSString NSObject nonatomic
strong weak retain copy assign readonly synthesize dynamic optional required IBOutlet IBAction
"""
"""C, C++, Cuda, Objective-C and Objective-C++."""

CUDA_ONLY = """
__global__ __device__ __host__ __shared__ __constant__ __launch_bounds__ __syncthreads __syncwarp
threadIdx blockIdx blockDim gridDim dim3 cudaStream_t cudaError_t cudaSuccess cudaGetLastError
cudaMalloc cudaMemcpy cudaMemcpyAsync cudaFree cudaStream cub thrust
"""
"""Words that only Cuda and its libraries have."""

SCRIPTS = """
abstract any arguments as assert asserts async await bigint boolean break case catch class const
constructor continue debugger declare default delete do else enum export extends false finally for
from function get global if implements import in infer instanceof interface is key keyof let
module namespace never new null number object of out override package private protected prototype
public readonly return satisfies set static string super switch symbol template this throw true
try type typeof undefined unique unknown use strict var void while with yield require exports
Array Function Map Object Omit Partial Pick Promise Props React Readonly Record Set
"""
"""JavaScript and TypeScript."""

TABLE_SIZE = 1024


@functools.cache
def word_table(words: str) -> NDArray[np.uint64]:
    """A hash table of the words' tokens, uint64[TABLE_SIZE]: by the top 10 bits; 0: empty."""
    table = np.zeros(TABLE_SIZE, np.uint64)
    for word in words.split():
        token = token_at(np.frombuffer(word.encode(), np.uint8), 0, len(word), KINDS)[0]
        at = int(token >> np.uint64(54))
        while table[at]:
            at = (at + 1) % TABLE_SIZE
        table[at] = token
    return table
