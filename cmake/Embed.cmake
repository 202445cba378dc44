# shoal_embed(TARGET NAME FILE...): the bytes of files in the program, as `shoal::lab::NAME()` (src/lab/embedded.hpp).
# The assembler takes them in as they are; a file that changes makes its source compile again.
function(shoal_embed target name)
  set(directives "")
  set(declarations "")
  set(rows "")
  set(n 0)
  foreach(file IN LISTS ARGN)
    get_filename_component(stem ${file} NAME_WE)
    set(symbol shoal_${name}_${n})
    string(APPEND directives "  \"${symbol}: .incbin \\\"${file}\\\"\\n${symbol}_end: .byte 0\\n\"\n")
    string(APPEND declarations "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
    string(APPEND rows "      {\"${stem}\", ${symbol}, ${symbol}_end},\n")
    math(EXPR n "${n} + 1")
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"// Made by cmake/Embed.cmake.
#include \"lab/embedded.hpp\"

__asm__(
  \".section .rodata\\n\"
@directives@  \".previous\\n\");

extern \"C\" {
@declarations@}

namespace shoal::lab {
std::span<const embedded_file> @name@() {
  static const embedded_file files[] = {
@rows@  };
  return files;
}
}  // namespace shoal::lab
")
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE ${source})
endfunction()
