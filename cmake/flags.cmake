# One INTERFACE target carries the language, the warnings and the hardening; every target of ours links it.

add_library(flags INTERFACE)
target_compile_features(flags INTERFACE c_std_11)
target_compile_definitions(flags INTERFACE _GNU_SOURCE MAILBOUNCED_VERSION="${PROJECT_VERSION}")
target_compile_options(flags INTERFACE
	-include ${PROJECT_SOURCE_DIR}/lib/banned.h
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wwrite-strings -Wcast-qual -Wpointer-arith -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough -Wnull-dereference
	-Wswitch-enum
	-fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
# A span is two pointers that are stored one by one; where the compiler loads both at once, the processor waits.
target_compile_options(flags INTERFACE -fno-tree-slp-vectorize)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	target_compile_options(flags INTERFACE -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
endif()
if(MAILBOUNCED_WERROR)
	target_compile_options(flags INTERFACE -Werror)
endif()
if(MAILBOUNCED_ANALYZE)
	target_compile_options(flags INTERFACE -fanalyzer)
endif()
if(MAILBOUNCED_SANITIZE)
	target_compile_options(flags INTERFACE -fsanitize=${MAILBOUNCED_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(flags INTERFACE -fsanitize=${MAILBOUNCED_SANITIZE})
else()
	# glibc wants optimisation for its checks; the sanitizers bring their own.
	target_compile_options(flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
target_link_options(flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,--as-needed)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_EXTENSIONS ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
