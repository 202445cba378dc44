# One switch for the whole tree: the library, the program and the tests see the same flags.
if(SHOAL_SANITIZE)
  add_compile_options(-fsanitize=${SHOAL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${SHOAL_SANITIZE})
  # This check opens a pipe to ask whether memory is readable, so it is wrong where descriptors have run out.
  add_compile_options(-fno-sanitize=vptr)
endif()
if(SHOAL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SHOAL_SANITIZE MATCHES "thread")
  # The thread sanitizer does not know std::atomic_thread_fence, with which Asio orders the end of its executors'
  # reference counts; without std::atomic it takes counters that the sanitizer understands.
  add_compile_definitions(BOOST_ASIO_DISABLE_STD_ATOMIC)
endif()
