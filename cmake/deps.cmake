find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
# Asked anew at each configuring: CMake 3.25 keeps the -isystem of libzmq in another place of its cache than where it
# put it the first time, and so the second configuring would change every command line and build all again.
unset(__pkg_config_checked_ZMQ CACHE)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq>=4.3.3)
pkg_check_modules(PBC REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(MARIADB REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(MHD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls)       # what libmicrohttpd speaks TLS with
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
pkg_check_modules(CHECK IMPORTED_TARGET check)

add_library(yb_deps INTERFACE)
target_link_libraries(yb_deps INTERFACE PkgConfig::ZMQ PkgConfig::PBC PkgConfig::UV PkgConfig::HIREDIS PkgConfig::MARIADB
  PkgConfig::MHD PkgConfig::GNUTLS PkgConfig::JANSSON PkgConfig::YAML PkgConfig::ZIP PkgConfig::SSL PkgConfig::CRYPTO Threads::Threads)
add_library(yb_check INTERFACE)
target_link_libraries(yb_check INTERFACE PkgConfig::CHECK)
