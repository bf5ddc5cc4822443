# Toolchain file: this machine's compiler for arm64, Debian's libraries of that architecture beside its own (multiarch).
# scripts/arm64.sh makes a folder that has both. With qemu-user-static there, programs made for arm64 run as well.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
find_program(YB_QEMU qemu-aarch64-static)
if(YB_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${YB_QEMU})
endif()
