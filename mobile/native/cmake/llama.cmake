# llama.cpp as static libraries, with one architecture: its own CMake file compiles some hundred and fifty.
set(LLAMA_DIR ${CMAKE_CURRENT_SOURCE_DIR}/llama.cpp)
if(NOT EXISTS ${LLAMA_DIR}/version)
    message(FATAL_ERROR "${LLAMA_DIR} is missing; fetch it with: python3 scripts/native.py --fetch")
endif()

set(BUILD_SHARED_LIBS OFF)
set(GGML_OPENMP OFF CACHE BOOL "its own threads: no library more to ship" FORCE)
set(GGML_LLAMAFILE ON CACHE BOOL "as in llama.cpp's own builds" FORCE)
set(GGML_CCACHE OFF CACHE BOOL "" FORCE)
add_compile_options(-ffunction-sections -fdata-sections)
add_compile_options($<$<COMPILE_LANGUAGE:C>:-fexceptions>) # src/abort.h throws through ggml's C
add_subdirectory(${LLAMA_DIR}/ggml EXCLUDE_FROM_ALL)

file(GLOB LLAMA_SOURCES ${LLAMA_DIR}/src/*.cpp)
add_library(llama STATIC ${LLAMA_SOURCES} ${LLAMA_DIR}/src/models/llama.cpp)
if(ROBO_SANITIZE)
    target_compile_options(llama PRIVATE -fno-sanitize=undefined) # ours and ggml's arithmetic is what it is for
endif()
set(LLAMA_VERSION "vendored")
set(LLAMA_BUILD_COMMIT "vendored")
configure_file(${LLAMA_DIR}/src/llama-version.h.in ${CMAKE_CURRENT_BINARY_DIR}/llama-version.h @ONLY)
target_include_directories(llama PUBLIC ${LLAMA_DIR}/include PRIVATE ${LLAMA_DIR}/src ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(llama PUBLIC ggml)
set_target_properties(llama PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
    "${LLAMA_DIR}/include;${LLAMA_DIR}/ggml/src/../include")
