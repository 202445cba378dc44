# shoal_python_tests(LABEL [TIMEOUT SECONDS] [SERIAL]): every `def test_x(self)` of the test_*.py here is a ctest test of its
# own; SERIAL ones have the machine to themselves. They are run by Debian's Python, the one that python3-libtorrent belongs to.
function(shoal_python_tests label)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS test_*.py)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  foreach(file IN LISTS files)
    string(REGEX REPLACE ".*/test_(.*)\\.py" "\\1" subject ${file})
    file(STRINGS ${file} lines REGEX "^  +def test_[a-z0-9_]+\\(self\\)")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE ".*def (test_[a-z0-9_]+).*" "\\1" method "${line}")
      string(REGEX REPLACE "^test_" "" name ${method})
      string(REPLACE "_" " " name "${label}: ${subject}: ${name}")
      add_test(NAME ${name} COMMAND /usr/bin/python3 ${file} -k "*.${method}")
      set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT "${arg_TIMEOUT}" RUN_SERIAL "${arg_SERIAL}"
        ENVIRONMENT "PYTHONPATH=${PROJECT_SOURCE_DIR}/scripts/lib:${PROJECT_SOURCE_DIR}/test/lib;SHOAL=$<TARGET_FILE:shoal_app>;PYTHONDONTWRITEBYTECODE=1")
    endforeach()
  endforeach()
endfunction()
