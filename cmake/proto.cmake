# proto/*.proto -> C, in the build tree. The set of files is what proto/ holds; nothing generated is kept in git.
find_program(PROTOC_C protoc-c REQUIRED)
file(GLOB proto_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/proto/*.proto)
set(proto_out ${CMAKE_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${proto_out})
set(proto_gen)
foreach(p ${proto_files})
  get_filename_component(n ${p} NAME_WE)
  add_custom_command(OUTPUT ${proto_out}/${n}.pb-c.c ${proto_out}/${n}.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${proto_out} -I ${CMAKE_SOURCE_DIR}/proto ${p}
    DEPENDS ${proto_files})
  list(APPEND proto_gen ${proto_out}/${n}.pb-c.c)
endforeach()
add_library(yb_proto STATIC ${proto_gen})
target_include_directories(yb_proto PUBLIC ${CMAKE_BINARY_DIR})
target_link_libraries(yb_proto PUBLIC PkgConfig::PBC)
target_compile_options(yb_proto PRIVATE -w)
if(YB_ASAN)
  target_compile_options(yb_proto PRIVATE -fsanitize=address)
endif()
if(YB_TSAN)
  target_compile_options(yb_proto PRIVATE -fsanitize=thread)
endif()

# services/<s>/schema/*.sql -> one C table yb_schema_<s>[] (libcommon/migrate.h), so a program carries its schema.
function(yb_embed_schema target service)
  file(GLOB sql CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/services/${service}/schema/*.sql)
  if(sql)
    set(out ${CMAKE_BINARY_DIR}/schema_${service}.c)
    add_custom_command(OUTPUT ${out}
      COMMAND ${CMAKE_COMMAND} -DSERVICE=${service} -DOUT=${out} "-DSQL=${sql}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_schema.cmake
      DEPENDS ${sql} ${CMAKE_SOURCE_DIR}/cmake/embed_schema.cmake VERBATIM)
    target_sources(${target} PRIVATE ${out})
  endif()
endfunction()
