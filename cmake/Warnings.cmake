# Warnings for our own code; consumers do not inherit them.
add_library(shoal_warnings INTERFACE)
target_compile_options(shoal_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives in its own headers when it inlines, in sanitized coroutines and their frames,
  # and in Boost.System's error_category, whose destructor is protected. A lambda that a coroutine keeps has no
  # linkage, which it finds fault with where files are compiled together.
  target_compile_options(shoal_warnings INTERFACE -Wno-tsan -Wno-maybe-uninitialized -Wno-restrict
    -Wno-stringop-overflow -Wno-array-bounds -Wno-conversion -Wno-sign-conversion -Wno-non-virtual-dtor
    -Wno-mismatched-new-delete -Wno-subobject-linkage)
endif()
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(shoal_warnings INTERFACE $<$<BOOL:$ENV{CI}>:-Werror>)
endif()
