# `cmake --install` gives the program, the library, its headers and a package for find_package(shoal).
include(CMakePackageConfigHelpers)

install(TARGETS shoal_app RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/shoal-tracker.service packaging/shoal-tracker.socket DESTINATION lib/systemd/system)
install(TARGETS shoal EXPORT shoal-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(SHOAL_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/shoal)
install(EXPORT shoal-targets NAMESPACE shoal:: DESTINATION ${SHOAL_PACKAGE_DIR})
configure_package_config_file(cmake/shoal-config.cmake.in ${CMAKE_BINARY_DIR}/shoal-config.cmake
  INSTALL_DESTINATION ${SHOAL_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/shoal-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/shoal-config.cmake ${CMAKE_BINARY_DIR}/shoal-config-version.cmake
  DESTINATION ${SHOAL_PACKAGE_DIR})
